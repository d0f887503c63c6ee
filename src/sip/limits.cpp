// SPDX-License-Identifier: Apache-2.0
// Judging an indexed message by the configured limits. Any thread.
#include "dialplane/sip/limits.hpp"

#include <cstddef>
#include <string_view>

namespace dialplane::sip {
namespace {

/// "a/b/c d," is the shortest Via value with the comma that follows it (RFC 3261 §20.42).
constexpr std::size_t kShortestViaBytes = 8;

/// Commas outside quoted strings. A quoted string may stand in a parameter and hide a comma.
std::size_t count_commas(std::string_view value) noexcept {
  std::size_t commas = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '"') is_quoted = !is_quoted;
    if (value[i] == '\\' && is_quoted) ++i;
    if (i < value.size() && value[i] == ',' && !is_quoted) ++commas;
  }
  return commas;
}

bool has_too_many_vias(const Message& message, std::size_t limit) noexcept {
  const std::size_t rows = message.count(HeaderId::kVia);
  if (rows > limit) return true;
  std::size_t bytes = 0;
  for (const auto* row = message.find(HeaderId::kVia); row != nullptr; row = message.next(*row)) {
    bytes += static_cast<std::size_t>(row->value_end - row->value_offset);
  }
  if (rows + bytes / kShortestViaBytes <= limit) return false;
  std::size_t values = rows;
  for (const auto* row = message.find(HeaderId::kVia); row != nullptr; row = message.next(*row)) {
    values += count_commas(message.value(*row));
  }
  return values > limit;
}

bool has_long_call_id(const Message& message, std::size_t limit) noexcept {
  const auto* row = message.find(HeaderId::kCallId);
  return row != nullptr && static_cast<std::size_t>(row->value_end - row->value_offset) > limit;
}

}  // namespace

Fault check_limits(const Message& message, const Limits& limits) noexcept {
  const bool is_over = message.headers_end > limits.header_bytes || message.row_count > limits.header_rows ||
                       has_long_call_id(message, limits.call_id_bytes) || has_too_many_vias(message, limits.vias);
  return is_over ? Fault::kTooLarge : Fault::kNone;
}

}  // namespace dialplane::sip
