// SPDX-License-Identifier: Apache-2.0
// The daemon: reads its flags, then starts the parts in one order and lets them go in the reverse one.
#include "dialplane/config/loader.hpp"
#include "dialplane/control/controller.hpp"
#include "dialplane/control/metrics_reference.hpp"
#include "dialplane/dpdk/runtime.hpp"
#include "dialplane/sip/scanner.hpp"
#include "dialplane/snapshot/builder.hpp"
#include "dialplane/snapshot/publisher.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace dialplane;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Flags {
  std::string config_path = "/etc/dialplane/dialplane.toml";
  bool check = false;
  bool print_reference = false;
  bool print_metrics = false;
  std::vector<std::string> eal_args;
};

/// Everything behind `--` is EAL's.
std::vector<std::string> split_eal_args(std::vector<std::string>& args) {
  const auto separator = std::find(args.begin(), args.end(), "--");
  if (separator == args.end()) return {};
  std::vector<std::string> eal(separator + 1, args.end());
  args.erase(separator, args.end());
  return eal;
}

/// What the environment names as kernel of the SIP engine, if this processor can not run it.
std::optional<std::string> unusable_kernel() {
  const char* wanted = std::getenv(sip::kKernelVariable);
  if (wanted == nullptr) return std::nullopt;
  const auto kernel = sip::find_kernel(wanted);
  if (kernel && sip::kernel_available(*kernel)) return std::nullopt;
  return wanted;
}

std::string available_kernels() {
  std::string names;
  for (std::size_t i = 0; i < sip::kKernelCount; ++i) {
    const auto kernel = static_cast<sip::Kernel>(i);
    if (!sip::kernel_available(kernel)) continue;
    if (!names.empty()) names += ", ";
    names += sip::kernel_name(kernel);
  }
  return names;
}

int report(const std::string& path, const std::vector<config::Problem>& problems) {
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", config::format_problem(path, problem));
  fmt::print(stderr, "{}: {} error{}\n", path, problems.size(), problems.size() == 1 ? "" : "s");
  return kFailed;
}

int fail_with(const Error& error) {
  fmt::print(stderr, "dialplane: {}\n", error.text);
  return kFailed;
}

int serve(const Flags& flags, config::Config loaded) {
  const auto config = std::make_shared<const config::Config>(std::move(loaded));
  std::string eal_line;
  auto runtime = dpdk::Runtime::start(*config, flags.eal_args, eal_line);
  if (!eal_line.empty()) fmt::print(stderr, "dialplane: EAL arguments: {}\n", eal_line);
  if (!runtime) return fail_with(runtime.error());

  snapshot::Publisher publisher(config->runtime.worker_cpus.size());
  auto controller = control::Controller::start({flags.config_path, DIALPLANE_VERSION}, config, **runtime, publisher);
  if (!controller) {
    (*runtime)->stop();
    return fail_with(controller.error());
  }
  if (auto launched = (*runtime)->launch(publisher); !launched) {
    (*runtime)->stop();
    return fail_with(launched.error());
  }
  (*controller)->run();
  (*runtime)->stop();
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  // Before EAL starts threads: they would take the signals that the control loop waits for.
  control::block_signals();
  Flags flags;
  std::vector<std::string> args(argv + 1, argv + argc);
  flags.eal_args = split_eal_args(args);

  CLI::App app{"Dialplane, a SIP load balancer on DPDK. EAL arguments may follow after --.", "dialplane"};
  app.add_option("-c,--config", flags.config_path, "configuration file")->capture_default_str();
  app.add_flag("--check", flags.check, "check the configuration, print every error, and exit 0 or 1");
  app.add_flag("--print-reference", flags.print_reference, "print docs/configuration.md and exit");
  app.add_flag("--print-metrics", flags.print_metrics, "print docs/metrics.md and exit");
  app.set_version_flag("--version", "dialplane " DIALPLANE_VERSION);
  std::reverse(args.begin(), args.end());
  try {
    app.parse(args);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }

  if (const auto wanted = unusable_kernel()) {
    fmt::print(stderr, "{}: \"{}\" is no kernel of this processor; leave it out, or use {}.\n", sip::kKernelVariable,
               *wanted, available_kernels());
    return kUsage;
  }
  if (flags.print_reference) {
    fmt::print("{}", config::reference_markdown());
    return kDone;
  }
  if (flags.print_metrics) {
    fmt::print("{}", control::metrics_markdown());
    return kDone;
  }
  auto loaded = config::load_file(flags.config_path, snapshot::check_rules);
  if (!loaded) return report(flags.config_path, loaded.error());
  for (const auto& warning : config::warnings_of(*loaded)) {
    fmt::print(stderr, "{}\n", config::format_warning(flags.config_path, warning));
  }
  if (flags.check) {
    fmt::print("{}: ok\n", flags.config_path);
    return kDone;
  }
  return serve(flags, std::move(*loaded));
}
