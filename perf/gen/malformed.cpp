// SPDX-License-Identifier: Apache-2.0
// One small edit per kind of damage.
#include "malformed.hpp"

#include "dialplane/base/text.hpp"

#include <array>

namespace dialplane::gen {
namespace {

constexpr std::array<std::string_view, kDamageCount> kNames{
    "bare_line_feeds",
    "no_empty_line",
    "truncated_headers",
    "no_via",
    "no_call_id",
    "no_cseq",
    "no_from",
    "no_to",
    "two_call_ids",
    "two_cseqs",
    "content_length_too_large",
    "content_length_negative",
    "cseq_overflow",
    "cseq_other_method",
    "version",
    "nul_in_header",
    "via_port",
    "line_without_colon",
    "garbage",
};

struct Row {
  std::size_t begin = std::string::npos;
  std::size_t value = 0;
  std::size_t end = 0;  ///< one past its CRLF
};

/// The first header row of that name, any case.
Row find_row(const std::string& text, std::string_view name) {
  auto at = text.find("\r\n");
  while (at != std::string::npos && text.compare(at, 4, "\r\n\r\n") != 0) {
    const auto begin = at + 2;
    const auto end = text.find("\r\n", begin);
    const std::string_view row(text.data() + begin, end - begin);
    if (row.size() > name.size() && row[name.size()] == ':' && iequals(row.substr(0, name.size()), name)) {
      return {begin, begin + name.size() + 2, end + 2};
    }
    at = end;
  }
  return {};
}

void remove_rows(std::string& text, std::string_view name) {
  for (auto row = find_row(text, name); row.begin != std::string::npos; row = find_row(text, name)) {
    text.erase(row.begin, row.end - row.begin);
  }
}

void set_value(std::string& text, std::string_view name, std::string_view value) {
  const auto row = find_row(text, name);
  if (row.begin != std::string::npos) text.replace(row.value, row.end - 2 - row.value, value);
}

/// Adds a second row of the name that differs from the first one.
void add_other(std::string& text, std::string_view name, std::string_view value) {
  const auto row = find_row(text, name);
  if (row.begin == std::string::npos) return;
  std::string line(name);
  line += ": ";
  line += value;
  line += "\r\n";
  text.insert(row.end, line);
}

std::string make_garbage(std::size_t length, Prng& random) {
  std::string text(length, '\0');
  for (auto& byte : text) byte = static_cast<char>(random.next());
  text[0] = '\x01';
  return text;
}

}  // namespace

std::string_view damage_name(Damage damage) noexcept { return kNames[static_cast<std::size_t>(damage)]; }

std::string apply_damage(std::string text, Damage damage, Prng& random) {
  const auto headers_end = text.find("\r\n\r\n");
  switch (damage) {
    case Damage::kBareLineFeeds: {
      const auto row = find_row(text, "CSeq");
      text.erase(row.end - 2, 1);
      break;
    }
    case Damage::kNoEmptyLine:
      text.resize(headers_end + 2);
      break;
    case Damage::kTruncatedHeaders:
      text.resize(random.between(static_cast<std::uint32_t>(text.find("\r\n") + 3),
                                 static_cast<std::uint32_t>(headers_end - 1)));
      break;
    case Damage::kNoVia:
      remove_rows(text, "Via");
      break;
    case Damage::kNoCallId:
      remove_rows(text, "Call-ID");
      break;
    case Damage::kNoCSeq:
      remove_rows(text, "CSeq");
      break;
    case Damage::kNoFrom:
      remove_rows(text, "From");
      break;
    case Damage::kNoTo:
      remove_rows(text, "To");
      break;
    case Damage::kTwoCallIds:
      add_other(text, "Call-ID", "other-call");
      break;
    case Damage::kTwoCSeqs:
      add_other(text, "CSeq", "7 OPTIONS");
      break;
    case Damage::kContentLengthTooLarge:
      set_value(text, "Content-Length", "9999");
      break;
    case Damage::kContentLengthNegative:
      set_value(text, "Content-Length", "-1");
      break;
    case Damage::kCSeqOverflow:
      set_value(text, "CSeq", "36893488147419103232 " + text.substr(0, text.find(' ')));
      break;
    case Damage::kCSeqOtherMethod:
      set_value(text, "CSeq", text.starts_with("INVITE ") ? "1 BYE" : "1 INVITE");
      break;
    case Damage::kVersion: {
      const auto at = text.find("SIP/2.0\r\n");
      text.replace(at, 7, "SIP/7.0");
      break;
    }
    case Damage::kNulInHeader: {
      const auto row = find_row(text, "Call-ID");
      text[row.value + 1] = '\0';
      break;
    }
    case Damage::kViaPort: {
      const auto row = find_row(text, "Via");
      const auto port = text.find(':', row.value);
      text.replace(port + 1, text.find(';', port) - port - 1, "99999");
      break;
    }
    case Damage::kLineWithoutColon: {
      const auto row = find_row(text, "CSeq");
      text.insert(row.end, "no header at all\r\n");
      break;
    }
    case Damage::kGarbage:
      text = make_garbage(random.between(20, 800), random);
      break;
  }
  return text;
}

}  // namespace dialplane::gen
