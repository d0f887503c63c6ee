// SPDX-License-Identifier: Apache-2.0
// Builds the fields of a message, fits them to the wanted size, and joins them in the sender's order.
#include "message.hpp"

#include "body.hpp"

#include "dialplane/sip/status.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace dialplane::gen {
namespace {

using sip::Method;

struct Field {
  FieldKind kind;
  std::string text;  ///< the whole row, CRLF included
  std::vector<Slot> slots;
};

/// Collects the fields of one message.
class Composer {
 public:
  Composer(const MessageSpec& spec, const Dialect& dialect, Prng& random)
      : spec_(spec), dialect_(dialect), random_(random) {}

  Rendered compose();

 private:
  void add(FieldKind kind, std::string_view name, std::string value) {
    fields_.push_back({kind, fmt::format("{}: {}\r\n", spell(dialect_, name), value), {}});
  }
  /// Marks the slot digits that start at `marker` in the newest field and fills them at random.
  void mark(SlotKind kind, std::string_view marker);
  std::string make_user();
  std::string start_line() const;
  void add_vias();
  void add_dialog_fields();
  void add_routes();
  void add_body();
  [[nodiscard]] std::size_t total() const;
  void fit();

  const MessageSpec& spec_;
  const Dialect& dialect_;
  Prng& random_;
  std::vector<Field> fields_;
  Body body_;
  std::string caller_;
  std::string callee_;
  std::uint32_t cseq_ = 1;
};

void Composer::mark(SlotKind kind, std::string_view marker) {
  auto& field = fields_.back();
  const auto at = field.text.find(marker) + marker.size();
  field.slots.push_back({kind, static_cast<std::uint16_t>(at)});
  for (std::size_t i = 0; i < slot_digits(kind); i += 2) {
    write_digits(field.text.data() + at + i, random_.next(), 2);
  }
}

std::string Composer::make_user() {
  static constexpr std::array<std::string_view, 8> kNames{"alice", "bob",   "carol", "dave",
                                                          "erika", "frank", "grace", "heinz"};
  if (dialect_.numbers) return fmt::format("+4930{:07}", random_.below(10000000));
  return fmt::format("{}.{}", kNames[random_.below(kNames.size())], random_.below(10000));
}

std::string Composer::start_line() const {
  if (spec_.status != 0) return fmt::format("SIP/2.0 {} {}\r\n", spec_.status, sip::status_reason(spec_.status));
  const auto service = spec_.service.to_string();
  const auto method = sip::method_name(spec_.method);
  if (spec_.to_service || spec_.method == Method::kRegister)
    return fmt::format("{} sip:{} SIP/2.0\r\n", method, service);
  return fmt::format("{} sip:{}@{} SIP/2.0\r\n", method, callee_, service);
}

void Composer::add_vias() {
  const std::string digits(kStampDigits, '0');
  if (spec_.status != 0) {
    // What a proxy put on top; only the proxy itself can make one that it accepts.
    add(FieldKind::kVia, "Via",
        fmt::format("SIP/2.0/UDP {};branch=z9hG4bK{:016x}", spec_.service.to_string(), random_.next()));
  }
  const auto sent_by = spec_.client.to_string();
  add(FieldKind::kVia, "Via",
      dialect_.rport_last ? fmt::format("SIP/2.0/UDP {};branch={}{};rport", sent_by, kStampMarker, digits)
                          : fmt::format("SIP/2.0/UDP {};rport;branch={}{}", sent_by, kStampMarker, digits));
  mark(SlotKind::kStamp, kStampMarker);
  for (int i = 1; i < dialect_.vias; ++i) {
    add(FieldKind::kVia, "Via",
        fmt::format("SIP/2.0/UDP 10.{}.{}.{}:5060;received=10.64.{}.{};branch=z9hG4bK{:016x}", random_.below(256),
                    random_.below(256), random_.between(1, 254), random_.below(256), random_.between(1, 254),
                    random_.next()));
  }
}

void Composer::add_dialog_fields() {
  const auto host = spec_.service.ip.to_string();
  const std::string tag(kTagDigits, '0');
  add(FieldKind::kFrom, "From", fmt::format("<sip:{}@{}>;tag=dg{}", caller_, host, tag));
  mark(SlotKind::kTag, ";tag=dg");
  const auto has_to_tag = spec_.in_dialog || spec_.status > 100;
  const auto to = fmt::format("<sip:{}@{}>", spec_.method == Method::kRegister ? caller_ : callee_, host);
  add(FieldKind::kTo, "To", has_to_tag ? fmt::format("{};tag={:08x}", to, random_.below(0xffffffffU)) : to);

  const std::string call(kCallDigits, '0');
  switch (dialect_.call_id) {
    case CallIdForm::kAtHost:
      add(FieldKind::kCallId, "Call-ID", fmt::format("dg{}@{}", call, spec_.client.ip.to_string()));
      break;
    case CallIdForm::kBare:
      add(FieldKind::kCallId, "Call-ID", fmt::format("dg{}", call));
      break;
    case CallIdForm::kDotted:
      add(FieldKind::kCallId, "Call-ID", fmt::format("dg{}.{}-{}", call, random_.below(100000), random_.below(1000)));
      break;
  }
  mark(SlotKind::kCall, ": dg");
  cseq_ = random_.between(1, 70000);
  add(FieldKind::kCSeq, "CSeq", fmt::format("{} {}", cseq_, sip::method_name(spec_.method)));
}

void Composer::add_routes() {
  const auto service = spec_.service.to_string();
  if (spec_.status == 0) {
    add(FieldKind::kMaxForwards, "Max-Forwards", std::to_string(70 - random_.below(4)));
    if (spec_.in_dialog) add(FieldKind::kRoute, "Route", fmt::format("<sip:{};lr>", service));
  } else if (spec_.status >= 180 && spec_.status < 300 && sip::is_record_routed(spec_.method)) {
    add(FieldKind::kRecordRoute, "Record-Route", fmt::format("<sip:{};lr>", service));
  }
  const auto needs_contact = spec_.method == Method::kInvite || spec_.method == Method::kRegister ||
                             spec_.method == Method::kSubscribe || spec_.method == Method::kNotify ||
                             spec_.method == Method::kRefer || spec_.method == Method::kUpdate;
  if (needs_contact && (spec_.status == 0 || spec_.status < 300)) {
    add(FieldKind::kContact, "Contact", fmt::format("<sip:{}@{}>", caller_, spec_.client.to_string()));
  }
}

void Composer::add_body() {
  const auto is_success = spec_.status >= 180 && spec_.status < 300;
  if (spec_.status == 0 || is_success) body_ = make_body(spec_.method, is_success, spec_.client.ip, random_);
  if (!body_.type.empty()) add(FieldKind::kContentType, "Content-Type", body_.type);
  add(FieldKind::kContentLength, "Content-Length", std::to_string(body_.text.size()));
}

std::size_t Composer::total() const {
  auto sum = start_line().size() + 2 + body_.text.size();
  for (const auto& field : fields_) sum += field.text.size();
  return sum;
}

void Composer::fit() {
  const auto is_bare = spec_.method == Method::kCancel || spec_.method == Method::kAck;
  if (!is_bare) {
    for (auto& [name, value] : optional_headers(caller_, spec_.service.ip.to_string(), random_)) {
      const auto row = spell(dialect_, name).size() + value.size() + 4;
      if (total() + row <= spec_.bytes) add(FieldKind::kExtra, name, std::move(value));
    }
  }
  const auto now = total();
  if (now >= spec_.bytes) return;
  constexpr std::string_view kPadRow = "X-Trace: \r\n";
  const auto missing = spec_.bytes - now;
  if (missing > kPadRow.size()) {
    add(FieldKind::kPad, "X-Trace", std::string(missing - kPadRow.size(), 't'));
    return;
  }
  for (auto& field : fields_) {
    if (field.kind == FieldKind::kAgent) field.text.insert(field.text.size() - 2, missing, 'x');
  }
}

Rendered Composer::compose() {
  caller_ = make_user();
  callee_ = make_user();
  add_vias();
  add_dialog_fields();
  add_routes();
  if (spec_.status == 0) {
    for (auto& [name, value] : method_headers(spec_.method, cseq_, spec_.service.ip.to_string(), random_)) {
      add(FieldKind::kMethodSpecific, name, std::move(value));
    }
  }
  add(FieldKind::kAgent, spec_.status == 0 ? "User-Agent" : "Server", std::string(dialect_.agent));
  add_body();
  fit();

  Rendered result;
  result.text = start_line();
  for (const char letter : dialect_.order) {
    for (const auto& field : fields_) {
      if (static_cast<char>(field.kind) != letter) continue;
      for (auto slot : field.slots) {
        slot.offset = static_cast<std::uint16_t>(slot.offset + result.text.size());
        result.slots.push_back(slot);
      }
      result.text += field.text;
    }
  }
  result.text += "\r\n";
  result.text += body_.text;
  return result;
}

}  // namespace

Rendered render_message(const MessageSpec& spec, const Dialect& dialect, Prng& random) {
  return Composer(spec, dialect, random).compose();
}

}  // namespace dialplane::gen
