// SPDX-License-Identifier: Apache-2.0
// Replacing a file as a whole. Test thread.
#include "config_file.hpp"

#include "socket_client.hpp"

#include "dialplane/config/loader.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace dialplane::control {
namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

TEST(ConfigFile, ReplacesAFileAndKeepsTheOldOneAndItsMode) {
  const TempFolder folder;
  const auto path = folder.file("a.toml");
  write(path, "old");
  ASSERT_EQ(::chmod(path.c_str(), 0604), 0);
  ASSERT_TRUE(replace_text_file(path, "new").has_value());
  EXPECT_EQ(read_text_file(path).value(), "new");
  EXPECT_EQ(read_text_file(path + ".bak").value(), "old");
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0604U);
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(ConfigFile, MakesAFileThatIsNotThere) {
  const TempFolder folder;
  ASSERT_TRUE(replace_text_file(folder.file("a.toml"), "new").has_value());
  EXPECT_FALSE(std::filesystem::exists(folder.file("a.toml.bak")));
}

TEST(ConfigFile, SaysWhatToDoWhereItMayNotWrite) {
  const auto done = replace_text_file("/proc/dialplane.toml", "new");
  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().text.find("/proc/dialplane.toml"), std::string::npos);
  EXPECT_NE(done.error().text.find(";"), std::string::npos);
}

TEST(ConfigFile, ALinkLaidInItsWayIsNotFollowed) {
  const TempFolder folder;
  write(folder.file("victim"), "untouched");
  std::filesystem::create_symlink(folder.file("victim"), folder.file("a.toml.new"));
  EXPECT_FALSE(replace_text_file(folder.file("a.toml"), "new").has_value());
  EXPECT_EQ(read_text_file(folder.file("victim")).value(), "untouched");
}

TEST(ConfigFile, WritesStatesThatDifferFromTheFiles) {
  config::Config config;
  config.pools.push_back({});
  config.pools[0].name = "a";
  config.pools[0].backends.resize(2);
  config.pools[0].backends[0].name = "x";
  config.pools[0].backends[1].name = "y";
  const std::string text = "[[pool]]\nname = \"a\"\n[[pool.backend]]\nname = \"x\"\n[[pool.backend]]\nname = \"y\"\n";
  const auto result =
      with_states(text, config, {{"a/x", config::AdminState::kReady}, {"a/y", config::AdminState::kMaint}});
  EXPECT_EQ(result, text + "state = \"maint\"\n");
}

}  // namespace
}  // namespace dialplane::control
