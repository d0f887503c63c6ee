// SPDX-License-Identifier: Apache-2.0
// Reading the command line of dialplanectl.
#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace dialplane::ctl {

namespace {

constexpr double kDefaultWatchSeconds = 1.0;
/// Who asks to `--wait` means it, unless a time is given.
constexpr std::chrono::hours kLongestDrain{24 * 30};
constexpr double kMaxSeconds = std::chrono::duration<double>(kLongestDrain).count();

std::optional<std::chrono::milliseconds> parse_seconds(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (*end != '\0' || seconds <= 0.0 || seconds > kMaxSeconds) return std::nullopt;
  return std::chrono::milliseconds(std::llround(seconds * 1000.0));
}

/// One pass over the arguments; `at` is the argument looked at.
class Reader {
 public:
  explicit Reader(std::span<const std::string> args) : args_(args) {}

  Result<Options> read() {
    for (at_ = 0; at_ < args_.size(); ++at_) {
      if (auto done = read_one(); !done) return tl::unexpected(done.error());
    }
    const bool waits = std::find(options_.words.begin(), options_.words.end(), "--wait") != options_.words.end();
    if (waits && !has_timeout_) options_.timeout = kLongestDrain;
    if (options_.words.empty() && !options_.wants_help) return fail("no command; try `dialplanectl show help`");
    options_.takes_input = !options_.words.empty() && options_.words.front() == "explain";
    if (options_.input_file && !options_.takes_input) return fail("`--file` is for `explain`");
    return options_;
  }

 private:
  Result<void> read_one() {
    const auto& arg = args_[at_];
    if (arg == "--json") {
      options_.is_json = true;
    } else if (arg == "--no-header") {
      options_.has_header = false;
    } else if (arg == "--help" || arg == "-h") {
      options_.wants_help = true;
    } else if (arg == "--socket" || arg == "-n" || arg == "--name" || arg == "--timeout" || arg == "--file") {
      return read_value(arg);
    } else if (arg == "--watch" || arg == "-w") {
      read_watch();
    } else if (arg.starts_with('-') && options_.words.empty()) {
      return fail(fmt::format("unknown option `{}`; `dialplanectl --help` lists them", arg));
    } else {
      options_.words.push_back(arg);
    }
    return {};
  }

  Result<void> read_value(const std::string& option) {
    if (at_ + 1 == args_.size()) return fail(fmt::format("option `{}` needs a value", option));
    const auto& value = args_[++at_];
    if (option == "--socket") {
      options_.socket = value;
    } else if (option == "--file") {
      options_.input_file = value;
    } else if (option == "--timeout") {
      const auto seconds = parse_seconds(value);
      if (!seconds) {
        return fail(fmt::format("`{}` is no number of seconds up to {:.0f}, which is 30 days", value, kMaxSeconds));
      }
      options_.timeout = *seconds;
      has_timeout_ = true;
    } else {
      options_.socket = fmt::format("/run/{}/control.sock", value);
    }
    return {};
  }

  void read_watch() {
    options_.watch = std::chrono::milliseconds(std::llround(kDefaultWatchSeconds * 1000.0));
    if (at_ + 1 == args_.size()) return;
    if (const auto seconds = parse_seconds(args_[at_ + 1])) {
      options_.watch = *seconds;
      ++at_;
    }
  }

  std::span<const std::string> args_;
  std::size_t at_ = 0;
  bool has_timeout_ = false;
  Options options_;
};

}  // namespace

Result<Options> parse_options(std::span<const std::string> args) { return Reader(args).read(); }

std::string usage() {
  return "usage: dialplanectl [options] WORDS...\n"
         "\n"
         "Asks a running dialplane; `dialplanectl show help` lists what it understands.\n"
         "\n"
         "  --socket PATH       control socket (default /run/dialplane/control.sock)\n"
         "  -n, --name NAME     instance: the socket is /run/NAME/control.sock\n"
         "  --json              print the result as JSON\n"
         "  -w, --watch [SECS]  repeat every SECS seconds (default 1) until interrupted\n"
         "  --no-header         leave the line of column names out\n"
         "  --file PATH         `explain`: the SIP message, instead of standard input\n"
         "  --timeout SECS      wait at most SECS seconds for an answer (default 10; with --wait: 30 days)\n"
         "\n"
         "Exit: 0 done, 1 refused or failed, 2 wrong usage, 3 no daemon, 4 time-out.\n";
}

}  // namespace dialplane::ctl
