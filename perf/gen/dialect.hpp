// SPDX-License-Identifier: Apache-2.0
// How kinds of SIP senders spell and order their headers. Constant tables; any thread.
#pragma once

#include "prng.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dialplane::gen {

/// A header as far as order and spelling go; kExtra are optional ones of any name, kPad fills to an exact size.
enum class FieldKind : char {
  kVia = 'v',
  kRoute = 'r',
  kRecordRoute = 'o',
  kMaxForwards = 'm',
  kFrom = 'f',
  kTo = 't',
  kCallId = 'i',
  kCSeq = 's',
  kContact = 'c',
  kAgent = 'u',
  kMethodSpecific = 'e',
  kExtra = 'x',
  kPad = 'p',
  kContentType = 'y',
  kContentLength = 'l',
};

enum class CallIdForm : std::uint8_t { kAtHost, kBare, kDotted };

/// One kind of sender.
struct Dialect {
  std::string_view agent;
  std::string_view order;  ///< FieldKind letters; every kind exactly once
  CallIdForm call_id = CallIdForm::kAtHost;
  bool compact = false;     ///< one-letter names where RFC 3261 §7.3.3 has one
  bool lower_case = false;  ///< header names in lower case
  bool rport_last = false;  ///< ;branch=…;rport and not ;rport;branch=…
  std::uint8_t vias = 1;    ///< Via values a request of this sender carries: proxies before it
  bool numbers = true;      ///< users are E.164 numbers and not names
  std::uint8_t weight = 1;
};

const Dialect& pick_dialect(Prng& random) noexcept;

/// The name `dialect` writes for a header given in its long form.
std::string spell(const Dialect& dialect, std::string_view long_name);

}  // namespace dialplane::gen
