// SPDX-License-Identifier: Apache-2.0
// Our policies as workers run them, and Kamailio's dispatcher as its documentation describes algorithm 0. Main thread.
#include "schemes.hpp"

#include <fmt/core.h>

namespace dialplane::perf {
namespace {

/// The real pick().
class PolicyScheme : public Scheme {
 public:
  PolicyScheme(balance::Policy policy, std::span<const balance::Member> members)
      : plan_(balance::make_plan({policy, members, {}}, steering_key(), {})),
        usable_(members.size(), 1),
        cells_(members.size()),
        ids_(members.begin(), members.end()) {}
  std::uint32_t place(const Key& key) override {
    const auto picked =
        balance::pick(plan_, {usable_, {}, cells_, states_}, key.hash, balance::PickMode::kMessageOnly, 0, memory_);
    return ids_[picked.position].id.value;
  }
  void fail(std::size_t position) override { usable_[position] = 0; }

 private:
  balance::Plan plan_;
  std::vector<std::uint8_t> usable_;
  std::vector<BackendCell> cells_;
  std::vector<balance::Member> ids_;
  balance::BackendStates states_{1};
  balance::PoolMemory memory_;
};

/// Kamailio's dispatcher by hash over the Call-ID: the remainder names an index, and an index that is out of use hands
/// over to the next one. Its hash adds up words of four bytes, most significant first, each mixed with itself.
class ModuloScheme : public Scheme {
 public:
  explicit ModuloScheme(std::span<const balance::Member> members)
      : members_(members.begin(), members.end()), usable_(members.size(), 1) {}
  std::uint32_t place(const Key& key) override {
    std::size_t at = hash_of(key.call_id) % members_.size();
    while (usable_[at] == 0) at = (at + 1) % members_.size();
    return members_[at].id.value;
  }
  void fail(std::size_t position) override { usable_[position] = 0; }

 private:
  static std::uint32_t hash_of(std::string_view text) noexcept {
    constexpr std::size_t kWord = 4;
    std::uint32_t sum = 0;
    for (std::size_t begin = 0; begin <= text.size(); begin += kWord) {
      std::uint32_t word = 0;
      for (const char c : text.substr(begin, kWord)) word = word << 8 | static_cast<unsigned char>(c);
      sum += word ^ (word >> 3);
    }
    const std::uint32_t folded = sum + (sum >> 11) + (sum >> 13) + (sum >> 23);
    return folded == 0 ? 1 : folded;
  }

  std::vector<balance::Member> members_;
  std::vector<std::uint8_t> usable_;
};

}  // namespace

std::string_view scheme_name(SchemeKind kind) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"rendezvous", "maglev", "hash modulo"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::unique_ptr<Scheme> make_scheme(SchemeKind kind, std::span<const balance::Member> members) {
  if (kind == SchemeKind::kModulo) return std::make_unique<ModuloScheme>(members);
  const auto policy = kind == SchemeKind::kMaglev ? balance::Policy::kMaglev : balance::Policy::kRendezvous;
  return std::make_unique<PolicyScheme>(policy, members);
}

std::vector<balance::Member> make_members(std::size_t count, std::span<const std::uint32_t> weights) {
  std::vector<balance::Member> members;
  for (std::size_t i = 0; i < count; ++i) {
    // Ids as the builder makes them: a hash of an address.
    const std::string address = fmt::format("10.{}.{}.{}:5060", i / 65'536, i / 256 % 256, i % 256);
    const auto id = static_cast<std::uint32_t>(SipHash24(SipKey{}).text(address).digest());
    members.push_back({BackendId{id}, weights[i % weights.size()]});
  }
  return members;
}

SipKey steering_key() noexcept { return {0x0706050403020100U, 0x0f0e0d0c0b0a0908U}; }

}  // namespace dialplane::perf
