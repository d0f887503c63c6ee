// SPDX-License-Identifier: Apache-2.0
// The parameters of a Via value, on demand. Any thread; no allocation; zero copy.
#include "dialplane/sip/via_parameter.hpp"

#include "chars.hpp"

#include "dialplane/base/text.hpp"

namespace dialplane::sip {

namespace {

constexpr std::uint64_t kMaxTtl = 255;

}  // namespace

ViaParameterCursor::ViaParameterCursor(const Message& message, const ViaView& via) noexcept
    : text_(cut(message.text, via.sent_by_end, std::size_t{via.end} - via.sent_by_end)) {}

bool ViaParameterCursor::next(ViaParameterView& parameter) noexcept {
  ParameterCursor cursor(text_, at_);
  Parameter read;
  if (cursor.next(read) != ParameterCursor::Step::kParameter) return false;
  at_ = cursor.at();
  parameter = {.name = read.name, .value = read.value, .has_value = read.has_value};
  return true;
}

std::optional<std::string_view> find_via_parameter(const Message& message, const ViaView& via,
                                                   std::string_view name) noexcept {
  ViaParameterCursor cursor(message, via);
  ViaParameterView parameter;
  while (cursor.next(parameter)) {
    if (iequals(parameter.name, name)) return parameter.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> via_maddr(const Message& message, const ViaView& via) noexcept {
  const auto maddr = find_via_parameter(message, via, "maddr");
  if (!maddr || skip_host(*maddr, 0) != maddr->size()) return std::nullopt;
  return maddr;
}

std::optional<std::uint8_t> via_ttl(const Message& message, const ViaView& via) noexcept {
  const auto text = find_via_parameter(message, via, "ttl");
  const auto ttl = text ? parse_decimal(*text, kMaxTtl) : std::nullopt;
  if (!ttl) return std::nullopt;
  return static_cast<std::uint8_t>(*ttl);
}

}  // namespace dialplane::sip
