// SPDX-License-Identifier: Apache-2.0
// Short ways to scan and validate literal messages. Test thread.
#pragma once

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <string>
#include <string_view>

namespace dialplane::sip {

/// A message that keeps its own bytes, scanned and, if that went well, validated.
struct Parsed {
  explicit Parsed(std::string_view datagram) : bytes(datagram) {
    scan_fault = scan(bytes, message);
    fault = validate(message, facts);
    if (scan_fault != Fault::kNone) fault = scan_fault;
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  [[nodiscard]] std::string_view value(HeaderId id) const {
    const auto* row = message.find(id);
    return row == nullptr ? std::string_view{"(absent)"} : message.value(*row);
  }

  std::string bytes;
  Message message;
  Facts facts;
  Fault scan_fault = Fault::kNone;
  Fault fault = Fault::kNone;
};

/// An INVITE that passes every check, with more rows before its Content-Length.
inline std::string invite(std::string_view extra_rows = "") {
  return "INVITE sip:bob@example.com SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKabc;rport\r\n"
         "Max-Forwards: 70\r\n"
         "From: <sip:alice@example.net>;tag=a1\r\n"
         "To: <sip:bob@example.com>\r\n"
         "Call-ID: 7f3@192.0.2.77\r\n"
         "CSeq: 1 INVITE\r\n" +
         std::string(extra_rows) + "Content-Length: 0\r\n\r\n";
}

/// `text` with the first `from` replaced by `to`; the test fails to build its input if `from` is absent.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace dialplane::sip
