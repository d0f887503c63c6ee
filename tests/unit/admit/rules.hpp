// SPDX-License-Identifier: Apache-2.0
// Short ways to compile rules and to scan literal messages. Test thread.
#pragma once

#include "dialplane/admit/rule_set.hpp"
#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dialplane::admit {

/// A rule that drops; its name is its field.
inline Rule rule(std::string field, std::string regex) { return {field, field, std::move(regex), Action::kDrop, 0}; }

/// Compiles what must compile.
inline std::shared_ptr<const RuleSet> compiled(std::vector<Rule> rules, std::size_t workers = 1) {
  auto set = RuleSet::compile(std::move(rules), workers);
  if (set) return *set;
  for (const RuleFault& fault : set.error()) ADD_FAILURE() << fault.rule << ": " << fault.text;
  return nullptr;
}

/// An OPTIONS with further rows and a body, scanned and validated.
struct Request {
  explicit Request(std::string_view rows = "", std::string_view body = "", std::string_view surplus = "")
      : bytes(
            "OPTIONS sip:100@203.0.113.10 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bKabc;rport\r\n"
            "Max-Forwards: 70\r\n"
            "From: \"sipvicious\" <sip:100@1.1.1.1>;tag=a1\r\n"
            "To: <sip:100@1.1.1.1>\r\n"
            "Call-ID: 7f3@192.0.2.77\r\n"
            "CSeq: 1 OPTIONS\r\n" +
            std::string(rows) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body) +
            std::string(surplus)) {
    EXPECT_EQ(sip::scan(bytes, message), sip::Fault::kNone);
    EXPECT_EQ(sip::validate(message, facts), sip::Fault::kNone);
  }
  std::string bytes;
  sip::Message message;
  sip::Facts facts;
};

/// What one rule on `field` says of a request: 0 if it matches, else kNoIndex.
inline std::uint16_t verdict(const std::string& field, const std::string& regex, const Request& request) {
  const auto set = compiled({rule(field, regex)});
  return set == nullptr ? kNoIndex - 1 : set->first_match(request.message, WorkerIndex(0));
}

}  // namespace dialplane::admit
