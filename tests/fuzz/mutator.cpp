// SPDX-License-Identifier: Apache-2.0
// Changes to SIP text: one to four random steps. One thread.
#include "mutator.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace dialplane::fuzz {
namespace {

constexpr std::size_t kMaxRepeats = 300;   // more than kMaxHeaderRows
constexpr std::size_t kMaxPadding = 70;    // across the widest vector register
constexpr std::size_t kMostBytes = 65535;  // no datagram is longer

constexpr std::array<std::string_view, 22> kRows = {
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa1;rport\r\n",
    "v: SIP / 2.0 / TCP [2001:db8::1]:5061;received=192.0.2.9;branch=z9hG4bKb\r\n",
    "VIA : SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2\r\n",
    "Route: <sip:192.0.2.5;lr>, \"a, b\" <sip:p.example;lr>;x=\"1,2\"\r\n",
    "Record-Route: <sip:r.example:5062;lr;dp=aaaa>\r\n",
    "From: \"A \\\" B\" <sip:a@example.net>;tag=f1\r\n",
    "f: sip:a@example.net;tag=f2\r\n",
    "To: <sip:b@example.com>\r\n",
    "t: <tel:+12015550123;phone-context=x>;tag=t1\r\n",
    "Call-ID: 1@h\r\n",
    "i: 2\r\n",
    "CSeq: 1 INVITE\r\n",
    "CSeq: 4294967295 ACK\r\n",
    "Max-Forwards: 0\r\n",
    "Content-Length: 0\r\n",
    "l: 10\r\n",
    "Proxy-Require: x\r\n",
    "Proxy-Require: \r\n",
    "Contact: *\r\n",
    "Subject: one\r\n two\r\n\tthree\r\n",
    std::string_view("X-Quoted: \"\\\0\"\r\n", 16),
    "\r\n",
};

constexpr std::array<std::string_view, 28> kFragments = {
    ";branch=z9hG4bKx",
    ";rport",
    ";rport=5060",
    ";received=192.0.2.3",
    ";tag=x",
    ";lr",
    ";maddr=192.0.2.4",
    ";x=\"a;b,c\\\"\"",
    ";x",
    ";dps=aa",
    "<sip:h;lr>",
    "<",
    ">",
    "\"",
    "\\",
    ", ",
    "SIP/2.0/UDP h",
    "sip:u:p@h:5060;lr?a=b",
    "[2001:db8::1]",
    ":5060",
    "[::ffff:192.0.2.1]",
    "[1:::192.0.2.1]",
    "urn:a:b",
    "tel:+1;x=y",
    "sips:",
    "%00",
    "@",
    "?x=y",
};

constexpr std::string_view kSpecial("\0\r\n\t\x01\x1f\x7f\x80\xff :;,=\"\\<>", 18);
constexpr std::array<std::string_view, 4> kBlanks = {" ", " \t", "\r\n ", "\r\n\t \r\n "};
constexpr std::string_view kSeparators = ";,:=<>/@?\" ";

/// The text under change and the dice.
class Mutation {
 public:
  Mutation(std::string_view text, std::uint32_t seed) : text_(text), dice_(seed) { split(); }
  void step();
  std::string take() { return std::move(text_); }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(dice_() % bound); }
  template <typename List>
  std::string_view one_of(const List& list) {
    return list[below(list.size())];
  }
  /// Where lines begin; one more than there are lines.
  void split();
  std::size_t line_start() { return lines_[below(lines_.size())]; }
  std::string_view line();
  /// A position behind or before a random separator; any position if there is none.
  std::size_t at_separator();
  void repeat_line();
  void repeat_value();

  std::string text_;
  std::minstd_rand dice_;
  std::vector<std::size_t> lines_;
};

void Mutation::split() {
  lines_ = {0};
  for (auto end = text_.find("\r\n"); end != std::string::npos; end = text_.find("\r\n", end + 2)) {
    lines_.push_back(end + 2);
  }
}

std::string_view Mutation::line() {
  const auto index = below(lines_.size());
  const auto end = index + 1 < lines_.size() ? lines_[index + 1] : text_.size();
  return std::string_view(text_).substr(lines_[index], end - lines_[index]);
}

std::size_t Mutation::at_separator() {
  const auto from = below(text_.size() + 1);
  const auto found = text_.find_first_of(kSeparators, from);
  return found == std::string::npos ? from : found + below(2);
}

void Mutation::repeat_line() {
  const std::string repeated(below(2) == 0 ? line() : one_of(kRows));
  std::string many;
  // A text of one line would grow a hundredfold with every step.
  for (auto left = below(kMaxRepeats); left > 0 && many.size() <= kMostBytes; --left) many += repeated;
  text_.insert(line_start(), many);
}

/// Copies what stands between two separators behind a comma.
void Mutation::repeat_value() {
  const auto begin = at_separator();
  const auto end = std::min(at_separator(), text_.size());
  if (begin < end) text_.insert(end, "," + text_.substr(begin, end - begin));
}

void Mutation::step() {
  split();
  switch (below(8)) {
    case 0:
      text_.insert(line_start(), one_of(kRows));
      break;
    case 1:
    case 2:
      text_.insert(at_separator(), one_of(kFragments));
      break;
    case 3:
      text_.insert(at_separator(), one_of(kBlanks));
      break;
    case 4:
      repeat_value();
      break;
    case 5:
      text_.insert(below(text_.size() + 1), 1 + below(kMaxPadding), 'x');
      break;
    case 6:
      text_.insert(below(text_.size() + 1), 1, kSpecial[below(kSpecial.size())]);
      break;
    default:
      // Seldom: the limits of rows and bytes.
      if (below(8) == 0) repeat_line();
  }
}

}  // namespace

std::string grow(std::string_view text, std::uint32_t seed) {
  Mutation mutation(text, seed);
  const auto steps = 1 + seed % 4;
  for (std::uint32_t i = 0; i < steps; ++i) mutation.step();
  return mutation.take();
}

}  // namespace dialplane::fuzz
