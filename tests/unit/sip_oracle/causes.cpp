// SPDX-License-Identifier: Apache-2.0
// The bytes behind each known disagreement.
#include "causes.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/scanner.hpp"

namespace dialplane::oracle {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_via(Field field) noexcept {
  return field == Field::kViaHost || field == Field::kViaPort || field == Field::kViaBranch;
}

/// The white space that ends before `end`.
std::string_view blanks_before(std::string_view text, std::size_t end) noexcept {
  const auto last = text.substr(0, end).find_last_not_of(kBlanks);
  const auto begin = last == std::string_view::npos ? 0 : last + 1;
  return text.substr(begin, end - begin);
}

bool has_tab_before_sent_by(const sip::Message& message, const sip::ViaView& via) noexcept {
  const auto host = static_cast<std::size_t>(via.host.data() - message.text.data());
  return blanks_before(message.text, host).find('\t') != std::string_view::npos;
}

/// `= "…"`: white space between the equals sign and a quoted value.
bool has_blank_before_quotes(std::string_view value) noexcept {
  for (auto at = value.find('='); at != std::string_view::npos; at = value.find('=', at + 1)) {
    const auto next = value.find_first_not_of(kBlanks, at + 1);
    if (next != std::string_view::npos && next != at + 1 && value[next] == '"') return true;
  }
  return false;
}

/// A continuation line of white space alone.
bool has_empty_fold(std::string_view value) noexcept {
  for (auto at = value.find("\r\n"); at != std::string_view::npos; at = value.find("\r\n", at + 2)) {
    const auto next = value.find_first_not_of(" \t", at + 2);
    if (next != std::string_view::npos && value[next] == '\r') return true;
  }
  return false;
}

std::string_view find_osip_cause(const sip::Message& message, const sip::Facts& facts, Field field) {
  if (is_via(field) && has_tab_before_sent_by(message, facts.via)) return "tab before sent-by";
  if (field == Field::kFromTag || field == Field::kToTag) {
    const auto id = field == Field::kFromTag ? sip::HeaderId::kFrom : sip::HeaderId::kTo;
    if (has_blank_before_quotes(message.value(*message.find(id)))) return "blank before a quoted value";
  }
  return {};
}

std::string_view find_sofia_cause(const sip::Message& message, Field field) {
  if (field == Field::kCSeqMethod && has_empty_fold(message.value(*message.find(sip::HeaderId::kCSeq))))
    return "empty continuation line";
  return {};
}

}  // namespace

std::string_view find_cause(std::string_view datagram, Oracle oracle, Field field) {
  static sip::Message message;
  sip::Facts facts;
  if (sip::scan(datagram, message) != sip::Fault::kNone) return {};
  if (sip::validate(message, facts) != sip::Fault::kNone) return {};
  return oracle == Oracle::kOsip ? find_osip_cause(message, facts, field) : find_sofia_cause(message, field);
}

}  // namespace dialplane::oracle
