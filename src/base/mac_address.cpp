// SPDX-License-Identifier: Apache-2.0
// Text form of Ethernet addresses. Any thread; reading never allocates.
#include "dialplane/base/address.hpp"
#include "dialplane/base/text.hpp"

namespace dialplane {

std::optional<MacAddress> MacAddress::parse(std::string_view text) noexcept {
  if (text.size() != 17) return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto value = parse_hex(text.substr(3 * i, 2));
    if (!value || (i < 5 && text[3 * i + 2] != ':')) return std::nullopt;
    mac.bytes[i] = static_cast<std::uint8_t>(*value);
  }
  return mac;
}

std::string MacAddress::to_string() const {
  std::array<char, 17> text;
  text.fill(':');
  for (std::size_t i = 0; i < 6; ++i) write_hex(text.data() + 3 * i, bytes[i], 2);
  return {text.data(), text.size()};
}

}  // namespace dialplane
