// SPDX-License-Identifier: Apache-2.0
// Tables from a 64-bit hash of pool and Call-ID to 16 bytes, ours and DPDK's, behind one interface. Main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace dialplane::perf {

/// Keys handed over at once, as a worker gets them.
inline constexpr std::size_t kBurst = 32;

/// What a round found; the sum depends on every value read, so that nothing is left out.
struct Found {
  std::size_t keys = 0;
  std::uint64_t sum = 0;
};

class Contender {
 public:
  virtual ~Contender() = default;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  /// Makes an entry for each key. Returns how many found no place.
  virtual std::size_t insert(std::span<const std::uint64_t> keys) = 0;
  /// True if it can be asked for a key's lines before the key is inserted.
  [[nodiscard]] virtual bool prefetch(std::span<const std::uint64_t> keys) = 0;
  /// Key after key, each look-up waiting for what the one before found.
  virtual Found find_each(std::span<const std::uint64_t> keys) = 0;
  /// kBurst keys are asked for together, then read. Precondition: whole bursts.
  virtual Found find_bursts(std::span<const std::uint64_t> keys) = 0;
  /// All that it allocated.
  [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
};

/// Both have room for `places` entries. Errors: throws std::runtime_error if there is no memory.
std::unique_ptr<Contender> make_own_table(std::size_t places);
std::unique_ptr<Contender> make_dpdk_hash(std::size_t places);

}  // namespace dialplane::perf
