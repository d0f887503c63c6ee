// SPDX-License-Identifier: Apache-2.0
// Chooses what each message of a corpus is and wraps it into frames.
#include "corpus_builder.hpp"

#include "dialect.hpp"
#include "malformed.hpp"

#include "dialplane/net/fragment.hpp"
#include "dialplane/net/frame.hpp"
#include "dialplane/net/frame_edit.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace dialplane::gen {
namespace {

using sip::Method;

constexpr std::uint32_t kInviteBytes = 860;
constexpr std::uint32_t kLargeInviteBytes = 2300;
constexpr std::uint32_t kMaxMessageBytes = 8000;
constexpr std::uint32_t kMaxMessages = 1 << 20;

struct SizeRange {
  std::uint32_t low;
  std::uint32_t high;
};

/// Sizes as they are met: bodies and credentials make the difference.
SizeRange usual_size(Method method) noexcept {
  switch (method) {
    case Method::kInvite:
      return {700, 1400};
    case Method::kRegister:
      return {450, 900};
    case Method::kUpdate:
    case Method::kNotify:
    case Method::kPublish:
      return {500, 1200};
    case Method::kAck:
    case Method::kCancel:
      return {300, 300};
    case Method::kOptions:
      return {320, 600};
    default:
      return {350, 800};
  }
}

/// True for methods that exist inside a dialog only.
bool is_always_in_dialog(Method method) noexcept {
  return method == Method::kBye || method == Method::kPrack || method == Method::kInfo || method == Method::kUpdate;
}

std::uint16_t pick_status(Method method, Prng& random) noexcept {
  static constexpr std::array<std::uint16_t, 12> kInviteCodes{100, 180, 183, 200, 200, 200,
                                                              404, 407, 480, 486, 487, 503};
  static constexpr std::array<std::uint16_t, 8> kOtherCodes{200, 200, 200, 200, 200, 401, 481, 404};
  if (method == Method::kInvite) return kInviteCodes[random.below(kInviteCodes.size())];
  return kOtherCodes[random.below(kOtherCodes.size())];
}

}  // namespace

Result<void> CorpusBuilder::check() const {
  if (!options_.service.ip.is_v4() || options_.service.port == 0)
    return fail("the service must be an IPv4 ADDRESS:PORT");
  if (!options_.sources.ip.is_v4()) return fail("the sources must be an IPv4 prefix");
  if (options_.messages == 0 || options_.messages > kMaxMessages) return fail("messages must be from 1 to 1048576");
  if (options_.bytes > kMaxMessageBytes) return fail("a message has at most 8000 bytes");
  if (options_.mtu < 576) return fail("the MTU must be at least 576");
  if (options_.response_percent > 100) return fail("the share of responses is a percentage");
  return {};
}

Endpoint CorpusBuilder::pick_client() {
  const auto host_bits = 32U - std::min<std::uint32_t>(options_.sources.length, 32);
  const auto mask = host_bits == 0 ? 0U : 0xffffffffU >> (32 - host_bits);
  const auto network = options_.sources.ip.v4_value() & ~mask;
  auto host = static_cast<std::uint32_t>(random_.next()) & mask;
  // Neither the network's nor the broadcast address.
  if (host_bits >= 2) host = std::clamp(host, 1U, mask - 1);
  Endpoint client{IpAddress::v4(network | host), options_.source_port};
  if (client.port == 0) {
    client.port = random_.chance(50) ? std::uint16_t{5060} : static_cast<std::uint16_t>(random_.between(1024, 65000));
  }
  return client;
}

MessageSpec CorpusBuilder::pick_mixed() {
  MessageSpec spec;
  auto left = random_.below(std::accumulate(options_.weights.begin(), options_.weights.end(), 0U));
  for (std::size_t i = 0; i < options_.weights.size(); ++i) {
    if (left < options_.weights[i]) {
      spec.method = static_cast<Method>(i);
      break;
    }
    left -= options_.weights[i];
  }
  if (spec.method != Method::kAck && spec.method != Method::kCancel && random_.below(100) < options_.response_percent) {
    spec.status = pick_status(spec.method, random_);
  }
  spec.in_dialog = is_always_in_dialog(spec.method) || spec.method == Method::kAck ||
                   (spec.method == Method::kNotify && random_.chance(90)) ||
                   ((spec.method == Method::kInvite || spec.method == Method::kRefer) && random_.chance(15));
  spec.to_service = spec.method == Method::kOptions && random_.chance(80);
  const auto size = usual_size(spec.method);
  spec.bytes = random_.between(size.low, size.high);
  return spec;
}

MessageSpec CorpusBuilder::make_spec(std::uint32_t index) {
  MessageSpec spec;
  switch (options_.profile) {
    case Profile::kInvite:
      spec.method = Method::kInvite;
      spec.bytes = kInviteBytes;
      break;
    case Profile::kFragments:
    case Profile::kFragmentFlood:
      spec.method = Method::kInvite;
      spec.bytes = kLargeInviteBytes;
      break;
    case Profile::kOptions:
      spec.method = Method::kOptions;
      spec.to_service = true;
      spec.bytes = random_.between(320, 480);
      break;
    case Profile::kMalformed:
      spec.method = index % 2 == 0 ? Method::kInvite : Method::kOptions;
      break;
    case Profile::kMixed:
      spec = pick_mixed();
      break;
  }
  if (options_.bytes != 0) spec.bytes = options_.bytes;
  spec.service = options_.service;
  spec.client = pick_client();
  return spec;
}

std::vector<std::uint8_t> CorpusBuilder::wrap(const std::string& text, const Endpoint& client) {
  std::vector<std::uint8_t> frame(net::kUdp4Headers + text.size());
  std::copy(text.begin(), text.end(), frame.begin() + net::kUdp4Headers);
  const net::UdpRoute route{options_.source_mac, options_.destination_mac, client, options_.service};
  net::write_udp4_headers(frame.data() + net::kUdp4Headers, text.size(), route, ip_id_++, 0);
  return frame;
}

void CorpusBuilder::add_message(std::uint32_t index) {
  const auto spec = make_spec(index);
  auto dialect = pick_dialect(random_);
  // A fixed size must be met by every sender, so no more Vias than fit.
  if (options_.profile == Profile::kInvite) dialect.vias = 1;
  auto message = render_message(spec, dialect, random_);
  for (auto& slot : message.slots) slot.offset = static_cast<std::uint16_t>(slot.offset + net::kUdp4Headers);
  auto frame = wrap(message.text, spec.client);
  if (frame.size() <= options_.mtu + std::size_t{net::kEthernetHeader}) {
    add_frame(std::move(frame), message.slots, false);
    return;
  }
  const auto count = net::fragment_count(frame, options_.mtu);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::uint8_t> piece(options_.mtu + std::size_t{net::kEthernetHeader});
    piece.resize(net::write_fragment(frame, options_.mtu, i, 0, piece.data()));
    add_frame(std::move(piece), {}, true);
    if (options_.profile == Profile::kFragmentFlood) break;
  }
}

void CorpusBuilder::add_damaged(std::uint32_t index) {
  const auto spec = make_spec(index);
  auto dialect = pick_dialect(random_);
  dialect.compact = false;
  const auto damage = static_cast<Damage>(index % kDamageCount);
  const auto text = apply_damage(render_message(spec, dialect, random_).text, damage, random_);
  add_frame(wrap(text, spec.client), {}, false);
}

Result<Corpus> CorpusBuilder::build() {
  if (const auto checked = check(); !checked) return tl::unexpected(checked.error());
  for (std::uint32_t i = 0; i < options_.messages; ++i) {
    if (options_.profile == Profile::kMalformed) {
      add_damaged(i);
    } else {
      add_message(i);
    }
  }
  return std::move(corpus_);
}

}  // namespace dialplane::gen
