// SPDX-License-Identifier: Apache-2.0
// TOML text → Config, or every mistake at once. Control or build thread.
#pragma once

#include "dialplane/config/config.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::config {

/// One mistake in a configuration: where, what is wrong, and what was expected or what to do.
struct Problem {
  Location location;
  std::string text;
  std::string remedy;
};

/// "FILE:LINE:COLUMN: error: TEXT; REMEDY".
std::string format_problem(std::string_view file, const Problem& problem);

/// "FILE:LINE:COLUMN: warning: TEXT; REMEDY".
std::string format_warning(std::string_view file, const Problem& warning);

/// What is allowed but probably not meant, in file order. `config` has been validated.
std::vector<Problem> warnings_of(const Config& config);

/// What only the module that runs rules can find wrong with one.
struct RuleProblem {
  enum class Key : std::uint8_t { kRegex, kAction };
  std::size_t rule = 0;  ///< its position
  Key key = Key::kRegex;
  std::string text;
  std::string remedy;
};
using RuleCheck = std::function<std::vector<RuleProblem>(const std::vector<Rule>&)>;

/// Reads and checks a configuration, syntax and semantics (src/config/keys.def lists every key); rules by `check_rules`
/// if it is given. Errors: all problems found, in file order; a file that cannot be read is one problem at 0:0.
tl::expected<Config, std::vector<Problem>> load_text(std::string_view text, const RuleCheck& check_rules = {});
tl::expected<Config, std::vector<Problem>> load_file(const std::string& path, const RuleCheck& check_rules = {});

/// Names of `[runtime]`, `[node]` and `[[port]]` keys that differ and that a reload cannot change; empty: none.
std::vector<std::string> unreloadable_changes(const Config& running, const Config& wanted);

/// The name of this machine, fit for `[node] name`.
std::string host_name();

/// docs/configuration.md, made from the same list of keys. `dialplane --print-reference` prints it.
std::string reference_markdown();

}  // namespace dialplane::config
