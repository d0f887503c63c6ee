// SPDX-License-Identifier: Apache-2.0
// Bytes as text that JSON can carry. Any thread; cold code. Source: RFC 4648 §4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dialplane {

std::string encode_base64(std::string_view bytes);
/// Errors: nullopt for any other character, wrong padding or a length that is no multiple of 4.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace dialplane
