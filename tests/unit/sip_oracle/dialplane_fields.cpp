// SPDX-License-Identifier: Apache-2.0
// Our own reading: scan() and validate(), as the pipeline calls them.
#include "fields.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

namespace dialplane::oracle {

std::optional<Fields> read_with_dialplane(std::string_view datagram) {
  static sip::Message message;
  sip::Facts facts;
  if (sip::scan(datagram, message) != sip::Fault::kNone) return std::nullopt;
  if (sip::validate(message, facts) != sip::Fault::kNone) return std::nullopt;
  Fields fields;
  if (message.is_request) fields[Field::kMethod] = message.method_text();
  fields[Field::kCallId] = facts.call_id;
  fields[Field::kCSeqNumber] = std::to_string(facts.cseq.number);
  fields[Field::kCSeqMethod] = facts.cseq.method;
  fields[Field::kViaHost] = without_brackets(facts.via.host);
  if (facts.via.port != 0) fields[Field::kViaPort] = std::to_string(facts.via.port);
  fields[Field::kViaBranch] = facts.via.branch;
  fields[Field::kFromTag] = facts.from_tag;
  fields[Field::kToTag] = facts.to_tag;
  return fields;
}

}  // namespace dialplane::oracle
