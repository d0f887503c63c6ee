// SPDX-License-Identifier: Apache-2.0
// Probes as bytes. Control thread.
#include "probe.hpp"

#include "dialplane/sip/scanner.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace dialplane::control {

namespace {

constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kPorts = 4;
constexpr std::uint8_t kUdp = 17;

std::uint16_t be16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] << 8 | at[1]); }

IpAddress v4_at(const std::uint8_t* at) {
  return IpAddress::v4(std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3]);
}

IpAddress v6_at(const std::uint8_t* at) {
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), at, bytes.size());
  return IpAddress::v6(bytes);
}

std::optional<QuotedDatagram> read_quoted4(ByteSpan quoted) {
  constexpr std::size_t kHeader = 20;
  if (quoted.size() < kHeader) return std::nullopt;
  const std::size_t header = std::size_t{quoted[0] & 0xfU} * 4;
  // A later fragment has no ports.
  const bool is_first = (be16(&quoted[6]) & 0x1fff) == 0;
  if (quoted[0] >> 4 != 4 || header < kHeader || quoted[9] != kUdp || !is_first) return std::nullopt;
  if (quoted.size() < header + kPorts) return std::nullopt;
  const auto* udp = quoted.data() + header;
  return QuotedDatagram{{v4_at(&quoted[12]), be16(udp)}, {v4_at(&quoted[16]), be16(udp + 2)}};
}

std::optional<QuotedDatagram> read_quoted6(ByteSpan quoted) {
  constexpr std::size_t kHeader = 40;
  if (quoted.size() < kHeader + kPorts || quoted[0] >> 4 != 6 || quoted[6] != kUdp) return std::nullopt;
  const auto* udp = quoted.data() + kHeader;
  return QuotedDatagram{{v6_at(&quoted[8]), be16(udp)}, {v6_at(&quoted[24]), be16(udp + 2)}};
}

}  // namespace

ProbeId make_probe_id(std::string_view node, std::uint64_t branch, std::uint64_t call_id, std::uint64_t tag) {
  return {fmt::format("z9hG4bK-{}-{:016x}", node, branch), fmt::format("{:016x}@{}", call_id, node),
          fmt::format("{:016x}", tag)};
}

std::string write_probe(const ProbeId& id, std::string_view node, const Endpoint& source, const Endpoint& target) {
  const auto from = source.to_string();
  const auto to = target.to_string();
  return fmt::format(
      "OPTIONS sip:{} SIP/2.0\r\n"
      "Via: SIP/2.0/UDP {};branch={};rport\r\n"
      "Max-Forwards: 70\r\n"
      "From: <sip:{}@{}>;tag={}\r\n"
      "To: <sip:{}>\r\n"
      "Call-ID: {}\r\n"
      "CSeq: 1 OPTIONS\r\n"
      "Contact: <sip:{}>\r\n"
      "Accept: application/sdp\r\n"
      "Content-Length: 0\r\n\r\n",
      to, from, id.branch, node, from, id.tag, to, id.call_id, from);
}

std::optional<ProbeAnswer> ProbeReader::read(std::string_view datagram) {
  if (sip::scan(datagram, *message_) != sip::Fault::kNone) return std::nullopt;
  if (sip::validate(*message_, facts_) != sip::Fault::kNone || message_->is_request) return std::nullopt;
  const auto& via = facts_.via;
  const bool is_single = via.next == 0 && message_->next(message_->rows[via.row]) == nullptr;
  if (!is_single || message_->method != sip::Method::kOptions) return std::nullopt;
  return ProbeAnswer{message_->status, via.branch, facts_.call_id, facts_.from_tag};
}

std::optional<QuotedDatagram> read_unreachable(ByteSpan frame, std::size_t l4_offset, bool is_v6) {
  // "Fragmentation needed" tells of the path, not of the backend.
  constexpr std::uint8_t kFragmentationNeeded = 4;
  if (frame.size() < l4_offset + kIcmpHeader) return std::nullopt;
  const auto* icmp = frame.data() + l4_offset;
  const std::uint8_t unreachable = is_v6 ? 1 : 3;
  if (icmp[0] != unreachable || (!is_v6 && icmp[1] == kFragmentationNeeded)) return std::nullopt;
  const auto quoted = frame.subspan(l4_offset + kIcmpHeader);
  return is_v6 ? read_quoted6(quoted) : read_quoted4(quoted);
}

}  // namespace dialplane::control
