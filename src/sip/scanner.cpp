// SPDX-License-Identifier: Apache-2.0
// Chooses the kernel behind scan() and validate() and calls it. Any thread; the choice is made once at start.
#include "dialplane/sip/scanner.hpp"

#include "kernels.hpp"

#include <atomic>
#include <cstdlib>

namespace dialplane::sip {
namespace {

struct KernelInfo {
  std::string_view name;
  ScanKernel scan;
  ValidateKernel validate;
  ViaKernel via;
  RouteKernel route;
};

bool no_via(const Message& /*message*/, const HeaderRow& /*row*/, ViaView& /*via*/) noexcept { return false; }
bool no_route(const Message& /*message*/, const HeaderRow& /*row*/, UriView& /*uri*/) noexcept { return false; }

constexpr std::array<KernelInfo, kKernelCount> kKernels = {{
    {"scalar", scan_scalar, validate_scalar, no_via, no_route},
    {"sse42", scan_sse42, validate_sse42, via_sse42, route_sse42},
    {"avx2", scan_avx2, validate_avx2, via_avx2, route_avx2},
    {"avx512", scan_avx512, validate_avx512, via_avx512, route_avx512},
}};

const KernelInfo& info(Kernel kernel) noexcept { return kKernels[static_cast<std::size_t>(kernel)]; }

Kernel best_kernel() noexcept {
  for (auto i = kKernelCount; i > 1; --i) {
    if (kernel_available(static_cast<Kernel>(i - 1))) return static_cast<Kernel>(i - 1);
  }
  return Kernel::kScalar;
}

Kernel first_kernel() noexcept {
  const char* wanted = std::getenv(kKernelVariable);
  const auto kernel = wanted == nullptr ? std::nullopt : find_kernel(wanted);
  return kernel && kernel_available(*kernel) ? *kernel : best_kernel();
}

std::atomic<const KernelInfo*>& active() noexcept {
  static std::atomic<const KernelInfo*> kernel{&info(first_kernel())};
  return kernel;
}

// Made before main, so that the packet path finds it without a guard.
const auto& g_active = active();

}  // namespace

std::string_view kernel_name(Kernel kernel) noexcept { return info(kernel).name; }

std::optional<Kernel> find_kernel(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kKernelCount; ++i) {
    if (kKernels[i].name == name) return static_cast<Kernel>(i);
  }
  return std::nullopt;
}

bool kernel_available(Kernel kernel) noexcept {
  __builtin_cpu_init();
  const bool bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  switch (kernel) {
    case Kernel::kScalar:
      return true;
    case Kernel::kSse42:
      return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    case Kernel::kAvx2:
      return bits && __builtin_cpu_supports("avx2");
    case Kernel::kAvx512:
      return bits && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  }
  return false;
}

Kernel active_kernel() noexcept {
  return static_cast<Kernel>(g_active.load(std::memory_order_relaxed) - kKernels.data());
}

bool select_kernel(Kernel kernel) noexcept {
  if (!kernel_available(kernel)) return false;
  active().store(&info(kernel), std::memory_order_relaxed);
  return true;
}

Fault scan(std::string_view datagram, Message& message) noexcept {
  constexpr std::size_t kMaxDatagram = 65535;
  if (datagram.size() > kMaxDatagram) {
    message.reset({});
    return Fault::kTooLarge;
  }
  std::size_t skipped = 0;
  while (skipped + 2 <= datagram.size() && datagram[skipped] == '\r' && datagram[skipped + 1] == '\n') skipped += 2;
  datagram.remove_prefix(skipped);
  const auto fault = g_active.load(std::memory_order_relaxed)->scan(datagram, message);
  message.skipped = static_cast<std::uint16_t>(skipped);
  return fault;
}

Fault validate(Message& message, Facts& facts) noexcept {
  return g_active.load(std::memory_order_relaxed)->validate(message, facts);
}

bool via_row(const Message& message, const HeaderRow& row, ViaView& via) noexcept {
  return g_active.load(std::memory_order_relaxed)->via(message, row, via);
}

bool route_row(const Message& message, const HeaderRow& row, UriView& uri) noexcept {
  return g_active.load(std::memory_order_relaxed)->route(message, row, uri);
}

}  // namespace dialplane::sip
