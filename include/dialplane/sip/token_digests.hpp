// SPDX-License-Identifier: Apache-2.0
// The digests behind branch, dps, dp and To tag as strings for SipHashLanes, so that a burst's are hashed together.
// tokens.hpp does the same for one message. Byte layout: docs/wire-formats.md. Any thread; no allocation.
#pragma once

#include "dialplane/base/siphash_lanes.hpp"
#include "dialplane/sip/tokens.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

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

/// A dps that came with a response, verified together with those of a burst: add(), run the lanes, then check(). Stays
/// where it is between the two.
class DpsClaim {
 public:
  /// Not initialised: add() is the start.
  DpsClaim() noexcept {}  // NOLINT(modernize-use-equals-default): would be an aggregate and zeroed
  /// Reads the text and adds the digest it should hold; the arguments are those of read_dps(). Errors: false if it can
  /// not be ours; nothing is added then.
  bool add(SipHash24Lanes& lanes, std::string_view text, const Keyring& keys, std::string_view branch,
           std::string_view call_id, const ResponseRoute& route, std::optional<std::uint64_t> seal) noexcept;
  /// Errors: nullopt if it is not ours or vouches for another route.
  [[nodiscard]] std::optional<Dps> check() const noexcept;

 private:
  Dps dps_;
  std::uint64_t claimed_;
  std::uint64_t wanted_;
};

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

  /// Takes the bytes of a token that is to be opened, at least one of them body: then add_stream() and run, unmask(),
  /// add_mac() and run, and mac() is what it should be.
  void take(std::span<const std::uint8_t> bytes) noexcept;
  void unmask() noexcept;
  [[nodiscard]] std::uint64_t mac() const noexcept { return mac_; }
  [[nodiscard]] RouteToken::Type type() const noexcept { return static_cast<RouteToken::Type>(head_ & 0x0f); }
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

/// A dp that came with a request, verified together with those of a burst: add_stream() and run the lanes, add_mac()
/// and run, then check(). Stays where it is between them.
class RouteTokenClaim {
 public:
  /// Not initialised: add_stream() is the start.
  RouteTokenClaim() noexcept {}  // NOLINT(modernize-use-equals-default): would be an aggregate and zeroed
  /// Errors: false if the text can not be a token of ours; nothing is added then.
  bool add_stream(SipHash24Lanes& lanes, std::string_view text, const Keyring& keys) noexcept;
  /// `seal` as in read_route_token().
  void add_mac(SipHash24Lanes& lanes, const Keyring& keys, std::string_view call_id,
               std::optional<std::uint64_t> seal) noexcept;
  /// Errors: nullopt if it was not made with one of our keys for this Call-ID.
  [[nodiscard]] std::optional<RouteToken> check() const noexcept;

 private:
  RouteTokenSeal sealed_;
  const TokenKey* key_;
  std::uint64_t claimed_;
};

}  // namespace dialplane::sip
