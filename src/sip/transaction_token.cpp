// SPDX-License-Identifier: Apache-2.0
// The tokens that tie a transaction together: the branch of forwarded requests and the To tag of inline answers.
// Any thread; no allocation.
#include "digest.hpp"

#include "dialplane/base/text.hpp"
#include "dialplane/sip/token_digests.hpp"

#include <cstring>
#include <utility>

namespace dialplane::sip {
namespace {

constexpr std::string_view kBranchPrefix = "z9hG4bKd";
constexpr std::size_t kToTagPrefix = 4;
static_assert(kBranchPrefix.size() + kDigestDigits == kBranchLength);
static_assert(kToTagPrefix + kDigestDigits == kToTagLength);

/// What the digest of a branch is taken over; the mark is part of it.
constexpr std::uint8_t kFromMagicBranch = 1;
constexpr std::uint8_t kFromPlainVia = 2;
/// Not part of any digest: every branch that is hashed so starts with it.
constexpr std::size_t kMagicCookie = 7;

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

std::uint64_t to_tag_digest(const TokenKey& key, const Facts& facts) noexcept {
  return one_digest([&](SipHash24Lanes& lanes, std::uint64_t& digest) {
    add_to_tag(lanes, key, facts, seal_call_id(key, facts.call_id), digest);
  });
}

/// Both lengths as one word, then both texts.
void add_tag_and_branch(SipHash24Lanes::String& text, std::string_view tag, std::string_view branch) noexcept {
  text.word(std::uint64_t{tag.size()} | std::uint64_t{branch.size()} << 32);
  text.padded(tag);
  text.padded_folded(branch);
}

}  // namespace

std::uint64_t seal_call_id(const TokenKey& key, std::string_view call_id) noexcept {
  return SipHash13::of(key.call_id, call_id);
}

void add_branch(SipHash24Lanes& lanes, const Keyring& keys, const Message& message, const Facts& facts,
                const IpAddress& sent_by, std::uint64_t call_hash, std::uint64_t& digest) noexcept {
  const auto& via = facts.via;
  if (!via.has_magic_branch()) [[unlikely]] {
    FieldHash hash(keys.branch);
    hash.u8(kFromPlainVia);
    add_plain_via(hash, message, via);
    digest =
        hash.field(facts.from_tag).field(facts.call_id).u32(facts.cseq.number).field(message.request_uri()).digest();
    return;
  }
  auto text = lanes.open(keys.branch, digest);
  text.word(call_hash);
  add_hop(text, sent_by, via.port_or_default(), via.host);
  add_tag_and_branch(text, facts.from_tag, cut(via.branch, kMagicCookie));
  text.close(facts.cseq.number | std::uint64_t{kFromMagicBranch} << 32, 5);
}

void write_branch_digest(char* out, std::uint64_t digest) noexcept {
  std::memcpy(out, kBranchPrefix.data(), kBranchPrefix.size());
  write_hex(out + kBranchPrefix.size(), digest, kDigestDigits);
}

std::optional<std::uint64_t> read_branch(std::string_view branch) noexcept {
  if (branch.size() != kBranchLength || !iequals(cut(branch, 0, kBranchPrefix.size()), kBranchPrefix)) {
    return std::nullopt;
  }
  return parse_hex(cut(branch, kBranchPrefix.size()));
}

void write_branch(char* out, const Keyring& keys, const Message& message, const Facts& facts) noexcept {
  const auto sent_by = IpAddress::parse(facts.via.host).value_or(IpAddress{});
  const auto call_hash = SipHash13::of(keys.call_id, facts.call_id);
  write_branch_digest(out, one_digest([&](SipHash24Lanes& lanes, std::uint64_t& digest) {
                        add_branch(lanes, keys, message, facts, sent_by, call_hash, digest);
                      }));
}

void add_to_tag(SipHash24Lanes& lanes, const TokenKey& key, const Facts& facts, std::uint64_t seal,
                std::uint64_t& digest) noexcept {
  auto text = lanes.open(key.mac, digest);
  text.word(seal);
  add_tag_and_branch(text, facts.from_tag, facts.via.branch);
  text.close(facts.cseq.number, 4);
}

void write_to_tag_digest(char* out, const TokenKey& key, std::uint64_t digest) noexcept {
  out[0] = 'd';
  out[1] = kTokenVersion;
  write_hex(out + 2, key.id, 2);
  write_hex(out + kToTagPrefix, digest, kDigestDigits);
}

void write_to_tag(char* out, const Keyring& keys, const Facts& facts) noexcept {
  const auto& key = keys.tokens[0];
  write_to_tag_digest(out, key, to_tag_digest(key, facts));
}

bool is_own_to_tag(const Keyring& keys, const Facts& facts) noexcept {
  const auto tag = facts.to_tag;
  if (tag.size() != kToTagLength || ascii_lower(tag[0]) != 'd' || tag[1] != kTokenVersion) return false;
  const auto id = parse_hex(cut(tag, 2, 2));
  const auto digest = parse_hex(cut(tag, kToTagPrefix));
  const auto* key = id ? keys.find_token_key(static_cast<std::uint8_t>(*id)) : nullptr;
  if (key == nullptr || !digest) return false;
  return same_digest(*digest, to_tag_digest(*key, facts));
}

}  // namespace dialplane::sip
