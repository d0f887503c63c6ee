// SPDX-License-Identifier: Apache-2.0
// A small valid configuration whose lines the tests replace, one mistake at a time, and what a mistake must be told.
#pragma once

#include "dialplane/config/loader.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::config::testing {

/// The lines of a valid configuration; line n of the file is element n - 1.
inline std::vector<std::string> valid_lines() {
  return {
      /*  1 */ R"([runtime])",
      /*  2 */ R"(worker_cpus = [1])",
      /*  3 */ R"([[port]])",
      /*  4 */ R"(name = "edge0")",
      /*  5 */ R"(device = "net_null0")",
      /*  6 */ R"(exception = "edge0")",
      /*  7 */ R"(addresses = ["198.51.100.2/24"])",
      /*  8 */ R"(routes = ["default via 198.51.100.1"])",
      /*  9 */ R"([[listener]])",
      /* 10 */ R"(name = "public")",
      /* 11 */ R"(address = "udp:198.51.100.10:5060")",
      /* 12 */ R"(side = "outside")",
      /* 13 */ R"(pool = "sbc")",
      /* 14 */ R"(inner = ["core"])",
      /* 15 */ R"([[listener]])",
      /* 16 */ R"(name = "core")",
      /* 17 */ R"(address = "udp:10.0.0.1:5060")",
      /* 18 */ R"(side = "inside")",
      /* 19 */ R"(outer = ["public"])",
      /* 20 */ R"([[pool]])",
      /* 21 */ R"(name = "sbc")",
      /* 22 */ R"([[pool.backend]])",
      /* 23 */ R"(name = "sbc1")",
      /* 24 */ R"(address = "10.0.0.11:5060")",
  };
}

/// One line of the file and what stands there instead; "" leaves an empty line.
struct Edit {
  std::size_t line;
  std::string text;
};

/// The valid configuration with some lines replaced and text added at its end (from line 25 on).
inline std::string document(const std::vector<Edit>& edits = {}, const std::string& tail = "") {
  std::vector<std::string> lines = valid_lines();
  for (const Edit& edit : edits) lines.at(edit.line - 1) = edit.text;
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text + tail;
}

/// Loads a text that must have exactly one mistake, and says where and what it must be.
inline void expect_problem(const std::string& text, std::uint32_t line, std::uint32_t column, std::string_view part) {
  const auto result = load_text(text);
  ASSERT_FALSE(result.has_value());
  ASSERT_EQ(result.error().size(), 1u) << format_problem("t", result.error()[0]) << "\n"
                                       << format_problem("t", result.error().back());
  const Problem& problem = result.error()[0];
  EXPECT_EQ(problem.location.line, line) << problem.text;
  EXPECT_EQ(problem.location.column, column) << problem.text;
  const std::string whole = problem.text + "; " + problem.remedy;
  EXPECT_NE(whole.find(part), std::string::npos) << whole;
  EXPECT_FALSE(problem.remedy.empty()) << problem.text;
}

}  // namespace dialplane::config::testing
