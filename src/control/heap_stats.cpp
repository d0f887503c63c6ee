// SPDX-License-Identifier: Apache-2.0
// jemalloc's statistics through mallctl, found at run time so that builds without it link. Any thread.
#include "heap_stats.hpp"

#include <dlfcn.h>

#include <cstdint>

namespace dialplane::control {

namespace {
using Mallctl = int (*)(const char*, void*, std::size_t*, void*, std::size_t);

std::size_t read_size(Mallctl mallctl, const char* name) noexcept {
  std::size_t value = 0;
  std::size_t length = sizeof value;
  return mallctl(name, &value, &length, nullptr, 0) == 0 ? value : 0;
}
}  // namespace

std::optional<HeapStats> read_heap_stats() noexcept {
  static const auto mallctl = reinterpret_cast<Mallctl>(::dlsym(RTLD_DEFAULT, "mallctl"));
  if (mallctl == nullptr) return std::nullopt;
  // The figures are a snapshot of jemalloc's own that a new epoch renews.
  std::uint64_t epoch = 1;
  std::size_t length = sizeof epoch;
  if (mallctl("epoch", &epoch, &length, &epoch, length) != 0) return std::nullopt;
  return HeapStats{read_size(mallctl, "stats.allocated"), read_size(mallctl, "stats.resident")};
}

}  // namespace dialplane::control
