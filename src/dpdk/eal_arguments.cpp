// SPDX-License-Identifier: Apache-2.0
// Config → the argument list of EAL. Control thread.
#include "eal_arguments.hpp"

#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace dialplane::dpdk {
namespace {

/// True if the operator gave one of these options, as `--name`, `--name=value` or `-nvalue`.
bool given(std::span<const std::string> extra, std::initializer_list<std::string_view> options) {
  return std::any_of(extra.begin(), extra.end(), [&](const std::string& argument) {
    return std::any_of(options.begin(), options.end(), [&](std::string_view option) {
      const bool is_long = option.substr(0, 2) == "--";
      const auto head = std::string_view(argument).substr(0, option.size());
      if (head != option) return false;
      return !is_long || argument.size() == option.size() || argument[option.size()] == '=';
    });
  });
}

/// Lcore 0 on the main CPU and one lcore per worker; several lcores may share a CPU.
std::string lcore_map(const config::Runtime& runtime) {
  std::string map = fmt::format("0@{}", runtime.main_cpu);
  unsigned lcore = 1;
  for (const auto cpu : runtime.worker_cpus) map += fmt::format(",{}@{}", lcore++, cpu);
  return map;
}

}  // namespace

std::uint16_t largest_mtu(const config::Config& config) {
  std::uint16_t largest = 1500;
  for (const auto& port : config.ports) largest = std::max(largest, port.mtu);
  return largest;
}

std::size_t memory_mib(const config::Config& config) {
  const std::size_t ring_entries = 16;  // a pointer, and the ring has up to twice as many places as buffers
  const std::size_t per_buffer = data_room(largest_mtu(config)) + kBufferHeaders + ring_entries;
  const std::size_t pool = config.runtime.mbufs * per_buffer / (1U << 20U);
  return pool + 48 + 2 * config.runtime.worker_cpus.size();
}

std::vector<std::string> eal_arguments(const config::Config& config, std::span<const std::string> extra) {
  const auto& runtime = config.runtime;
  std::vector<std::string> arguments = {
      "dialplane",
      "--lcores=" + lcore_map(runtime),
      "--main-lcore=0",
      "--file-prefix=" + runtime.name,
  };
  if (!given(extra, {"--iova-mode"})) arguments.emplace_back("--iova-mode=va");
  if (runtime.memory == config::Memory::kNone) {
    arguments.emplace_back("--no-huge");
    if (!given(extra, {"-m"})) arguments.push_back(fmt::format("-m{}", memory_mib(config)));
  } else if (!given(extra, {"--in-memory", "--huge-unlink", "--huge-dir"})) {
    // Pages come from no file: no mount is needed and nothing is left behind, not even by SIGKILL.
    arguments.emplace_back("--in-memory");
  }
  // An address that no device has: PCI devices are probed when a port names them, never all at once.
  if (!given(extra, {"-a", "-b", "--allow", "--block", "--no-pci"})) arguments.emplace_back("-a0000:00:00.0");
  if (!given(extra, {"--log-level"})) {
    arguments.emplace_back("--log-level=warning");
    // It warns at every start that nobody uses its first version.
    arguments.emplace_back("--log-level=lib.telemetry:error");
  }
  arguments.insert(arguments.end(), extra.begin(), extra.end());
  return arguments;
}

}  // namespace dialplane::dpdk
