// SPDX-License-Identifier: Apache-2.0
// Runs every file of tests/fuzz/corpus (and tests/fuzz/regressions) through its target in an ordinary build, each text
// against a protected page at either end. Test thread.
#include "guarded_buffer.hpp"
#include "target.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace dialplane::fuzz {

void broken(const char* rule, const char* file, int line) {
  std::string what(file);
  what.append(":").append(std::to_string(line)).append(": broken rule: ").append(rule);
  throw std::logic_error(what);
}

namespace {

namespace fs = std::filesystem;

struct Named {
  const char* name;
  Target run;
};
void PrintTo(const Named& target, std::ostream* out) { *out << target.name; }

std::vector<fs::path> files_of(const std::string& name) {
  std::vector<fs::path> found;
  for (const auto* kind : {"corpus", "regressions"}) {
    const auto folder = fs::path(DP_FUZZ_FOLDER) / kind / name;
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Corpus : public testing::TestWithParam<Named> {};

TEST_P(Corpus, KeepsEveryRule) {
  const auto files = files_of(GetParam().name);
  ASSERT_GE(files.size(), 10U) << "the corpus is missing";
  for (const auto& file : files) {
    const auto text = read_file(file);
    for (const auto guard : {test::Guard::kAfter, test::Guard::kBefore}) {
      const test::GuardedBuffer buffer(text, guard);
      EXPECT_NO_THROW(GetParam().run(buffer.text())) << file;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus,
                         testing::Values(Named{"scanner", fuzz_scanner}, Named{"uri", fuzz_uri}, Named{"via", fuzz_via},
                                         Named{"name_addr", fuzz_name_addr}, Named{"route", fuzz_route},
                                         Named{"validate", fuzz_validate}, Named{"stun", fuzz_stun}),
                         [](const auto& target) { return std::string(target.param.name); });

TEST(Replay, ABrokenRuleIsNoticed) { EXPECT_THROW(require(false, "false"), std::logic_error); }

}  // namespace
}  // namespace dialplane::fuzz
