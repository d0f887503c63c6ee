// SPDX-License-Identifier: Apache-2.0
// Sofia-SIP on the same messages: the whole message is parsed into its own memory pool, as it always does.
#include "benches.hpp"
#include "loop.hpp"

#include "dialplane/base/siphash.hpp"

#include <sofia-sip/msg.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>

namespace dialplane::micro {
namespace {

std::uint64_t parse(std::string_view text) {
  auto* const message = msg_make(sip_default_mclass(), 0, text.data(), static_cast<ssize_t>(text.size()));
  if (message == nullptr) return 0;
  const auto* const sip = sip_object(message);
  std::uint64_t hash = 0;
  if (sip != nullptr && sip->sip_error == nullptr && sip->sip_call_id != nullptr) {
    hash = SipHash13({1, 2}).text(sip->sip_call_id->i_id).digest();
  }
  msg_destroy(message);
  return hash;
}

}  // namespace

void register_sofia() { register_bench("sofia", kWarmCorpora, parse); }

}  // namespace dialplane::micro
