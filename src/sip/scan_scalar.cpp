// SPDX-License-Identifier: Apache-2.0
// The scalar kernel of scan(), which decides what is wrong with a message: start line, then one pass over the header
// section that finds line ends and control bytes eight at a time and files every row under its header id. Any thread;
// no allocation.
#include "chars.hpp"
#include "header_names.hpp"
#include "kernels.hpp"
#include "words.hpp"

#include "dialplane/base/text.hpp"

#include <algorithm>
#include <cstring>

namespace dialplane::sip {
namespace {

constexpr std::size_t kVersionPrefix = 4;  // "SIP/"
constexpr std::size_t kVersionLength = 7;
constexpr std::size_t kStatusLength = 3;
constexpr std::uint8_t kLongName = 255;

constexpr std::uint8_t kNoHeader = static_cast<std::uint8_t>(HeaderId::kOther);

/// Headers filed by name length and first letter; headers that share both are chained.
struct Dispatch {
  std::array<std::uint8_t, (kLongestName + 1) * 32> first{};
  std::array<std::uint8_t, kHeaderCount> next{};
  std::array<std::uint8_t, 32> compact{};
};

constexpr std::size_t dispatch_cell(std::size_t length, char letter) noexcept {
  return length * 32 + (static_cast<unsigned char>(letter) & 31);
}

constexpr Dispatch kDispatch = [] {
  Dispatch d;
  d.first.fill(kNoHeader);
  d.next.fill(kNoHeader);
  d.compact.fill(kNoHeader);
  for (std::uint8_t id = 0; id < kNoHeader; ++id) {
    const auto& header = kHeaders[id];
    auto& cell = d.first[dispatch_cell(header.name.size(), header.name[0])];
    d.next[id] = cell;
    cell = id;
    if (header.compact != 0) d.compact[header.compact & 31] = id;
  }
  return d;
}();

/// The headers whose grammar has comments in parentheses (RFC 3261 §25.1).
constexpr bool may_have_comments(HeaderId id) noexcept {
  return id == HeaderId::kUserAgent || id == HeaderId::kServer || id == HeaderId::kRetryAfter;
}

constexpr std::uint64_t kHighBits = kAllBytes * 0x80;
constexpr std::size_t kWordBytes = 8;
constexpr std::size_t kNameWords = (kLongestName + kWordBytes - 1) / kWordBytes;

/// Marks the bytes below `bound` by their high bit. The lowest mark is always right, those above it may be false.
constexpr std::uint64_t mark_below(std::uint64_t word, std::uint64_t bound) noexcept {
  return (word - kAllBytes * bound) & ~word & kHighBits;
}
constexpr std::size_t first_mark(std::uint64_t marks) noexcept {
  return static_cast<std::size_t>(__builtin_ctzll(marks)) / 8;
}

/// Header names in words of eight bytes, folded to lower case and filled up with zeros.
constexpr auto kFoldedNames = [] {
  std::array<std::array<std::uint64_t, kNameWords>, kHeaderCount> names{};
  for (std::size_t id = 0; id < kHeaderCount; ++id) {
    const auto name = kHeaders[id].name;
    for (std::size_t i = 0; i < name.size(); ++i) {
      names[id][i / kWordBytes] |= std::uint64_t{static_cast<unsigned char>(ascii_lower(name[i]))}
                                   << (8 * (i % kWordBytes));
    }
  }
  return names;
}();

/// Compares `name`, which holds no byte up to the blank, with a header's. Header names are letters and '-', and under
/// `| 0x20` only the letters of either case become letters and only '-' and a CR become '-'.
bool same_name(std::string_view name, std::string_view after, std::size_t id) noexcept {
  for (std::size_t at = 0; at < name.size(); at += kWordBytes) {
    const auto left = name.size() - at;
    std::uint64_t word = 0;
    if (after.size() >= at + kWordBytes) {
      word = load_word(after.data() + at);
    } else {
      std::memcpy(&word, name.data() + at, std::min(left, kWordBytes));
    }
    const auto mask = left >= kWordBytes ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * left)) - 1;
    if (((word | kAllBytes * 0x20) & mask) != kFoldedNames[id][at / kWordBytes]) return false;
  }
  return true;
}

/// The header that the first `length` bytes of `text` name.
HeaderId find_header(std::string_view text, std::size_t length) noexcept {
  if (length > kLongestName) return HeaderId::kOther;
  if (length == 1) {
    const char letter = static_cast<char>(text[0] | 0x20);
    const auto id = kDispatch.compact[letter & 31];
    return kHeaders[id].compact == letter ? static_cast<HeaderId>(id) : HeaderId::kOther;
  }
  auto id = kDispatch.first[dispatch_cell(length, text[0])];
  while (id != kNoHeader && !same_name(cut(text, 0, length), text, id)) id = kDispatch.next[id];
  return static_cast<HeaderId>(id);
}

/// The first ':', blank or control byte from `at` on; `end` if none.
std::size_t find_name_end(const char* text, std::size_t at, std::size_t end) noexcept {
  for (; at + kWordBytes <= end; at += kWordBytes) {
    const auto word = load_word(text + at);
    if (const auto marks = mark_below(word, 0x21) | mark_below(word ^ (kAllBytes * ':'), 1); marks != 0) {
      return at + first_mark(marks);
    }
  }
  while (at<end&& static_cast<unsigned char>(text[at])> ' ' && text[at] != ':') ++at;
  return at;
}

/// The first byte from `at` on that is below 0x20 and not HTAB; `end` if none.
std::size_t find_control(const char* text, std::size_t at, std::size_t end) noexcept {
  while (at + kWordBytes <= end) {
    const auto marks = mark_below(load_word(text + at), 0x20);
    if (marks == 0) {
      at += kWordBytes;
      continue;
    }
    at += first_mark(marks);
    if (text[at] != '\t') return at;
    ++at;
  }
  while (at < end && (static_cast<unsigned char>(text[at]) >= 0x20 || text[at] == '\t')) ++at;
  return at;
}

/// Walks one datagram. Keeps the first fault and goes on as long as the rest can be told apart, so that an answer can
/// still be built from the rows.
class Scan {
 public:
  Scan(std::string_view text, Message& message) noexcept
      : text_(text), end_(std::min(text.size(), kMaxHeaderBytes)), message_(message) {}

  Fault run() noexcept;

 private:
  void note(Fault fault) noexcept {
    if (fault_ == Fault::kNone) fault_ = fault;
  }
  /// Where the line that starts at `at` ends: the position of its CRLF; end_ if there is none.
  std::size_t line_end(std::size_t at) noexcept;
  void start_line(std::size_t end) noexcept;
  void request_line(std::string_view line) noexcept;
  void status_line(std::string_view line) noexcept;
  void row(std::size_t begin, std::size_t first_line_end, std::size_t end) noexcept;
  void file(HeaderRow& row) noexcept;
  void run_out() noexcept { note(end_ < text_.size() ? Fault::kTooLarge : Fault::kUnterminated); }

  std::string_view text_;
  std::size_t end_;
  Message& message_;
  Fault fault_ = Fault::kNone;
  bool control_in_row_ = false;
  bool full_ = false;
  std::array<std::uint16_t, kHeaderCount> last_;
};

std::size_t Scan::line_end(std::size_t at) noexcept {
  while (true) {
    at = find_control(text_.data(), at, end_);
    if (at >= end_) return end_;
    if (text_[at] == '\r') {
      if (at + 1 >= end_) return end_;
      if (text_[at + 1] == '\n') return at;
    }
    if (text_[at] == '\r' || text_[at] == '\n') {
      note(Fault::kBareLineEnd);
    } else {
      control_in_row_ = true;
    }
    ++at;
  }
}

/// kNone for SIP/2.0, kVersion for another version, kStartLine for what is no version.
Fault judge_version(std::string_view version) noexcept {
  if (iequals(version, "SIP/2.0")) return Fault::kNone;
  if (version.size() <= kVersionPrefix || !iequals(cut(version, 0, kVersionPrefix), "SIP/")) return Fault::kStartLine;
  for (const char c : cut(version, kVersionPrefix)) {
    if (!is_digit(c) && c != '.') return Fault::kStartLine;
  }
  return Fault::kVersion;
}

void Scan::status_line(std::string_view line) noexcept {
  message_.is_request = false;
  const auto version_end = std::min(line.find(' '), line.size());
  if (const auto fault = judge_version(cut(line, 0, version_end)); fault != Fault::kNone) return note(fault);
  const auto rest = cut(line, std::min(version_end + 1, line.size()));
  const auto code = cut(rest, 0, rest.find(' '));
  if (code.empty()) return note(Fault::kStartLine);
  const auto status = code.size() == kStatusLength ? parse_decimal(code, 699).value_or(0) : 0;
  if (status < 100) return note(Fault::kStatus);
  // The blank before an empty reason phrase is not optional.
  if (rest.size() == kStatusLength) return note(Fault::kStartLine);
  message_.status = static_cast<std::uint16_t>(status);
  message_.uri_offset = static_cast<std::uint16_t>(kVersionLength + 1 + kStatusLength + 1);
  message_.uri_end = static_cast<std::uint16_t>(line.size());
}

void Scan::request_line(std::string_view line) noexcept {
  message_.is_request = true;
  const auto method_end = skip_token(line, 0);
  if (method_end >= line.size() || line[method_end] != ' ') return note(Fault::kNotSip);
  message_.method_end = static_cast<std::uint16_t>(method_end);
  message_.method = find_method(cut(line, 0, method_end));

  const auto uri = method_end + 1;
  const auto uri_end = line.find(' ', uri);
  if (uri_end == uri || uri_end == std::string_view::npos) return note(Fault::kStartLine);
  const auto version = cut(line, uri_end + 1);
  message_.uri_offset = static_cast<std::uint16_t>(uri);
  message_.uri_end = static_cast<std::uint16_t>(uri_end);
  if (const auto fault = judge_version(version); fault != Fault::kNone) note(fault);
}

void Scan::start_line(std::size_t end) noexcept {
  const auto line = cut(text_, 0, end);
  if (line.size() > kVersionPrefix && iequals(cut(line, 0, kVersionPrefix), "SIP/") && is_digit(line[kVersionPrefix])) {
    status_line(line);
  } else {
    request_line(line);
  }
}

void Scan::file(HeaderRow& row) noexcept {
  const auto id = static_cast<std::size_t>(row.id);
  const auto index = message_.row_count;
  if ((message_.present >> id & 1) == 0) {
    message_.present |= std::uint64_t{1} << id;
    message_.first[id] = static_cast<std::uint8_t>(index);
  } else if (row.id != HeaderId::kOther) {
    message_.rows[last_[id]].next_same = index;
    if (kHeaders[id].single) note(Fault::kDuplicate);
  }
  last_[id] = index;
  message_.rows[index] = row;
  ++message_.row_count;
}

void Scan::row(std::size_t begin, std::size_t first_line_end, std::size_t end) noexcept {
  const auto name_end = find_name_end(text_.data(), begin, first_line_end);
  const auto id = find_header(cut(text_, begin), name_end - begin);
  auto colon = name_end;
  while (colon < first_line_end && is_blank(text_[colon])) ++colon;
  if (name_end == begin || colon >= first_line_end || text_[colon] != ':') return note(Fault::kHeaderName);
  const bool known = id != HeaderId::kOther;
  if (!known && !is_token(cut(text_, begin, name_end - begin))) return note(Fault::kHeaderName);
  if (message_.row_count == kMaxHeaderRows) {
    full_ = true;
    return note(Fault::kTooLarge);
  }
  const auto value = std::min(skip_lws(text_, colon + 1), end);
  const auto value_end = trim_lws(text_, value, end);
  HeaderRow row;
  row.offset = static_cast<std::uint16_t>(begin);
  row.end = static_cast<std::uint16_t>(end + 2);
  row.value_offset = static_cast<std::uint16_t>(value);
  row.value_end = static_cast<std::uint16_t>(value_end);
  row.name_length = static_cast<std::uint8_t>(std::min<std::size_t>(name_end - begin, kLongName));
  row.id = id;
  if (control_in_row_) {
    const auto text = cut(text_, colon + 1, end - colon - 1);
    if (id == HeaderId::kCallId || !control_bytes_allowed(text, may_have_comments(id))) note(Fault::kControlByte);
  }
  file(row);
}

Fault Scan::run() noexcept {
  const auto start_end = line_end(0);
  start_line(start_end);
  if (fault_ == Fault::kNotSip) return fault_;
  if (control_in_row_) note(Fault::kControlByte);
  if (start_end >= end_) {
    run_out();
    return fault_;
  }
  std::size_t at = start_end + 2;
  message_.headers_offset = static_cast<std::uint16_t>(at);

  while (!full_) {
    control_in_row_ = false;
    const auto first_line_end = line_end(at);
    if (first_line_end >= end_) break;
    auto row_end = first_line_end;
    if (row_end == at) {
      message_.headers_end = static_cast<std::uint16_t>(at);
      message_.body_offset = static_cast<std::uint16_t>(at + 2);
      return fault_;
    }
    while (row_end + 2 < end_ && is_blank(text_[row_end + 2])) row_end = line_end(row_end + 2);
    // Without the byte after the CRLF nobody can tell whether the row goes on.
    if (row_end + 2 >= end_) break;
    if (at == start_end + 2 && is_blank(text_[at])) {
      note(Fault::kFoldFirst);
    } else {
      row(at, first_line_end, row_end);
    }
    at = row_end + 2;
  }
  run_out();
  return fault_;
}

}  // namespace

Fault scan_scalar(std::string_view text, Message& message) noexcept {
  message.reset(text);
  if (text.empty() || !is_token_char(text[0])) return Fault::kNotSip;
  return Scan(text, message).run();
}

}  // namespace dialplane::sip
