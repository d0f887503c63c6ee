// SPDX-License-Identifier: Apache-2.0
// Views of the header values a proxy must read: Via, CSeq, name-addr, Route. Any thread; no allocation; zero copy.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/sip/message.hpp"
#include "dialplane/sip/uri.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dialplane::sip {

/// One value of a Via row. Offsets are from the first byte of the message; views point into it.
struct ViaView {
  std::uint16_t row = 0;          ///< index of its row
  std::uint16_t begin = 0;        ///< first byte of the value
  std::uint16_t end = 0;          ///< one past its last byte, trailing white space excluded
  std::uint16_t next = 0;         ///< first byte of the value after the comma in the same row; 0: last in the row
  std::string_view transport;     ///< "UDP"
  std::string_view host;          ///< sent-by host, IPv6 with brackets
  std::uint16_t port = 0;         ///< sent-by port; 0: absent
  std::uint16_t sent_by_end = 0;  ///< one past the sent-by (host and port)
  std::string_view branch;        ///< empty if absent
  bool has_rport = false;
  std::string_view rport_value;   ///< empty if `;rport` stands without a value
  std::uint16_t rport_begin = 0;  ///< from its ';' …
  std::uint16_t rport_end = 0;    ///< … to one past it; 0 if absent
  std::string_view received;      ///< empty if absent
  std::uint16_t received_begin = 0;
  std::uint16_t received_end = 0;
  std::string_view dps;  ///< our own parameter; empty if absent
  [[nodiscard]] std::uint16_t port_or_default() const noexcept { return port == 0 ? 5060 : port; }
  /// True if the branch starts with the magic cookie and goes on. Source: RFC 3261 §8.1.1.7.
  [[nodiscard]] bool has_magic_branch() const noexcept;
};

/// Parses the value of `message.rows[row]` that starts at `begin` (value_offset for the first one).
/// Errors: false if it does not match RFC 3261 §25.1: LWS round '/', ':', ';', '=' is allowed, empty parameters and
/// ports outside 1–65535 are not; a second branch, received, rport or dps is refused.
bool parse_via(const Message& message, std::uint16_t row, std::uint16_t begin, ViaView& via) noexcept;

/// The topmost Via; false if absent or malformed.
bool top_via(const Message& message, ViaView& via) noexcept;

/// The Via value after `via`: in the same row or the next one; false if there is none or it is malformed.
bool next_via(const Message& message, const ViaView& via, ViaView& next) noexcept;

/// A CSeq value. Source: RFC 3261 §20.16.
struct CSeqView {
  std::uint32_t number = 0;
  std::string_view method;
};
std::optional<CSeqView> parse_cseq(std::string_view value) noexcept;

/// A To, From, Contact, Route or Record-Route value: name-addr or addr-spec with header parameters.
struct NameAddrView {
  std::string_view uri;         ///< without angle brackets
  std::string_view parameters;  ///< header parameters from the first ';' (included); empty if none
  std::size_t end = 0;          ///< bytes of the input this value takes, trailing white space included, comma excluded
  bool bracketed = false;
};
/// Parses the first value of `text` up to a comma outside quotes and brackets, or the end.
/// Errors: nullopt for unbalanced quotes or brackets, an unquoted comma in a display name, or an empty URI.
std::optional<NameAddrView> parse_name_addr(std::string_view text) noexcept;

/// The tag of a To or From value; "" if it has none. Errors: nullopt if the value does not parse.
/// In the addr-spec form parameters after ';' are the header's. Source: RFC 3261 §20.
std::optional<std::string_view> parse_tag(std::string_view value) noexcept;

/// One Route value in place. Offsets are from the first byte of the message.
struct RouteView {
  std::uint16_t row = 0;    ///< index of its row
  std::uint16_t begin = 0;  ///< first byte of the value
  std::uint16_t end = 0;    ///< one past it, white space before the comma excluded
  std::uint16_t next = 0;   ///< first byte of the next value in the same row; 0: last in the row
  UriView uri;
};

/// Walks the Route values of a message in order, across rows and commas.
class RouteCursor {
 public:
  /// Thread: any. Lifetime: `message` must outlive the cursor.
  explicit RouteCursor(const Message& message, HeaderId id = HeaderId::kRoute) noexcept;
  /// Goes on after `route`, a Route value of this message.
  RouteCursor(const Message& message, const RouteView& route) noexcept;
  enum class Step : std::uint8_t { kValue, kEnd, kMalformed };
  /// Reads the next value into `route`.
  Step next(RouteView& route) noexcept;

 private:
  /// Goes on to the next row: `route` was the last value of this one.
  Step take_row(RouteView& route) noexcept;

  const Message* message_;
  const HeaderRow* row_;
  std::uint16_t at_ = 0;
};

/// True if some row of this header lists the option tag, in any case. Source: RFC 3261 §20.37.
bool has_option_tag(const Message& message, HeaderId id, std::string_view tag) noexcept;

/// What the proxy needs of a message, parsed once by validate().
struct Facts {
  ViaView via;           ///< topmost
  bool has_via = false;  ///< top Via parsed: the request can be answered
  std::string_view call_id;
  std::string_view from_tag;  ///< "" if none
  std::string_view to_tag;    ///< "" if none
  CSeqView cseq;
  bool has_max_forwards = false;
  std::uint16_t max_forwards = 0;
  UriView request_uri;     ///< requests only
  bool has_route = false;  ///< requests only
  RouteView route;         ///< the first Route value
};

/// True for a request that goes on with what an earlier one has opened, or ends it.
inline bool opens_nothing(const Message& message, const Facts& facts) noexcept {
  return !facts.to_tag.empty() || message.method == Method::kAck || message.method == Method::kCancel;
}

/// Judges what a proxy must judge and no more, in the order of RFC 3261 §16.3 (Max-Forwards 0 and next hops are the
/// caller's). Sets message.body_end from Content-Length and message.method of a response from its CSeq.
/// Errors: the first fault; facts parsed before it are valid, so that a 4xx can be built when facts.has_via is true
/// (the Via is parsed first).
Fault validate(Message& message, Facts& facts) noexcept;

}  // namespace dialplane::sip
