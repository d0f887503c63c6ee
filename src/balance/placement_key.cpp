// SPDX-License-Identifier: Apache-2.0
// Takes the placing bytes out of a request. Runs on workers; no allocation.
#include "dialplane/balance/placement_key.hpp"

#include "dialplane/base/text.hpp"

#include <cstring>
#include <optional>

namespace dialplane::balance {
namespace {

/// Appends to the room; what does not fit is left out, the same on every node.
class Writer {
 public:
  explicit Writer(KeyRoom& room) noexcept : room_(room) {}
  void put(char c) noexcept {
    if (size_ < room_.size()) room_[size_++] = c;
  }
  [[nodiscard]] std::string_view text() const noexcept { return {room_.data(), size_}; }

 private:
  KeyRoom& room_;
  std::size_t size_ = 0;
};

constexpr bool is_visual_separator(char c) noexcept { return c == '-' || c == '.' || c == '(' || c == ')'; }

/// The character at `at`, an escape undone; `at` moves past it. Source: RFC 3261 §19.1.2.
char take_character(std::string_view text, std::size_t& at) noexcept {
  const char c = text[at++];
  const auto digits = cut(text, at, 2);
  if (c != '%' || digits.size() != 2) return c;
  const auto value = parse_hex(digits);
  if (!value) return c;
  at += 2;
  return static_cast<char>(*value);
}

void put_user(Writer& writer, std::string_view user) noexcept {
  user = cut(user, 0, user.find(';'));
  for (std::size_t at = 0; at < user.size();) {
    const char c = take_character(user, at);
    if (!is_visual_separator(c)) writer.put(c);
  }
}

std::string_view user_of(const sip::UriView& uri, KeyRoom& room) noexcept {
  Writer writer(room);
  if (uri.has_user) put_user(writer, uri.user);
  return writer.text();
}

std::string_view user_of(const sip::Message& message, sip::HeaderId id, KeyRoom& room) noexcept {
  const auto* row = message.find(id);
  if (row == nullptr) return {};
  const auto address = sip::parse_name_addr(message.value(*row));
  const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
  return uri ? user_of(*uri, room) : std::string_view();
}

std::string_view uri_of(const sip::Message& message, const sip::UriView& uri, KeyRoom& room) noexcept {
  if (uri.scheme == sip::Scheme::kUrn || uri.scheme == sip::Scheme::kOther) return message.request_uri();
  Writer writer(room);
  if (uri.has_user) put_user(writer, uri.user);
  if (uri.scheme == sip::Scheme::kTel) return writer.text();
  writer.put('@');
  for (const char c : uri.host) writer.put(ascii_lower(c));
  if (uri.port != 0) {
    std::array<char, 20> digits{};
    const std::size_t length = write_decimal(digits.data(), uri.port);
    writer.put(':');
    for (std::size_t i = 0; i < length; ++i) writer.put(digits[i]);
  }
  return writer.text();
}

std::string_view bytes_of(const IpAddress& address, KeyRoom& room) noexcept {
  const auto& bytes = address.bytes();
  std::memcpy(room.data(), bytes.data(), bytes.size());
  return {room.data(), bytes.size()};
}

/// The value of the first row of that name.
std::string_view header_of(const sip::Message& message, const KeyRule& rule) noexcept {
  if (rule.header != sip::HeaderId::kOther) {
    const auto* row = message.find(rule.header);
    return row == nullptr ? std::string_view() : message.value(*row);
  }
  for (std::size_t i = 0; i < message.row_count; ++i) {
    const auto& row = message.rows[i];
    if (iequals(cut(message.text, row.offset, row.name_length), rule.header_name)) return message.value(row);
  }
  return {};
}

}  // namespace

std::string_view key_of(const KeyRule& rule, const sip::Message& message, const sip::Facts& facts,
                        const IpAddress& source, KeyRoom& room) noexcept {
  std::string_view key;
  switch (rule.field) {
    case KeyField::kCallId:
      break;
    case KeyField::kFromUser:
      key = user_of(message, sip::HeaderId::kFrom, room);
      break;
    case KeyField::kToUser:
      key = user_of(message, sip::HeaderId::kTo, room);
      break;
    case KeyField::kRequestUser:
      key = user_of(facts.request_uri, room);
      break;
    case KeyField::kRequestUri:
      key = uri_of(message, facts.request_uri, room);
      break;
    case KeyField::kSource:
      key = bytes_of(source, room);
      break;
    case KeyField::kHeader:
      key = header_of(message, rule);
      break;
  }
  return key.empty() ? facts.call_id : key;
}

}  // namespace dialplane::balance
