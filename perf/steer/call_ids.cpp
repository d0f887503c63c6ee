// SPDX-License-Identifier: Apache-2.0
// Makes Call-IDs. Main thread.
#include "call_ids.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <random>

namespace dialplane::perf {

std::string_view generator_name(Generator generator) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"random", "counter", "host-suffixed"};
  return kNames[static_cast<std::size_t>(generator)];
}

std::vector<std::string> make_call_ids(Generator generator, std::size_t count) {
  constexpr std::uint64_t kHosts = 200;
  constexpr std::uint64_t kStart_s = 1'700'000'000;
  std::mt19937_64 random(static_cast<std::uint64_t>(generator) + 1);  // NOLINT: the same in every run
  std::vector<std::string> ids;
  ids.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    switch (generator) {
      case Generator::kRandom:
        ids.push_back(fmt::format("{:016x}{:016x}", random(), random()));
        break;
      case Generator::kCounter:
        ids.push_back(fmt::format("{}-4711@192.0.2.10", i + 1));
        break;
      case Generator::kHost:
        ids.push_back(fmt::format("{}-{:06x}@gw{:03}.carrier.example", kStart_s + i / 100, random() & 0xffffff,
                                  random() % kHosts));
        break;
    }
  }
  return ids;
}

}  // namespace dialplane::perf
