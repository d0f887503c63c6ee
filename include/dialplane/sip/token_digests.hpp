// SPDX-License-Identifier: Apache-2.0
// The digests behind branch, dps, dp and To tag as strings for SipHashLanes, so that a burst's are hashed together.
// tokens.hpp does the same for one message. Byte layout: docs/wire-formats.md. Any thread; no allocation.
#pragma once

#include "dialplane/base/siphash_lanes.hpp"
#include "dialplane/sip/tokens.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace dialplane::sip {

/// Adds the digest of the branch. `sent_by` is the host of the top Via as an address; none: a name.
void add_branch(SipHash24Lanes& lanes, const Keyring& keys, const Message& message, const Facts& facts,
                const IpAddress& sent_by, std::uint64_t call_hash, std::uint64_t& digest) noexcept;
/// Writes `z9hG4bKd` and the digest. Units: kBranchLength bytes at `out`.
void write_branch_digest(char* out, std::uint64_t digest) noexcept;

/// Adds the digest of dps for the branch with this digest. route.sent_by_ip is set unless the host is a name.
void add_dps(SipHash24Lanes& lanes, const TokenKey& key, NodeId node, ListenerId came_to, std::uint64_t branch,
             std::uint64_t seal, const ResponseRoute& route, std::uint64_t& digest) noexcept;
/// Writes everything of dps before its digest and returns the length, which never changes. Units: 15 bytes at `out`.
std::size_t write_dps_head(char* out, const TokenKey& key, NodeId node, ListenerId came_to) noexcept;

/// Adds the digest of the To tag.
void add_to_tag(SipHash24Lanes& lanes, const TokenKey& key, const Facts& facts, std::uint64_t seal,
                std::uint64_t& digest) noexcept;
/// Writes the To tag with this digest. Units: kToTagLength bytes at `out`.
void write_to_tag_digest(char* out, const TokenKey& key, std::uint64_t digest) noexcept;

/// A dp in the making: begin(), then add_mac() and run, then add_stream() and run, then write().
class RouteTokenSeal {
 public:
  /// Not initialised: begin() is the start.
  RouteTokenSeal() noexcept {}  // NOLINT(modernize-use-equals-default): would be an aggregate and zeroed
  void begin(const RouteToken& token) noexcept;
  void add_mac(SipHash24Lanes& lanes, const TokenKey& key, std::uint64_t seal) noexcept;
  void add_stream(SipHash24Lanes& lanes, const TokenKey& key) noexcept;
  /// Returns the length. Units: kMaxRouteTokenText bytes at `out`.
  std::size_t write(char* out, const TokenKey& key) const noexcept;

  /// Decrypts the bytes of a token, at least one of them body. Errors: false if `key` did not make them for this seal.
  bool open(std::span<const std::uint8_t> bytes, const TokenKey& key, std::uint64_t seal) noexcept;
  [[nodiscard]] std::span<const std::uint8_t> body() const noexcept {
    return {reinterpret_cast<const std::uint8_t*>(body_.data()), length_};
  }

 private:
  static constexpr std::size_t kMaxWords = 5;
  std::array<std::uint64_t, kMaxWords> body_;
  std::array<std::uint64_t, kMaxWords> stream_;
  std::uint64_t mac_;
  std::uint8_t head_;
  std::uint8_t length_;
};

}  // namespace dialplane::sip
