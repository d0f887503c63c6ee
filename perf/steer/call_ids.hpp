// SPDX-License-Identifier: Apache-2.0
// Call-IDs as real user agents make them. Main thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::perf {

enum class Generator {
  kRandom,   ///< 128 random bits in hex: most phones
  kCounter,  ///< a number that counts up, a process id and one address: test tools and small gateways
  kHost,     ///< a time, a short random part and the name of one of 200 hosts: trunks and media servers
};
inline constexpr std::array<Generator, 3> kGenerators = {Generator::kRandom, Generator::kCounter, Generator::kHost};
std::string_view generator_name(Generator generator) noexcept;

/// The same `count` Call-IDs in every run.
std::vector<std::string> make_call_ids(Generator generator, std::size_t count);

}  // namespace dialplane::perf
