// SPDX-License-Identifier: Apache-2.0
// What scanner and validation together make of a datagram, in the words of the conformance tests. Test thread.
#pragma once

#include "messages.hpp"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

namespace dialplane::sip {

/// What a proxy must do as far as the message alone decides it.
enum class Decision : std::uint8_t { kAccept, kRefuse, kDrop };

struct Judged {
  Decision decision = Decision::kDrop;
  std::uint16_t status = 0;  ///< kRefuse only
  Fault fault = Fault::kNone;

  friend bool operator==(const Judged&, const Judged&) = default;
};

/// A request is refused only if it can be answered: never an ACK, never without a top Via or the end of its headers
/// (but a section over the limit is, so that its sender learns of the limit). Everything else unfit is dropped.
inline Judged judge(const Parsed& parsed) {
  const auto& message = parsed.message;
  const bool ack = message.method == Method::kAck;
  if (parsed.fault == Fault::kNone) {
    const bool spent = message.is_request && parsed.facts.has_max_forwards && parsed.facts.max_forwards == 0;
    if (!spent) return {.decision = Decision::kAccept};
    if (ack) return {.decision = Decision::kDrop};
    return {.decision = Decision::kRefuse, .status = 483};
  }
  const bool whole = message.headers_end != 0 || parsed.fault == Fault::kTooLarge;
  const auto status = fault_status(parsed.fault);
  if (!message.is_request || ack || !parsed.facts.has_via || !whole || status == 0) {
    return {.decision = Decision::kDrop, .fault = parsed.fault};
  }
  return {.decision = Decision::kRefuse, .status = status, .fault = parsed.fault};
}

/// "accepted", "refused with 400", "dropped".
inline std::string verdict(std::string_view datagram) {
  const auto judged = judge(*std::make_unique<Parsed>(datagram));
  if (judged.decision == Decision::kRefuse) return "refused with " + std::to_string(judged.status);
  return judged.decision == Decision::kAccept ? "accepted" : "dropped";
}

inline Fault fault_of(std::string_view datagram) { return std::make_unique<Parsed>(datagram)->fault; }

/// A file below tests/data/torture.
inline std::string torture_file(const std::string& path) {
  std::ifstream in(std::string(DP_TORTURE_FOLDER) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The verdict on a torture message; the name of an own addition starts with "x-".
inline std::string torture_verdict(const std::string& name) {
  const auto bytes = torture_file((name.starts_with("x-") ? "extras/" : "") + name + ".dat");
  return bytes.empty() ? "no such file" : verdict(bytes);
}

/// `invite()` as another method.
inline std::string request(std::string_view method, std::string_view extra_rows = "") {
  return with(with(invite(extra_rows), "INVITE", method), "1 INVITE", "1 " + std::string(method));
}

/// A 200 to `invite()`.
inline std::string response(std::string_view extra_rows = "") {
  return with(invite(extra_rows), "INVITE sip:bob@example.com SIP/2.0", "SIP/2.0 200 OK");
}

}  // namespace dialplane::sip
