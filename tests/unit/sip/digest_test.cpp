// SPDX-License-Identifier: Apache-2.0
// Hashes over several fields against the plain hash of the same bytes, seen through an id and a To tag. Test thread.
#include "dialplane/base/siphash.hpp"
#include "dialplane/base/text.hpp"
#include "dialplane/sip/tokens.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace dialplane::sip {
namespace {

/// Letters of both cases, the characters next to them, and bytes beyond ASCII.
std::string text_of(std::size_t length) {
  constexpr std::string_view kPattern =
      "AZaz@[`{M-9.\xc3\x84\xda"
      "Qq";
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += kPattern[i % kPattern.size()];
  return text;
}

TEST(FieldHash, FoldsAndHashesTextOfEveryLengthAsItsBytes) {
  constexpr SipKey kIdKey{.k0 = 0x6e616c706c616964, .k1 = 0x31762d7364692d65};
  for (std::size_t length = 0; length < 1200; ++length) {
    const auto text = text_of(length);
    auto folded = text;
    std::transform(folded.begin(), folded.end(), folded.begin(), ascii_lower);
    const auto wanted = SipHash24(kIdKey).field("backend").field(folded).digest();
    EXPECT_EQ(make_backend_id(text).value, static_cast<std::uint32_t>(wanted)) << length;
  }
}

std::string padded(std::string text) {
  text.resize((text.size() + 7) / 8 * 8, '\0');
  return text;
}

TEST(ToTag, HashesLongFieldsInTheirOrder) {
  Keyring keys;
  keys.token_count = 1;
  keys.tokens[0] = {.id = 0x2a, .mac = {1, 2}, .cipher = {3, 4}, .call_id = {5, 6}};
  for (const std::size_t length : {0, 7, 60, 240, 247, 248, 249, 500, 1024, 3000}) {
    const auto call_id = text_of(length);
    const auto tag = text_of(length / 2 + 3);
    const auto branch = text_of(length / 3 + 20);
    Facts facts;
    facts.call_id = call_id;
    facts.from_tag = tag;
    facts.cseq.number = 4711;
    facts.via.branch = branch;
    std::array<char, kToTagLength> out;
    write_to_tag(out.data(), keys, facts);

    auto folded = branch;
    std::transform(folded.begin(), folded.end(), folded.begin(), ascii_lower);
    const auto lengths = static_cast<std::uint32_t>(tag.size()) | std::uint64_t{branch.size()} << 32;
    const auto wanted = SipHash24(keys.tokens[0].mac)
                            .u64(SipHash13::of(keys.tokens[0].call_id, call_id))
                            .u64(lengths)
                            .text(padded(tag))
                            .text(padded(folded))
                            .u32(4711)
                            .digest();
    std::array<char, 16> digits;
    write_hex(digits.data(), wanted, digits.size());
    EXPECT_EQ(std::string(out.data(), out.size()), "d22a" + std::string(digits.data(), digits.size())) << length;
  }
}

}  // namespace
}  // namespace dialplane::sip
