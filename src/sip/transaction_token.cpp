// SPDX-License-Identifier: Apache-2.0
// The tokens that tie a transaction together: the branch of forwarded requests and the To tag of inline answers.
// Any thread; no allocation.
#include "digest.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/tokens.hpp"

#include <cstring>
#include <utility>

namespace dialplane::sip {
namespace {

constexpr std::string_view kBranchPrefix = "z9hG4bKd";
constexpr std::size_t kToTagPrefix = 4;
static_assert(kBranchPrefix.size() + kDigestDigits == kBranchLength);
static_assert(kToTagPrefix + kDigestDigits == kToTagLength);

enum class BranchInput : std::uint8_t { kMagic = 1, kPlain = 2 };

/// Adds the top Via without its received and rport: those are written by whoever forwards it.
void add_plain_via(FieldHash& hash, const Message& message, const ViaView& via) noexcept {
  struct Range {
    std::size_t begin;
    std::size_t end;
  };
  Range first{via.received_begin, via.received_end};
  Range second{via.rport_begin, via.rport_end};
  if (second.begin < first.begin) std::swap(first, second);
  std::size_t at = via.begin;
  std::uint32_t length = via.end - via.begin;
  for (const auto& skipped : {first, second}) length -= static_cast<std::uint32_t>(skipped.end - skipped.begin);
  hash.u32(length);
  for (const auto& skipped : {first, second}) {
    if (skipped.end == 0) continue;
    hash.text(cut(message.text, at, skipped.begin - at));
    at = skipped.end;
  }
  hash.text(cut(message.text, at, via.end - at));
}

std::uint64_t to_tag_digest(const TokenKey& key, std::string_view prefix, const Facts& facts) noexcept {
  FieldHash hash(key.mac);
  hash.text(prefix).field(facts.call_id).field(facts.from_tag).u32(facts.cseq.number).folded_field(facts.via.branch);
  return hash.digest();
}

}  // namespace

void write_branch(char* out, const Keyring& keys, const Message& message, const Facts& facts) noexcept {
  FieldHash hash(keys.branch);
  if (facts.via.has_magic_branch()) {
    hash.u8(static_cast<std::uint8_t>(BranchInput::kMagic));
    hash.folded_field(facts.via.branch)
        .folded_field(facts.via.host)
        .u16(facts.via.port_or_default())
        .field(facts.call_id)
        .field(facts.from_tag)
        .u32(facts.cseq.number);
  } else {
    hash.u8(static_cast<std::uint8_t>(BranchInput::kPlain));
    add_plain_via(hash, message, facts.via);
    hash.field(facts.from_tag).field(facts.call_id).u32(facts.cseq.number).field(message.request_uri());
  }
  std::memcpy(out, kBranchPrefix.data(), kBranchPrefix.size());
  write_hex(out + kBranchPrefix.size(), hash.digest(), kDigestDigits);
}

void write_to_tag(char* out, const Keyring& keys, const Facts& facts) noexcept {
  const auto& key = keys.tokens[0];
  out[0] = 'd';
  out[1] = kTokenVersion;
  write_hex(out + 2, key.id, 2);
  write_hex(out + kToTagPrefix, to_tag_digest(key, {out, kToTagPrefix}, facts), kDigestDigits);
}

bool is_own_to_tag(const Keyring& keys, const Facts& facts) noexcept {
  const auto tag = facts.to_tag;
  if (tag.size() != kToTagLength || ascii_lower(tag[0]) != 'd' || tag[1] != kTokenVersion) return false;
  const auto id = parse_hex(cut(tag, 2, 2));
  const auto digest = parse_hex(cut(tag, kToTagPrefix));
  const auto* key = id ? keys.find_token_key(static_cast<std::uint8_t>(*id)) : nullptr;
  if (key == nullptr || !digest) return false;
  std::array<char, kToTagPrefix> prefix{'d', kTokenVersion};
  write_hex(prefix.data() + 2, key->id, 2);
  return same_digest(*digest, to_tag_digest(*key, {prefix.data(), prefix.size()}, facts));
}

}  // namespace dialplane::sip
