// SPDX-License-Identifier: Apache-2.0
// Fuzz target: parse_uri() and find_parameter(). The parts of an accepted URI cover its text in order, and a name-addr
// round it finds the same URI. An input of two lines is also a parameter text and a name. One thread.
#include "naive.hpp"
#include "target.hpp"

#include "dialplane/sip/fields.hpp"
#include "dialplane/sip/uri.hpp"

#include <string>

namespace dialplane::fuzz {
namespace {

using sip::Scheme;
using sip::UriView;

/// Takes `part` off the front of `rest`, where it must stand.
void take(std::string_view& rest, std::string_view part, const char* rule) {
  require(rest.substr(0, part.size()) == part, rule);
  rest.remove_prefix(part.size());
}

void check_user_and_host(std::string_view& rest, const UriView& uri) {
  const auto at = rest.find('@');
  require(uri.has_user == (at != rest.npos), "an '@' makes a user");
  if (uri.has_user) {
    require(rest.find('@', at + 1) == rest.npos, "one '@' only");
    require(!uri.user.empty() && uri.user == rest.substr(0, std::min(rest.find(':'), at)),
            "the user ends at ':' or '@'");
    require(uri.user.data() == rest.data(), "the user begins behind the scheme");
    rest.remove_prefix(at + 1);
  } else {
    require(uri.user.empty(), "no user without '@'");
  }
  require(!uri.host.empty() && uri.host.data() == rest.data(), "the host follows");
  take(rest, uri.host, "host");
}

void check_sip(std::string_view rest, const UriView& uri) {
  check_user_and_host(rest, uri);
  if (!rest.empty() && rest[0] == ':') {
    const auto digits = rest.substr(1, rest.find_first_of(";?") - 1);
    require(uri.port != 0 && naive::number(digits, 65535) == uri.port, "the port is the number behind the host");
    rest.remove_prefix(std::min(digits.size() + 1, rest.size()));
  } else {
    require(uri.port == 0, "no port without ':'");
  }
  require(uri.parameters.empty() || (uri.parameters[0] == ';' && uri.parameters.data() == rest.data()),
          "the parameters follow");
  require(uri.parameters.find('?') == uri.parameters.npos, "parameters end at '?'");
  take(rest, uri.parameters, "parameters");
  require(uri.has_headers == !rest.empty() && (rest.empty() || rest[0] == '?'), "only headers follow the parameters");

  if (const auto address = uri.numeric_host()) {
    require(IpAddress::parse(address->to_string()) == address, "an address survives its text");
  }
  if (uri.host[0] == '[') {
    require(uri.host.back() == ']' && uri.host.find(':') != uri.host.npos, "an IPv6 reference closes");
  } else {
    require(naive::only(uri.host, [](char c) { return naive::is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; }),
            "a host name has letters, digits, '.', '-' and '_'");
  }
}

void require_same_uri(const UriView& a, std::string_view text_a, const UriView& b, std::string_view text_b) {
  require(a.scheme == b.scheme && a.port == b.port && a.has_user == b.has_user && a.has_headers == b.has_headers &&
              same_place(a.scheme_text, text_a, b.scheme_text, text_b) && same_place(a.user, text_a, b.user, text_b) &&
              same_place(a.host, text_a, b.host, text_b) && same_place(a.parameters, text_a, b.parameters, text_b),
          "the same URI");
}

/// Parameters of nothing but names and plain values are found as cutting at ';' and '=' finds them.
void check_parameters(std::string_view parameters) {
  if (parameters.empty()) return;
  constexpr int kMostParameters = 20;
  std::string_view rest = parameters.substr(1);
  for (int i = 0; i < kMostParameters; ++i) {
    const auto segment = rest.substr(0, std::min(rest.find(';'), rest.size()));
    const auto equals = std::min(segment.find('='), segment.size());
    const auto name = segment.substr(0, equals);
    if (!naive::is_token(name)) return;
    const auto value = segment.substr(std::min(equals + 1, segment.size()));
    if (equals < segment.size() && !naive::is_token(value)) return;
    const auto found = sip::find_parameter(parameters, name);
    require(found.has_value(), "a parameter is found by its name");
    require(found->empty() || lies_in(*found, parameters), "a parameter lies inside");
    const auto before = parameters.substr(0, offset_in(segment, parameters));
    bool seen = false;
    for (std::size_t at = 0; at < before.size(); ++at) {
      const auto next = before.substr(at + 1, std::min(before.find_first_of(";=", at + 1), before.size()) - at - 1);
      seen = seen || (before[at] == ';' && naive::same_name(next, name));
    }
    if (!seen) require(*found == value, "the first of its name has the value");
    if (segment.size() == rest.size()) return;
    rest.remove_prefix(segment.size() + 1);
  }
}

void check_uri(std::string_view text) {
  const auto uri = sip::parse_uri(text);
  if (!uri) return;
  require(naive::only(text,
                      [](char c) {
                        return static_cast<unsigned char>(c) > ' ' && c != '\x7f' && c != '<' && c != '>' && c != '"';
                      }),
          "no white space, control byte, quote or bracket in a URI");
  require(!uri->scheme_text.empty() && uri->scheme_text.data() == text.data(), "the scheme begins the URI");
  auto rest = text;
  take(rest, uri->scheme_text, "scheme");
  take(rest, ":", "a colon ends the scheme");
  require((uri->scheme == Scheme::kSip) == naive::same_name(uri->scheme_text, "sip"), "scheme sip");
  require((uri->scheme == Scheme::kSips) == naive::same_name(uri->scheme_text, "sips"), "scheme sips");
  require((uri->scheme == Scheme::kTel) == naive::same_name(uri->scheme_text, "tel"), "scheme tel");
  require((uri->scheme == Scheme::kUrn) == naive::same_name(uri->scheme_text, "urn"), "scheme urn");
  if (uri->scheme == Scheme::kSip || uri->scheme == Scheme::kSips) {
    check_sip(rest, *uri);
  } else {
    require(uri->host.empty() && uri->port == 0 && !uri->has_headers, "only sip has hosts");
  }
  if (uri->scheme == Scheme::kTel) require(rest == std::string(uri->user) + std::string(uri->parameters), "tel");
  check_parameters(uri->parameters);

  ExactText other_case({text});
  for (std::size_t i = 0; i < uri->scheme_text.size(); ++i) {
    if (naive::is_alphanumeric(text[i]) && !naive::is_digit(text[i])) other_case[i] = static_cast<char>(text[i] ^ 0x20);
  }
  const auto again = sip::parse_uri(other_case.view());
  require(again.has_value(), "a scheme in the other case parses");
  require_same_uri(*uri, text, *again, other_case.view());

  const ExactText bracketed({"<", text, ">"});
  const auto address = sip::parse_name_addr(bracketed.view());
  require(address && address->uri == text, "a name-addr holds the URI as it is");
}

}  // namespace

void fuzz_uri(std::string_view input) {
  check_uri(input);
  const auto line_end = input.find('\n');
  if (line_end == input.npos) return;
  const ExactText parameters({input.substr(0, line_end)});
  const auto found = sip::find_parameter(parameters.view(), input.substr(line_end + 1));
  if (found) require(lies_in(*found, parameters.view()) || found->empty(), "a parameter lies inside its text");
}

}  // namespace dialplane::fuzz
