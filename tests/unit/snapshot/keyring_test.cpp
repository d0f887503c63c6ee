// SPDX-License-Identifier: Apache-2.0
// Key files: reading, refusing, and making them once. Works in a folder of its own that it removes.
#include "dialplane/snapshot/builder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>

namespace dialplane::snapshot {
namespace {

const std::string kLow = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const std::string kHigh = "E0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF";

/// Bytes that count up from `first`, as in the texts above.
sip::Secret counting_from(std::uint8_t first) {
  sip::Secret secret{};
  std::iota(secret.begin(), secret.end(), first);
  return secret;
}

class KeyringTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "dialplane-keys-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    config_.runtime.state_dir = folder_ + "/state";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write_key(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  void expect_error(std::string_view part) {
    const auto keyring = load_keyring(config_, warnings_);
    ASSERT_FALSE(keyring.has_value());
    EXPECT_NE(keyring.error().text.find(part), std::string::npos) << keyring.error().text;
  }

  std::string folder_;
  config::Config config_;
  std::vector<std::string> warnings_;
};

TEST_F(KeyringTest, ReadsConfiguredFilesWithAndWithoutNewline) {
  config_.keys.placement = write_key("p", kLow);
  config_.keys.tokens = {write_key("t", kHigh + "\n")};
  const auto keyring = load_keyring(config_, warnings_);
  ASSERT_TRUE(keyring.has_value()) << keyring.error().text;
  const sip::Secret token = counting_from(0xe0);
  const auto wanted = sip::Keyring::derive(counting_from(0), {&token, 1});
  EXPECT_EQ(keyring->slots, wanted.slots);
  EXPECT_EQ(keyring->branch, wanted.branch);
  EXPECT_EQ(keyring->token_count, 1u);
  EXPECT_EQ(keyring->tokens[0].mac, wanted.tokens[0].mac);
  EXPECT_TRUE(warnings_.empty());
  EXPECT_FALSE(std::filesystem::exists(config_.runtime.state_dir));
}

TEST_F(KeyringTest, FirstTokenKeySigns) {
  config_.keys.placement = write_key("p", kLow);
  config_.keys.tokens = {write_key("new", kHigh), write_key("old", kLow)};
  const auto keyring = load_keyring(config_, warnings_);
  ASSERT_TRUE(keyring.has_value()) << keyring.error().text;
  EXPECT_EQ(keyring->token_count, 2u);
  EXPECT_EQ(keyring->tokens[0].mac, sip::TokenKey::derive(counting_from(0xe0)).mac);
}

TEST_F(KeyringTest, MakesMissingKeysForTheOwnerOnlyAndSaysSo) {
  const auto keyring = load_keyring(config_, warnings_);
  ASSERT_TRUE(keyring.has_value()) << keyring.error().text;
  EXPECT_EQ(warnings_.size(), 2u);
  EXPECT_EQ(mode_of(config_.runtime.state_dir), 0700u);
  EXPECT_EQ(mode_of(config_.runtime.state_dir + "/placement.key"), 0600u);
  EXPECT_EQ(mode_of(config_.runtime.state_dir + "/token.key"), 0600u);
}

TEST_F(KeyringTest, LeavesNoTemporaryFileBehind) {
  ASSERT_TRUE(load_keyring(config_, warnings_).has_value());
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(config_.runtime.state_dir)) ++files;
  EXPECT_EQ(files, 2u);
}

TEST_F(KeyringTest, MakesNothingWhereItMayOnlyLook) {
  ASSERT_TRUE(load_keyring(config_, warnings_, KeyFiles::kLookOnly).has_value());
  EXPECT_FALSE(std::filesystem::exists(config_.runtime.state_dir));
  EXPECT_EQ(warnings_.size(), 2u);
}

TEST_F(KeyringTest, MadeKeysAreKept) {
  const auto first = load_keyring(config_, warnings_);
  warnings_.clear();
  const auto second = load_keyring(config_, warnings_);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->slots, second->slots);
  EXPECT_EQ(first->tokens[0].mac, second->tokens[0].mac);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(KeyringTest, MadeKeysDifferFromEachOtherAndFromThoseOfOthers) {
  const auto here = load_keyring(config_, warnings_);
  config_.runtime.state_dir = folder_ + "/deeper/state";
  const auto there = load_keyring(config_, warnings_);
  ASSERT_TRUE(here.has_value() && there.has_value());
  EXPECT_NE(here->slots, there->slots);
  EXPECT_NE(here->tokens[0].mac, there->tokens[0].mac);
}

TEST_F(KeyringTest, RefusesFileThatOthersMayRead) {
  config_.keys.placement = write_key("p", kLow, 0640);
  expect_error("run: chmod 600 " + config_.keys.placement);
}

TEST_F(KeyringTest, RefusesShortKey) {
  config_.keys.placement = write_key("p", kLow.substr(1));
  expect_error("does not hold 64 hex digits");
}

TEST_F(KeyringTest, RefusesLongKey) {
  config_.keys.placement = write_key("p", kLow + "1");
  expect_error("does not hold 64 hex digits");
}

TEST_F(KeyringTest, RefusesTextAfterTheNewline) {
  config_.keys.placement = write_key("p", kLow + "\n\n");
  expect_error("does not hold 64 hex digits");
}

TEST_F(KeyringTest, RefusesForeignCharacter) {
  config_.keys.placement = write_key("p", kLow.substr(1) + "g");
  expect_error("does not hold 64 hex digits");
}

TEST_F(KeyringTest, RefusesAbsentConfiguredFile) {
  config_.keys.placement = folder_ + "/absent";
  expect_error("No such file or directory; copy it from another node, make one with: (umask 77; openssl rand -hex 32");
}

TEST_F(KeyringTest, RefusesFolderInPlaceOfFile) {
  config_.keys.placement = folder_;
  expect_error("not a regular file");
}

TEST_F(KeyringTest, RefusesTwoTokenKeysWithOneId) {
  config_.keys.placement = write_key("p", kLow);
  config_.keys.tokens = {write_key("a", kHigh), write_key("b", kHigh)};
  expect_error("has the id of another one");
}

}  // namespace
}  // namespace dialplane::snapshot
