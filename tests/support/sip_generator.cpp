// SPDX-License-Identifier: Apache-2.0
// Writes messages front to back into one buffer; every choice is one draw.
#include "sip_generator.hpp"

#include <charconv>
#include <utility>

namespace dialplane::test {
namespace {

using Name = std::pair<std::string_view, std::string_view>;  ///< long, compact

constexpr std::array<std::string_view, 14> kMethods{"INVITE",   "ACK",   "BYE",       "CANCEL", "OPTIONS",
                                                    "REGISTER", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH",
                                                    "INFO",     "REFER", "MESSAGE",   "UPDATE"};
constexpr std::array<std::string_view, 8> kReasons{"OK", "Ringing",   "Trying",   "Not Found",
                                                   "",   "Busy Here", "Nicht da", "G\xc3\xbcltig: \"ja\", <gut>"};
constexpr std::array<std::uint16_t, 14> kCodes{100, 180, 183, 200, 202, 301, 401, 404, 407, 481, 486, 503, 603, 699};
constexpr std::array<std::string_view, 6> kTransports{"UDP", "udp", "TCP", "TLS", "SCTP", "WSS"};
constexpr std::array<std::string_view, 12> kHosts{
    "192.0.2.4",       "198.51.100.77",          "pbx.example.com", "a.example",
    "[2001:db8::9:1]", "[::ffff:192.0.2.1]",     "x-1.test",        "sip_gw.local",
    "10.0.0.1",        "[2001:DB8:0:0:0:0:0:1]", "EXAMPLE.ORG",     "3.example.net"};
constexpr std::array<std::string_view, 8> kUsers{"alice",  "+4930123456", "bob%40home", "user;par=u%40example.net",
                                                 "c&=+$,", "1000",        "%00null",    "j.doe"};
constexpr std::array<std::string_view, 6> kUriParameters{
    ";transport=udp", ";lr", ";user=phone", ";ttl=15", ";x-unknown=a%20b", ";maddr=224.0.1.75"};
constexpr std::array<std::string_view, 6> kAddressParameters{
    ";x", ";expires=60", ";q=0.7", ";note=\"a;tag=no, \\\"b\\\"\"", ";unknown=value", ";n-1=[::1]"};
constexpr std::array<std::string_view, 5> kDisplayWords{"Bob", "Anna Bell", "x.y-z!", "Jo", "Operator 7"};
constexpr std::array<std::pair<Name, std::string_view>, 28> kExtras{{
    {{"User-Agent", ""}, "Phone/1.2 (x; y)"},
    {{"Server", ""}, "Gate 9"},
    {{"Allow", ""}, "INVITE, ACK, BYE"},
    {{"Supported", "k"}, "100rel, replaces"},
    {{"Require", ""}, "100rel"},
    {{"Subject", "s"}, "about: <lunch>, \"now\"; tag=1"},
    {{"Event", "o"}, "presence;id=7"},
    {{"Allow-Events", "u"}, "dialog,message-summary"},
    {{"Refer-To", "r"}, "<sip:x@example.com?Replaces=a%40b>"},
    {{"Referred-By", "b"}, "<sip:y@example.com>"},
    {{"Session-Expires", "x"}, "1800;refresher=uac"},
    {{"Accept-Contact", "a"}, "*;audio"},
    {{"Reject-Contact", "j"}, "*;video"},
    {{"Request-Disposition", "d"}, "proxy"},
    {{"Content-Encoding", "e"}, "identity"},
    {{"Identity", "y"}, "eyJhbGciOiJFUzI1NiJ9.e30.x;info=<https://cert.example.org/c>;alg=ES256"},
    {{"Expires", ""}, "3600"},
    {{"Date", ""}, "Sat, 13 Nov 2010 23:29:00 GMT"},
    {{"Accept", ""}, "application/sdp"},
    {{"Accept-Language", ""}, "de;q=0.5, en"},
    {{"P-Asserted-Identity", ""}, "\"A, B\" <sip:a@example.com>, <tel:+4930>"},
    {{"Replaces", ""}, "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff"},
    {{"Authorization", ""}, "Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"sip:d\", response=\"e\""},
    {{"Min-SE", ""}, "90"},
    {{"X-Empty", ""}, ""},
    {{"NewFangledHeader", ""}, "newfangled value\r\n continued newfangled value"},
    {{"Viaduct", ""}, "SIP/2.0/UDP not.a.via;branch=z9hG4bKno"},
    {{"To-Do", ""}, "<sip:not.a.to>;tag=no"},
}};
constexpr std::string_view kTokenChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~";
constexpr std::string_view kWordExtra = "()<>:\\/\"[]?{}";
constexpr std::string_view kHexDigits = "0123456789abcdef";

char flip_case(char c) noexcept {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter ? static_cast<char>(c ^ 0x20) : c;
}

}  // namespace

void SipGenerator::put_number(std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text_.append(digits.data(), end);
}

void SipGenerator::put_hex(std::size_t digits) {
  auto bits = random_.next();
  for (std::size_t i = 0; i < digits; ++i, bits = i % 16 == 0 ? random_.next() : bits >> 4) put(kHexDigits[bits & 15]);
}

void SipGenerator::put_token(std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) put(kTokenChars[random_.below(kTokenChars.size())]);
}

void SipGenerator::put_word(std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    const auto at = random_.below(kTokenChars.size() + kWordExtra.size());
    put(at < kTokenChars.size() ? kTokenChars[at] : kWordExtra[at - kTokenChars.size()]);
  }
}

void SipGenerator::put_blank() {
  static constexpr std::array<std::string_view, 7> kBlanks{" ", " ", " ", "  ", "\t", "\r\n ", " \r\n\t "};
  put(is_plain_ ? " " : random_.pick(kBlanks));
}

void SipGenerator::put_optional_blank() {
  if (!is_plain_ && random_.chance(12)) put_blank();
}

void SipGenerator::put_name(std::string_view long_name, std::string_view compact) {
  const auto name = !compact.empty() && random_.chance(25) ? compact : long_name;
  const auto style = is_plain_ ? 0 : random_.below(8);
  if (style < 5) {
    put(name);
  } else {
    auto coins = random_.next();
    for (const char c : name) {
      const bool flips = style == 5 ? c >= 'A' && c <= 'Z' : style == 6 ? c >= 'a' && c <= 'z' : (coins & 1) != 0;
      put(flips ? flip_case(c) : c);
      coins = (coins >> 1) | (coins << 63);
    }
  }
  if (!is_plain_ && random_.chance(6)) put(random_.chance(50) ? " " : " \t ");
  put(':');
  if (is_plain_ || random_.chance(85)) {
    put(' ');
  } else if (random_.chance(60)) {
    put_blank();
  }
}

void SipGenerator::put_host() { put(random_.pick(kHosts)); }

void SipGenerator::put_uri_parameters() {
  if (is_plain_ || random_.chance(60)) return;
  for (auto count = random_.between(1, 3); count > 0; --count) put(random_.pick(kUriParameters));
}

void SipGenerator::put_sip_uri(bool may_have_headers) {
  put(is_plain_ || random_.chance(90) ? "sip:" : "SiP:");
  if (random_.chance(80)) {
    put(random_.pick(kUsers));
    if (random_.chance(5)) put(":secret");
    put('@');
  }
  put_host();
  if (random_.chance(30)) {
    put(':');
    put_number(random_.between(1, 65535));
  }
  put_uri_parameters();
  if (may_have_headers && random_.chance(4)) put("?Subject=a&x=y%3Bz");
}

void SipGenerator::put_quoted_string() {
  put('"');
  for (auto count = random_.between(0, 4); count > 0; --count) {
    static constexpr std::array<std::string_view, 10> kPieces{
        "Anna", ", ", "\\\"", "\\\\", "<sip:no@where>", ";tag=no", "\xc3\xa9\xe2\x82\xac", " ", "Via: x", "\t"};
    put(random_.pick(kPieces));
  }
  if (random_.chance(1)) put(std::string_view("\\\0", 2));
  put('"');
}

void SipGenerator::put_header_parameters() {
  if (is_plain_ || random_.chance(70)) return;
  for (auto count = random_.between(1, 2); count > 0; --count) {
    put_optional_blank();
    put(random_.pick(kAddressParameters));
  }
}

void SipGenerator::put_address(bool needs_brackets) {
  const auto form = is_plain_ || needs_brackets ? 0 : random_.below(10);
  if (form >= 8) {
    // An addr-spec's parameters would be the header's, so it has none of its own here.
    put("sip:");
    put(kUsers[random_.below(3)]);
    put('@');
    put_host();
    return;
  }
  if (random_.chance(30)) {
    if (random_.chance(50)) {
      put(random_.pick(kDisplayWords));
      put_blank();
    } else {
      put_quoted_string();
      put_optional_blank();
    }
  }
  put('<');
  if (form == 7) {
    put(random_.chance(50) ? "tel:+4930-123;phone-context=example.com" : "urn:service:sos");
  } else {
    put_sip_uri(true);
  }
  put('>');
}

void SipGenerator::put_start_line() {
  if (!is_request_) {
    put("SIP/2.0 ");
    put_number(random_.pick(kCodes));
    put(' ');
    put(random_.pick(kReasons));
    return end_row();
  }
  put(method_);
  put(' ');
  const auto form = is_plain_ ? 0 : random_.below(20);
  if (form == 19) {
    put("tel:+49-30-123;isub=1");
  } else if (form == 18) {
    put("urn:service:sos.fire");
  } else {
    put_sip_uri(false);
  }
  put(" SIP/2.0");
  end_row();
}

void SipGenerator::put_via_parameter(std::size_t kind) {
  put_optional_blank();
  put(';');
  put_optional_blank();
  switch (kind) {
    case 0:
      put("branch");
      put_optional_blank();
      put('=');
      put_optional_blank();
      if (random_.chance(90)) put("z9hG4bK");
      return random_.chance(80) ? put_hex(random_.between(8, 32)) : put_token(random_.between(1, 40));
    case 1:
      put("rport");
      if (random_.chance(20)) {
        put('=');
        put_number(random_.between(1024, 65535));
      }
      return;
    case 2:
      return put(random_.chance(50) ? "received=192.0.2.9" : "received=2001:db8::5");
    case 3:
      return put("maddr=224.0.1.75");
    case 4:
      return put("ttl=16");
    default:
      return put(random_.chance(50) ? "x-flag" : "x-note=\"a, b;c\"");
  }
}

void SipGenerator::put_via() {
  static constexpr std::array<std::string_view, 3> kOddProtocols{"SIP / 2.0 / ", "SIP/ 2.0 /", "sip/2.0/"};
  put(is_plain_ || random_.chance(85) ? std::string_view("SIP/2.0/") : random_.pick(kOddProtocols));
  put(is_plain_ ? std::string_view("UDP") : random_.pick(kTransports));
  put_blank();
  put_host();
  if (random_.chance(60)) {
    put_optional_blank();
    put(':');
    put_optional_blank();
    put_number(random_.between(1, 65535));
  }
  std::array<std::size_t, 6> order{0, 1, 2, 3, 4, 5};
  for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random_.below(left)]);
  for (const auto kind : order) {
    const std::size_t percent = kind == 0 ? 97 : kind == 1 ? 50 : is_plain_ ? 0 : 12;
    if (random_.chance(percent)) put_via_parameter(kind);
  }
}

void SipGenerator::put_via_rows() {
  put_name("Via", "v");
  put_via();
  for (auto more = random_.chance(50) ? random_.between(0, 3) : 0; more > 0; --more) {
    if (!is_plain_ && random_.chance(40)) {
      put_optional_blank();
      put(',');
      put_optional_blank();
    } else {
      end_row();
      // Rows of other headers may stand between Vias (RFC 3261 §7.3.1).
      if (!is_plain_ && random_.chance(15)) put("X-Between: 1\r\n");
      put_name("Via", "v");
    }
    put_via();
  }
  end_row();
}

void SipGenerator::put_route_rows(std::string_view name) {
  if (random_.chance(60)) return;
  put_name(name, "");
  for (auto left = random_.between(1, 3); left > 0; --left) {
    put_address(true);
    put_header_parameters();
    if (left == 1) break;
    if (random_.chance(50)) {
      put_optional_blank();
      put(',');
      put_optional_blank();
    } else {
      end_row();
      put_name(name, "");
    }
  }
  end_row();
}

void SipGenerator::put_tagged_address(std::string_view name, std::string_view compact, bool has_tag) {
  put_name(name, compact);
  put_address(false);
  put_header_parameters();
  if (has_tag) {
    put_optional_blank();
    put(';');
    put_optional_blank();
    put(is_plain_ || random_.chance(90) ? "tag" : "TAG");
    put_optional_blank();
    put('=');
    put_optional_blank();
    if (random_.chance(85)) {
      put_hex(random_.between(4, 20));
    } else {
      put_token(random_.between(1, 30));
    }
    put_header_parameters();
  }
  end_row();
}

void SipGenerator::put_call_id() {
  put_name("Call-ID", "i");
  const auto form = is_plain_ ? random_.below(3) : random_.below(4);
  if (form == 0) {
    put_hex(16);
  } else if (form == 1) {
    put_hex(8);
    for (int i = 0; i < 3; ++i) {
      put('-');
      put_hex(4);
    }
    put('-');
    put_hex(12);
  } else if (form == 2) {
    put_hex(random_.between(6, 24));
    put('@');
    put("192.0.2.4");
  } else {
    put_word(random_.between(1, 30));
    if (random_.chance(50)) {
      put('@');
      put_word(random_.between(1, 20));
    }
  }
  end_row();
}

void SipGenerator::put_cseq() {
  put_name("CSeq", "");
  if (!is_plain_ && random_.chance(5)) put("000");
  put_number(random_.chance(90) ? random_.below(100000) : random_.below(0x80000000U));
  put_blank();
  put(method_);
  end_row();
}

void SipGenerator::put_contact() {
  if (random_.chance(30)) return;
  put_name("Contact", "m");
  if (method_ == "REGISTER" && random_.chance(10)) {
    put('*');
  } else {
    for (auto left = random_.chance(85) ? std::size_t{1} : random_.between(2, 3); left > 0; --left) {
      put_address(false);
      put_header_parameters();
      if (left > 1) put(", ");
    }
  }
  end_row();
}

void SipGenerator::put_content_rows() {
  if (!body_.empty()) {
    put_name("Content-Type", "c");
    put("application/sdp");
    end_row();
  }
  if (body_.empty() && random_.chance(20)) return;
  put_name("Content-Length", "l");
  if (!is_plain_ && random_.chance(4)) put("00");
  put_number(body_.size());
  end_row();
}

void SipGenerator::put_extra_rows() {
  for (auto left = random_.between(0, 6); left > 0; --left) {
    const auto& [name, value] = random_.pick(kExtras);
    // As many folds inside a value as blanks would be more than real traffic has, so the table holds the one.
    put_name(name.first, name.second);
    put(value);
    put_optional_blank();
    end_row();
  }
  if (!is_plain_ && random_.chance(3)) {
    // Starts like no header there is.
    put('~');
    put_token(random_.between(1, 60));
    put(": ");
    for (auto left = random_.between(0, 300); left > 0; left -= left < 7 ? left : 7) put("abc,;=\"");
    end_row();
  }
}

void SipGenerator::make_body() {
  body_.clear();
  if (random_.chance(50)) return;
  body_ = "v=0\r\no=- 1 1 IN IP4 192.0.2.4\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
  for (auto left = random_.below(8); left > 0; --left) body_ += "a=rtpmap:0 PCMU/8000\r\n";
}

void SipGenerator::put_row(Row row) {
  switch (row) {
    case Row::kVia:
      return put_via_rows();
    case Row::kRoute:
      return is_request_ ? put_route_rows("Route") : void();
    case Row::kRecordRoute:
      return put_route_rows("Record-Route");
    case Row::kMaxForwards:
      if (!is_request_ || random_.chance(5)) return;
      put_name("Max-Forwards", "");
      put_number(random_.chance(80) ? 70 : random_.below(256));
      return end_row();
    case Row::kFrom:
      return put_tagged_address("From", "f", random_.chance(97));
    case Row::kTo:
      return put_tagged_address("To", "t", !is_request_ || random_.chance(40));
    case Row::kCallId:
      return put_call_id();
    case Row::kCSeq:
      return put_cseq();
    case Row::kContact:
      return put_contact();
    case Row::kContent:
      return put_content_rows();
    case Row::kExtra:
      return put_extra_rows();
  }
}

std::string_view SipGenerator::next() {
  text_.clear();
  is_plain_ = random_.chance(30);
  is_request_ = random_.chance(60);
  method_ = random_.pick(kMethods);
  if (!is_plain_ && random_.chance(5)) {
    text_.clear();
    put_token(random_.between(1, 12));
    extension_method_ = text_;
    text_.clear();
    method_ = extension_method_;
  }
  make_body();
  if (!is_plain_ && random_.chance(2)) put("\r\n\r\n");
  put_start_line();
  std::array<Row, kRows> order;
  for (std::size_t i = 0; i < kRows; ++i) order[i] = static_cast<Row>(i);
  if (!is_plain_) {
    for (std::size_t left = kRows; left > 1; --left) std::swap(order[left - 1], order[random_.below(left)]);
  }
  for (const auto row : order) put_row(row);
  end_row();
  put(body_);
  return text_;
}

}  // namespace dialplane::test
