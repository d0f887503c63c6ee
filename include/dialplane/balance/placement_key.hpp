// SPDX-License-Identifier: Apache-2.0
// Which bytes of a request are hashed to place it. The rules are part of the snapshot; key_of() runs on workers.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/message.hpp"
#include "dialplane/sip/method.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dialplane::balance {

enum class KeyField : std::uint8_t { kCallId, kFromUser, kToUser, kRequestUser, kRequestUri, kSource, kHeader };

/// What is hashed for one method.
struct KeyRule {
  KeyField field = KeyField::kCallId;
  sip::HeaderId header = sip::HeaderId::kOther;  ///< of kHeader; kOther: a name without an id
  std::string header_name;                       ///< of kHeader
};

/// By method. ACK and CANCEL have the rule of INVITE: they must meet its backend.
using KeyRules = std::array<KeyRule, sip::kMethodCount>;

/// Where a composed key lies; longer ones are cut.
using KeyRoom = std::array<char, 512>;

/// The bytes of `message` that place it: a view of the message or of `room`, the Call-ID where the field is missing.
/// A user is without escapes, parameters and visual separators, so that `sip:` and `tel:` forms of a number are one;
/// a Request-URI is its user so written, its host in lower case and its port. Cost: nothing for the Call-ID and
/// headers, else the parsing of one value.
std::string_view key_of(const KeyRule& rule, const sip::Message& message, const sip::Facts& facts,
                        const IpAddress& source, KeyRoom& room) noexcept;

}  // namespace dialplane::balance
