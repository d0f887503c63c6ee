// SPDX-License-Identifier: Apache-2.0
// Pieces that branch, dps, dp and To tag share: folded fields, addresses, constant-time compare. Any thread.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/short_copy.hpp"
#include "dialplane/base/siphash.hpp"
#include "dialplane/base/siphash_lanes.hpp"
#include "dialplane/sip/tokens.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace dialplane::sip {

inline constexpr char kTokenVersion = '2';

/// SipHash-2-4 over many small fields: they are put side by side first, because the hash of one string is several times
/// cheaper than that of as many parts.
class FieldHash {
 public:
  explicit FieldHash(const SipKey& key) noexcept : key_(key), long_(key) {}

  FieldHash& text(std::string_view s) noexcept {
    copy(s, Unchanged{});
    return *this;
  }
  /// Adds the length as 4 bytes and then the text, as SipHasher::field does.
  FieldHash& field(std::string_view s) noexcept { return u32(static_cast<std::uint32_t>(s.size())).text(s); }
  /// Adds text with A–Z folded to lower case, without a length.
  FieldHash& folded(std::string_view s) noexcept {
    copy(s, Folded{});
    return *this;
  }
  FieldHash& folded_field(std::string_view s) noexcept { return u32(static_cast<std::uint32_t>(s.size())).folded(s); }
  /// Adds the number of address bytes (0, 4 or 16) and the bytes.
  FieldHash& address(const IpAddress& address) noexcept {
    const std::uint8_t size = address.is_v4() ? 4 : address.is_v6() ? 16 : 0;
    u8(size);
    const std::uint8_t* bytes = address.bytes().data();
    return text({reinterpret_cast<const char*>(bytes), size});
  }
  FieldHash& u8(std::uint8_t v) noexcept { return number(v); }
  FieldHash& u16(std::uint16_t v) noexcept { return number(v); }
  FieldHash& u32(std::uint32_t v) noexcept { return number(v); }
  FieldHash& u64(std::uint64_t v) noexcept { return number(v); }

  [[nodiscard]] std::uint64_t digest() noexcept {
    if (!is_long_) return SipHash24::of(key_, buffer_.data(), used_);
    return long_.bytes(buffer_.data(), used_).digest();
  }

 private:
  static constexpr std::size_t kBufferBytes = 512;

  template <class Number>
  FieldHash& number(Number v) noexcept {
    if (kBufferBytes - used_ < sizeof v) flush();
    std::memcpy(buffer_.data() + used_, &v, sizeof v);
    used_ += sizeof v;
    return *this;
  }

  void flush() noexcept {
    is_long_ = true;
    long_.bytes(buffer_.data(), used_);
    used_ = 0;
  }

  template <class Map>
  void copy(std::string_view s, Map map) noexcept {
    while (s.size() > kBufferBytes - used_) {
      const auto part = kBufferBytes - used_;
      copy_part(s.data(), part, map);
      flush();
      s.remove_prefix(part);
    }
    copy_part(s.data(), s.size(), map);
  }

  template <class Map>
  void copy_part(const char* from, std::size_t size, Map map) noexcept {
    short_copy(buffer_.data() + used_, from, size, map);
    used_ += size;
  }

  SipKey key_;
  SipHash24 long_;  ///< what did not fit into the buffer
  bool is_long_ = false;
  std::size_t used_ = 0;
  std::array<char, kBufferBytes> buffer_;
};

/// Adds where a message goes: an address with its port as one word, or three for IPv6; a name with zeros behind it.
/// The first byte is the number of address bytes.
inline void add_hop(SipHash24Lanes::String& text, const IpAddress& ip, std::uint16_t port,
                    std::string_view name) noexcept {
  const auto bytes = ip.words();
  const std::uint64_t at_port = std::uint64_t{port} << 16;
  if (ip.is_v4()) return text.word(4 | at_port | bytes[0] << 32);
  if (ip.is_v6()) {
    text.word(16 | at_port);
    text.word(bytes[0]);
    return text.word(bytes[1]);
  }
  text.word(at_port | std::uint64_t{name.size()} << 32);
  text.padded_folded(name);
}

/// The one digest that `add` adds to the lanes it is given.
template <class Add>
std::uint64_t one_digest(Add add) noexcept {
  std::uint64_t digest = 0;
  SipHash24Lanes lanes(lanes_kernel<2, 4>(SimdLevel::kFloor));
  add(lanes, digest);
  lanes.run();
  return digest;
}

/// The seal under `key`: `known` if that is the signing key's and given.
inline std::uint64_t seal_for(const Keyring& keys, const TokenKey& key, std::string_view call_id,
                              std::optional<std::uint64_t> known) noexcept {
  return known && &key == keys.tokens.data() ? *known : seal_call_id(key, call_id);
}

/// The digest in a branch that we wrote, in any case; nullopt for any other branch.
std::optional<std::uint64_t> read_branch(std::string_view branch) noexcept;

/// Compares without an early exit: the time does not tell how many bits agree.
inline bool same_digest(std::uint64_t a, std::uint64_t b) noexcept {
  const volatile std::uint64_t difference = a ^ b;
  return difference == 0;
}

}  // namespace dialplane::sip
