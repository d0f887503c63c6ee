// SPDX-License-Identifier: Apache-2.0
// Text → document → Config → checks. Build or control thread.
#include "dialplane/config/loader.hpp"

#include "sections.hpp"
#include "toml_reader.hpp"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace dialplane::config {

namespace {

std::string format(std::string_view file, std::string_view degree, const Problem& problem) {
  // A file that cannot be read has no line.
  const bool has_place = problem.location.line != 0;
  const auto place = has_place ? fmt::format(":{}:{}", problem.location.line, problem.location.column) : std::string();
  return fmt::format("{}{}: {}: {}{}{}", file, place, degree, problem.text, problem.remedy.empty() ? "" : "; ",
                     problem.remedy);
}

}  // namespace

std::string format_problem(std::string_view file, const Problem& problem) { return format(file, "error", problem); }
std::string format_warning(std::string_view file, const Problem& warning) { return format(file, "warning", warning); }

namespace {

void add_rule_problems(const std::vector<RuleProblem>& found, const LocationIndex& where, Problems& problems) {
  for (const RuleProblem& problem : found) {
    const auto* key = problem.key == RuleProblem::Key::kRegex ? "regex" : "action";
    problems.add(where.at(fmt::format("rule[{}].{}", problem.rule, key)), problem.text, problem.remedy);
  }
}

}  // namespace

tl::expected<Config, std::vector<Problem>> load_text(std::string_view text, const RuleCheck& check_rules) {
  const auto root = parse_toml(text);
  if (!root) return tl::unexpected(std::vector<Problem>{root.error()});
  Config config;
  Problems problems;
  check_sections(*root, problems);
  read_process(*root, config, problems);
  read_ports(*root, config, problems);
  read_listeners(*root, config, problems);
  read_pools(*root, config, problems);
  read_rules(*root, config, problems);
  const LocationIndex where(*root);
  validate(config, where, problems);
  if (check_rules) add_rule_problems(check_rules(config.rules), where, problems);
  if (!problems.empty()) return tl::unexpected(problems.take());
  join_listeners(config);
  config.text = text;
  return config;
}

tl::expected<Config, std::vector<Problem>> load_file(const std::string& path, const RuleCheck& check_rules) {
  const auto unreadable = [](int error) {
    return tl::unexpected(std::vector<Problem>{
        {{}, fmt::format("cannot read it: {}", std::strerror(error)), "check the path and its permissions"}});
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return unreadable(errno);
  std::string text;
  std::array<char, 65536> block{};
  for (;;) {
    const std::size_t length = std::fread(block.data(), 1, block.size(), file.get());
    text.append(block.data(), length);
    if (length < block.size()) break;
  }
  if (std::ferror(file.get()) != 0) return unreadable(errno);
  return load_text(text, check_rules);
}

}  // namespace dialplane::config
