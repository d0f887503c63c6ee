// SPDX-License-Identifier: Apache-2.0
// dialplanectl: sends its words to a running dialplane and prints the answer as a table or as JSON.
#include "client.hpp"
#include "input.hpp"
#include "options.hpp"

#include "dialplane/base/base64.hpp"
#include "dialplane/control/text_table.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using namespace dialplane;

void print_warnings(const control::Json& result) {
  const auto* warnings = result.find("warnings");
  if (warnings == nullptr) return;
  for (const auto& warning : *warnings) fmt::print(stderr, "{}\n", warning.get<std::string>());
}

ctl::Exit run_once(const ctl::Options& options) {
  const auto result = ctl::ask(options.socket, options.words, options.timeout);
  if (!result) {
    fmt::print(stderr, "dialplanectl: {}\n", result.error().text);
    return result.error().exit;
  }
  if (options.is_json) {
    fmt::print("{}\n", result->dump(2));
  } else {
    const auto header = options.has_header ? control::TableHeader::kShown : control::TableHeader::kHidden;
    const auto table = control::format_table(*result, header);
    fmt::print("{}", table);
    // Beside the output: a script that asks whether there is anything must find none.
    if (table.empty() && options.has_header) fmt::print(stderr, "(none)\n");
    print_warnings(*result);
  }
  return std::fflush(stdout) == 0 ? ctl::Exit::kDone : ctl::Exit::kFailed;
}

ctl::Exit run_repeatedly(const ctl::Options& options) {
  const bool clears = ::isatty(STDOUT_FILENO) == 1 && !options.is_json;
  for (;;) {
    if (clears) fmt::print("\033[H\033[2J");
    if (const auto exit = run_once(options); exit != ctl::Exit::kDone) return exit;
    std::this_thread::sleep_for(*options.watch);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  auto options = ctl::parse_options(args);
  if (!options) {
    fmt::print(stderr, "dialplanectl: {}\n", options.error().text);
    return static_cast<int>(ctl::Exit::kUsage);
  }
  if (options->wants_help) {
    fmt::print("{}", ctl::usage());
    return static_cast<int>(ctl::Exit::kDone);
  }
  if (options->takes_input) {
    const auto message = ctl::read_message(options->input_file);
    if (!message) {
      fmt::print(stderr, "dialplanectl: {}\n", message.error().text);
      return static_cast<int>(ctl::Exit::kUsage);
    }
    options->words.insert(options->words.end(), {"base64", encode_base64(*message)});
  }
  return static_cast<int>(options->watch ? run_repeatedly(*options) : run_once(*options));
}
