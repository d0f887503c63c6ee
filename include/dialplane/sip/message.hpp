// SPDX-License-Identifier: Apache-2.0
// One SIP message as offsets into the datagram: start line and header index. Filled by the scanner, read by all.
#pragma once

#include "dialplane/sip/method.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dialplane::sip {

enum class HeaderId : std::uint8_t {
#define DP_HEADER(id, name, compact, single, source) id,
#include "dialplane/sip/headers.def"
#undef DP_HEADER
  kOther,
};
inline constexpr std::size_t kHeaderCount = static_cast<std::size_t>(HeaderId::kOther) + 1;
static_assert(kHeaderCount <= 64, "sets of headers are kept in one word");

/// The long name, "Call-ID"; empty for kOther.
std::string_view header_name(HeaderId id) noexcept;

/// A way a message fails the checks; kNone means it passed so far.
enum class Fault : std::uint8_t {
  kNone,
#define DP_FAULT(id, name, status, sentence) id,
#include "dialplane/sip/faults.def"
#undef DP_FAULT
};
inline constexpr std::size_t kFaultCount = 1 +
#define DP_FAULT(id, name, status, sentence) 1 +
#include "dialplane/sip/faults.def"
#undef DP_FAULT
                                           0;
#undef DP_FAULT

/// "bare_line_end"; "none" for kNone.
std::string_view fault_name(Fault fault) noexcept;
std::string_view fault_sentence(Fault fault) noexcept;
/// What a request with this fault is answered; 0 if it is never answered.
std::uint16_t fault_status(Fault fault) noexcept;

/// Most header rows a message may have: 128 Vias and as many others. Beyond: Fault::kTooLarge.
inline constexpr std::size_t kMaxHeaderRows = 256;
/// Longest header section, start line included.
inline constexpr std::size_t kMaxHeaderBytes = 32 * 1024;

/// One header row. Units: offsets from the first byte of the datagram; a datagram has at most 65 535 bytes.
/// Sixteen bytes, so that the vector kernels write whole rows.
struct alignas(16) HeaderRow {
  std::uint16_t offset = 0;        ///< first byte of the name
  std::uint16_t end = 0;           ///< one past the CRLF that ends the row (folded lines included)
  std::uint16_t value_offset = 0;  ///< first byte of the value after leading white space and folds
  std::uint16_t value_end = 0;     ///< one past the last byte of the value before trailing white space
  std::uint8_t name_length = 0;    ///< without blanks before the colon; 255 for longer ones
  HeaderId id = HeaderId::kOther;
  std::uint16_t next_same = 0;  ///< index of the next row with this id; 0: none, and for kOther always
  std::uint32_t unused = 0;     ///< always 0
};
/// A kernel writes rows in groups of this many; those past row_count mean nothing.
inline constexpr std::size_t kRowGroup = 8;

/// The index of one message. Lifetime: the views die with the datagram. Big: reuse, do not copy.
struct Message {
  std::string_view text;      ///< the datagram, without leading CRLFs (see `skipped`)
  std::uint16_t skipped = 0;  ///< CRLF bytes before the start line, not part of `text` (RFC 3261 §7.5)
  bool is_request = false;
  Method method = Method::kOther;  ///< request: of the start line; response: of the CSeq, set by validate()
  std::uint16_t status = 0;        ///< response only
  std::uint16_t method_end = 0;    ///< request: the method is text[0, method_end)
  std::uint16_t uri_offset = 0;    ///< request: Request-URI; response: reason phrase
  std::uint16_t uri_end = 0;
  std::uint16_t headers_offset = 0;  ///< first byte after the start line's CRLF
  std::uint16_t headers_end = 0;     ///< first byte of the empty line
  std::uint16_t body_offset = 0;
  std::uint16_t body_end = 0;  ///< Content-Length applied by validate(); before that the datagram's end
  std::uint16_t row_count = 0;
  std::uint64_t present = 0;                     ///< bit i: there is a row with id i
  std::array<std::uint8_t, kHeaderCount> first;  ///< index of the first row with that id, if present
  std::array<HeaderRow, kMaxHeaderRows> rows;    ///< the first row_count of them

  [[nodiscard]] std::string_view method_text() const noexcept { return part(0, method_end); }
  [[nodiscard]] std::string_view request_uri() const noexcept { return part(uri_offset, uri_end); }
  /// The first row with this id, nullptr if there is none.
  [[nodiscard]] const HeaderRow* find(HeaderId id) const noexcept {
    const auto at = static_cast<std::size_t>(id);
    return (present >> at & 1) == 0 ? nullptr : &rows[first[at]];
  }
  /// The next row with the same id, nullptr after the last one. Rows of kOther are not chained: walk `rows`.
  [[nodiscard]] const HeaderRow* next(const HeaderRow& row) const noexcept {
    return row.next_same == 0 ? nullptr : &rows[row.next_same];
  }
  /// Rows with this id, which is not kOther. Cost: walks them.
  [[nodiscard]] std::size_t count(HeaderId id) const noexcept {
    std::size_t rows_found = 0;
    for (const auto* row = find(id); row != nullptr; row = next(*row)) ++rows_found;
    return rows_found;
  }
  [[nodiscard]] std::string_view value(const HeaderRow& row) const noexcept {
    return part(row.value_offset, row.value_end);
  }

  /// Forgets everything: a message of which no more than its text is known.
  void reset(std::string_view new_text) noexcept {
    text = new_text;
    skipped = 0;
    is_request = false;
    method = Method::kOther;
    status = 0;
    method_end = uri_offset = uri_end = 0;
    headers_offset = headers_end = body_offset = 0;
    body_end = static_cast<std::uint16_t>(new_text.size());
    row_count = 0;
    present = 0;
  }

 private:
  [[nodiscard]] std::string_view part(std::size_t begin, std::size_t end) const noexcept {
    return {text.data() + begin, end - begin};
  }
};

}  // namespace dialplane::sip
