// SPDX-License-Identifier: Apache-2.0
// The steps of validate(), in the order of RFC 3261 §16.3. Each judges one field and files what it read. Any thread.
#pragma once

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/message.hpp"

#include <string_view>

namespace dialplane::sip {

Fault check_via(const Message& message, Facts& facts) noexcept;
/// kNone: To, From, CSeq and Call-ID are there and not empty; the steps below that read them rely on it.
Fault check_presence(const Message& message) noexcept;
Fault check_call_id(const Message& message, Facts& facts) noexcept;
/// Sets the method of a response.
Fault check_cseq(Message& message, Facts& facts) noexcept;
Fault check_tag(const Message& message, HeaderId id, std::string_view& tag) noexcept;
Fault check_request_uri(const Message& message, Facts& facts) noexcept;
Fault check_max_forwards(const Message& message, Facts& facts) noexcept;
/// Sets the end of the body.
Fault check_content_length(Message& message) noexcept;
/// kNone at Max-Forwards 0, too: nobody forwards that request, and the caller says so first.
Fault check_proxy_require(const Message& message, const Facts& facts) noexcept;
Fault check_routes(const Message& message, Facts& facts) noexcept;

}  // namespace dialplane::sip
