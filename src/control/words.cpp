// SPDX-License-Identifier: Apache-2.0
// Reading the words of a command. Any thread.
#include "words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace dialplane::control {

namespace {

/// Most words of one command line; the longest command has five.
constexpr std::size_t kMaxWords = 64;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// "; did you mean `show backends`?", or where to find the list.
std::string suggestion(std::string_view wanted) {
  // Longer than any command by far: the distance would only cost time.
  if (wanted.size() > 64) return "; `show help` lists the commands";
  const Command* nearest = nullptr;
  std::size_t best = 4;
  for (const auto& command : commands()) {
    const auto distance = edit_distance(wanted, command.words);
    if (distance < best) {
      best = distance;
      nearest = &command;
    }
  }
  if (nearest == nullptr) return "; `show help` lists the commands";
  return fmt::format("; did you mean `{}`?", nearest->words);
}

tl::unexpected<rpc::Failure> bad_params(const Command& command, std::string what) {
  return rpc::refuse(rpc::kInvalidParams, fmt::format("{}; usage: {}", what, usage_of(command)));
}

/// A flag or keyed argument as typed: `--dry-run`, `dry-run` and `dry_run` are one.
std::string plain_name(std::string_view word) {
  while (word.starts_with('-')) word.remove_prefix(1);
  std::string name(word);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool takes_value(ArgKind kind) noexcept { return kind == ArgKind::kKeyed || kind == ArgKind::kOption; }

const Arg* find_named(const Command& command, std::string_view name) {
  const auto found = std::ranges::find(command.args, name, &Arg::name);
  return found == command.args.end() ? nullptr : &*found;
}

tl::expected<Call, rpc::Failure> read_args(const Command& command, const std::vector<std::string>& words,
                                           std::size_t at) {
  Json params = Json::object();
  auto positional = command.args.begin();
  for (; at < words.size(); ++at) {
    const auto* arg = find_named(command, plain_name(words[at]));
    if (arg != nullptr && arg->kind == ArgKind::kFlag) {
      params[arg->name] = true;
    } else if (arg != nullptr && takes_value(arg->kind)) {
      if (at + 1 == words.size()) return bad_params(command, fmt::format("`{}` needs a value", words[at]));
      if (params.contains(arg->name)) return bad_params(command, fmt::format("`{}` is given twice", words[at]));
      params[arg->name] = words[++at];
    } else {
      // A slip in an option must not become the name of a file or a backend.
      if (words[at].starts_with("--")) return bad_params(command, fmt::format("`{}` is not expected", words[at]));
      while (positional != command.args.end() && positional->kind != ArgKind::kPositional) ++positional;
      if (positional == command.args.end()) return bad_params(command, fmt::format("`{}` is not expected", words[at]));
      params[(positional++)->name] = words[at];
    }
  }
  return check_call(method_of(command), params);
}

/// As it is, or in quotes where it would be read as something else.
std::string word_text(const std::string& word) {
  const bool is_plain =
      !word.empty() && std::ranges::all_of(word, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
  return is_plain ? word : log_quoted(word);
}

const Command* find_command(std::string_view words) {
  const auto found = std::ranges::find(commands(), words, &Command::words);
  return found == commands().end() ? nullptr : &*found;
}

std::string words_of_method(std::string_view method) {
  std::string words(method);
  std::replace(words.begin(), words.end(), '.', ' ');
  return words;
}

/// The longest command that the words begin with, and how many of them it takes.
std::pair<const Command*, std::size_t> find_longest(const std::vector<std::string>& words) {
  std::pair<const Command*, std::size_t> longest{nullptr, 0};
  std::string joined;
  for (std::size_t i = 0; i < std::min(words.size(), kMaxWords); ++i) {
    joined += (i == 0 ? "" : " ") + words[i];
    if (const auto* found = find_command(joined)) longest = {found, i + 1};
  }
  return longest;
}

}  // namespace

const Command* command_of(const std::vector<std::string>& words) { return find_longest(words).first; }

const Command* command_of(std::string_view method) { return find_command(words_of_method(method)); }

std::string method_of(const Command& command) {
  std::string method(command.words);
  std::replace(method.begin(), method.end(), ' ', '.');
  return method;
}

std::string usage_of(const Command& command) {
  std::string usage(command.words);
  for (const auto& arg : command.args) {
    std::string shown(arg.name);
    std::replace(shown.begin(), shown.end(), '_', '-');
    if (arg.kind == ArgKind::kPositional) shown = arg.placeholder;
    if (takes_value(arg.kind)) shown += fmt::format(" {}", arg.placeholder);
    if (arg.kind == ArgKind::kFlag || arg.kind == ArgKind::kOption) shown.insert(0, "--");
    const bool may_lack = arg.is_optional || arg.kind == ArgKind::kFlag;
    usage += may_lack ? fmt::format(" [{}]", shown) : fmt::format(" {}", shown);
  }
  return usage;
}

std::string text_of(const Command& command, const Json& params) {
  std::string text(command.words);
  for (const auto& arg : command.args) {
    const auto* value = params.find(arg.name);
    if (value == nullptr) continue;
    std::string name(arg.name);
    std::replace(name.begin(), name.end(), '_', '-');
    if (arg.kind == ArgKind::kPositional) text += fmt::format(" {}", word_text(value->get<std::string>()));
    if (arg.kind == ArgKind::kKeyed) text += fmt::format(" {} {}", name, word_text(value->get<std::string>()));
    if (arg.kind == ArgKind::kOption) text += fmt::format(" --{} {}", name, word_text(value->get<std::string>()));
    if (arg.kind == ArgKind::kFlag && value->get<bool>()) text += fmt::format(" --{}", name);
  }
  return text;
}

std::string text_of(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    if (text.size() > kMostQuotedBytes) break;
    text += (text.empty() ? "" : " ") + word_text(word);
  }
  return text;
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  constexpr std::string_view kBlanks = " \t\r";
  while (true) {
    const auto begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    const auto end = std::min(line.find_first_of(kBlanks, begin), line.size());
    words.emplace_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

tl::expected<Call, rpc::Failure> parse_words(const std::vector<std::string>& words) {
  if (words.empty()) return rpc::refuse(rpc::kMethodNotFound, "no command; `show help` lists the commands");
  if (words.size() > kMaxWords) return rpc::refuse(rpc::kInvalidParams, "too many words");
  const auto [longest, used] = find_longest(words);
  if (longest == nullptr) {
    // Two words name every command but `reload`; what follows may be arguments.
    const auto head = words.size() > 1 ? words[0] + " " + words[1] : words[0];
    return rpc::refuse(rpc::kMethodNotFound,
                       fmt::format("unknown command `{}`{}", fmt::join(words, " "), suggestion(head)));
  }
  return read_args(*longest, words, used);
}

tl::expected<Call, rpc::Failure> check_call(std::string_view method, const Json& params) {
  const auto* found = command_of(method);
  if (found == nullptr) {
    return rpc::refuse(rpc::kMethodNotFound,
                       fmt::format("unknown method `{}`{}", method, suggestion(words_of_method(method))));
  }
  const Command& command = *found;
  for (const auto& name : params.names()) {
    const auto& value = params.at(name);
    const auto* arg = find_named(command, name);
    if (arg == nullptr) return bad_params(command, fmt::format("unknown parameter `{}`", name));
    const bool is_right = arg->kind == ArgKind::kFlag ? value.is_boolean() : value.is_string();
    if (!is_right) {
      return bad_params(command, fmt::format("parameter `{}` is {}", name,
                                             arg->kind == ArgKind::kFlag ? "true or false" : "a string"));
    }
  }
  for (const auto& arg : command.args) {
    if (arg.kind != ArgKind::kFlag && !arg.is_optional && !params.contains(arg.name)) {
      return bad_params(command, fmt::format("`{}` is missing", arg.name));
    }
  }
  return Call{&command, params};
}

}  // namespace dialplane::control
