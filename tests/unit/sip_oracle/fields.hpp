// SPDX-License-Identifier: Apache-2.0
// What three parsers must read alike, in one spelling. Test thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dialplane::oracle {

enum class Field : std::uint8_t {
  kMethod,
  kCallId,
  kCSeqNumber,
  kCSeqMethod,
  kViaHost,  ///< IPv6 without brackets
  kViaPort,  ///< empty: absent
  kViaBranch,
  kFromTag,
  kToTag,
};
inline constexpr std::size_t kFieldCount = 9;

inline constexpr std::array<std::string_view, kFieldCount> kFieldNames{
    "method", "call_id", "cseq_number", "cseq_method", "via_host", "via_port", "via_branch", "from_tag", "to_tag"};

/// An absent tag, branch or port is empty; the method of a response is empty.
struct Fields {
  std::array<std::string, kFieldCount> text;
  [[nodiscard]] std::string& operator[](Field field) { return text[static_cast<std::size_t>(field)]; }
  [[nodiscard]] const std::string& operator[](Field field) const { return text[static_cast<std::size_t>(field)]; }
};

/// Each reads one datagram. Errors: nullopt if that parser refuses it or misses a header that every message has.
std::optional<Fields> read_with_dialplane(std::string_view datagram);
std::optional<Fields> read_with_osip(std::string_view datagram);
std::optional<Fields> read_with_sofia(std::string_view datagram);

/// A host without the brackets of an IPv6 reference.
inline std::string_view without_brackets(std::string_view host) {
  const bool has_both = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  return has_both ? host.substr(1, host.size() - 2) : host;
}

/// Digits without leading zeros, so that 007 and 7 are one number.
inline std::string_view without_zeros(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  if (digits.empty()) return digits;
  return first == std::string_view::npos ? digits.substr(digits.size() - 1) : digits.substr(first);
}

}  // namespace dialplane::oracle
