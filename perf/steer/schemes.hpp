// SPDX-License-Identifier: Apache-2.0
// Ways to place a Call-ID on a backend, ours and that of a usual proxy, behind one interface. Main thread.
#pragma once

#include "dialplane/balance/policy.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::perf {

/// A Call-ID and its keyed hash, which is made once.
struct Key {
  std::string call_id;
  std::uint64_t hash = 0;
};

enum class SchemeKind { kRendezvous, kMaglev, kModulo };
inline constexpr std::array<SchemeKind, 3> kSchemes = {SchemeKind::kRendezvous, SchemeKind::kMaglev,
                                                       SchemeKind::kModulo};
std::string_view scheme_name(SchemeKind kind) noexcept;
/// Hash modulo knows no weights.
constexpr bool has_weights(SchemeKind kind) noexcept { return kind != SchemeKind::kModulo; }

class Scheme {
 public:
  virtual ~Scheme() = default;
  /// The id of the backend for the key, of those that are not `down`.
  [[nodiscard]] virtual std::uint32_t place(const Key& key) = 0;
  /// Takes the member at this position out of use, as a health check would.
  virtual void fail(std::size_t position) = 0;
};

std::unique_ptr<Scheme> make_scheme(SchemeKind kind, std::span<const balance::Member> members);

/// `count` members with weights that repeat in order.
std::vector<balance::Member> make_members(std::size_t count, std::span<const std::uint32_t> weights);
/// The key behind slots and hashes in every run.
SipKey steering_key() noexcept;

}  // namespace dialplane::perf
