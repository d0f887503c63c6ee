// SPDX-License-Identifier: Apache-2.0
// Builds a response from a request, as a stateless UAS does. Any thread; no allocation.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dialplane::sip {

struct ResponseSpec {
  std::uint16_t status = 0;  ///< of three digits
  std::string_view reason;
  std::string_view to_tag;      ///< added if the request's To has no tag
  std::string_view extra_rows;  ///< complete rows with CRLF, or empty
  Endpoint source;              ///< the packet's source, for received and rport of the top Via
  bool is_sound = false;        ///< scan() and validate() found no fault: no row is looked at again
};

/// Writes a response to `out`: status line, all Via rows in order and unchanged but for the topmost value's received
/// and rport, From, To (with tag), Call-ID, CSeq, in a 420 Unsupported (what Proxy-Require asks, else what Require
/// does), the extra rows, Content-Length: 0. Rows the request lacks are left out. Returns its length; 0 if it does not
/// fit in `out` or the top Via did not parse. Bare CR, LF and NUL of a faulty request are never copied: a row that
/// holds one is left out (and 0 is returned if it is a Via). Source: RFC 3261 §8.2.6, RFC 3581 §4.
std::size_t write_response(std::span<char> out, const Message& request, const Facts& facts,
                           const ResponseSpec& spec) noexcept;

/// Most bytes that write_received() writes.
inline constexpr std::size_t kMaxReceivedText = 80;

/// Writes the parameters of X1–X4 for the request's top Via: `;rport=PORT` if rport was asked (or `force_rport`), and
/// `;received=ADDRESS` if rport was asked or sent-by is not the source address. Returns the length; 0: nothing to add.
/// Units: kMaxReceivedText bytes at `out`. Source: RFC 3261 §18.2.1, RFC 3581 §4.
std::size_t write_received(char* out, const ViaView& via, const Endpoint& source, bool force_rport) noexcept;
/// The same for a caller that has read the sent-by host: `sent_by`, none if it is a name.
std::size_t write_received(char* out, const ViaView& via, const IpAddress& sent_by, const Endpoint& source,
                           bool force_rport) noexcept;

/// Where a response goes by the Via below ours: received:rport, received:sent-by port, numeric sent-by.
/// Errors: nullopt if that gives no numeric address. maddr is not obeyed. Source: RFC 3261 §18.2.2, RFC 3581 §4.
std::optional<Endpoint> response_target(const ViaView& via) noexcept;
/// The same for a caller that has read both addresses: none if they are absent or names.
std::optional<Endpoint> response_target(const ViaView& via, const IpAddress& sent_by,
                                        const IpAddress& received) noexcept;

}  // namespace dialplane::sip
