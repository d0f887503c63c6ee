// SPDX-License-Identifier: Apache-2.0
// A set of ready Ethernet frames made from one seed, with the places that must change in every copy. Built by one
// thread; read-only after.
#pragma once

#include "stamp.hpp"

#include "dialplane/base/address.hpp"
#include "dialplane/base/bytes.hpp"
#include "dialplane/base/result.hpp"
#include "dialplane/sip/method.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dialplane::gen {

enum class Profile : std::uint8_t {
  kInvite,         ///< INVITEs of exactly one size, 860 bytes by default
  kOptions,        ///< OPTIONS pings of the service itself
  kMixed,          ///< the 14 methods and responses in adjustable proportions
  kMalformed,      ///< every kind of damage in turn
  kFragments,      ///< INVITEs of 2 300 bytes in complete IP fragments
  kFragmentFlood,  ///< first fragments whose rest never comes
};

std::optional<Profile> parse_profile(std::string_view name) noexcept;
std::string_view profile_name(Profile profile) noexcept;

/// How often each method occurs in the mixed profile, relative to the others.
using MethodWeights = std::array<std::uint32_t, sip::kMethodCount>;
/// What a carrier's edge sees, roughly: registrations and pings lead, calls follow.
MethodWeights default_weights() noexcept;
/// Reads "INVITE=20,BYE=20"; methods not named get 0. Errors: unknown method, no number, sum 0 or over 10^9.
Result<MethodWeights> parse_weights(std::string_view text);

struct CorpusOptions {
  Profile profile = Profile::kMixed;
  std::uint64_t seed = 1;
  std::uint32_t messages = 4096;
  std::uint32_t bytes = 0;             ///< message size; 0: the profile's own
  std::uint32_t response_percent = 0;  ///< mixed: share of responses
  MethodWeights weights = default_weights();
  Endpoint service;               ///< where messages go: the listener
  Prefix sources;                 ///< clients' addresses are spread over it
  std::uint16_t source_port = 0;  ///< 0: 5060 for half of the clients, a high port for the others
  MacAddress source_mac;
  MacAddress destination_mac;
  std::uint16_t mtu = 1500;
};

/// One frame. Units: offsets from its first byte.
struct CorpusFrame {
  ByteSpan bytes;
  std::span<const Slot> slots;      ///< empty for fragments and damaged messages
  std::uint32_t checksum_base = 0;  ///< UDP checksum sum with the slots' bytes as 0
  bool is_fragment = false;         ///< its IP id must change from round to round
};

class Corpus {
 public:
  /// Renders everything. Errors: no IPv4 addresses, sources without a usable address, message size out of bounds.
  static Result<Corpus> build(const CorpusOptions& options);

  [[nodiscard]] std::size_t size() const noexcept { return frames_.size(); }
  [[nodiscard]] CorpusFrame frame(std::size_t index) const noexcept;
  /// True if every frame carries a stamp, so that what comes back can be told from what was lost.
  [[nodiscard]] bool is_stamped() const noexcept;
  [[nodiscard]] std::size_t total_bytes() const noexcept { return bytes_.size(); }

  /// Copies frame `index` to `out` with its slots filled for `stamp` and its checksums right; returns its length.
  /// A fragment gets an IP id that depends on `round`. Units: `out` holds the frame. Cost: a copy and a few stores.
  std::size_t write(std::size_t index, const Stamp& stamp, std::uint16_t round, std::uint8_t* out) const noexcept;

 private:
  struct Entry {
    std::uint32_t offset = 0;
    std::uint16_t length = 0;
    std::uint8_t slot_count = 0;
    bool is_fragment = false;
    std::uint32_t checksum_base = 0;
    std::array<Slot, 3> slots{};
  };
  friend class CorpusBuilder;

  std::vector<std::uint8_t> bytes_;
  std::vector<Entry> frames_;
};

}  // namespace dialplane::gen
