// SPDX-License-Identifier: Apache-2.0
// The form of an audit line. Control thread.
#include "audit.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace dialplane::control {

namespace {

constexpr std::string_view kEnd = "the process ends";

void append_escaped(std::string& to, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    to += '\\';
    to += c;
  } else if (byte >= 0x20 && byte < 0x7f) {
    to += c;
  } else if (c == '\n') {
    to += "\\n";
  } else if (c == '\r') {
    to += "\\r";
  } else if (c == '\t') {
    to += "\\t";
  } else {
    to += fmt::format("\\x{:02x}", byte);
  }
}

}  // namespace

std::string log_quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (result.size() >= kMostQuotedBytes) {
      result += fmt::format("... ({} bytes)", text.size());
      break;
    }
    append_escaped(result, c);
  }
  return result + '"';
}

AuditLine::~AuditLine() {
  if (is_written_) return;
  if (facts_.empty()) {
    write(false, "unknown", "reason", std::string(kEnd));
  } else {
    tell(fmt::format("not known, {}", kEnd));
  }
}

void AuditLine::holds(std::string facts) { facts_ = std::move(facts); }

void AuditLine::tell(const std::string& late) {
  if (late.empty()) return write(true, "done");
  write(false, "late", "late", late);
}

void AuditLine::answered(const rpc::Outcome& outcome) {
  if (is_written_) return;
  if (outcome) return write(true, "done");
  auto why = outcome.error().message;
  for (const auto& problem : outcome.error().problems) why += "; " + problem;
  write(false, "refused", "reason", why);
}

void AuditLine::write(bool is_good, std::string_view result, std::string_view key, const std::string& why) {
  is_written_ = true;
  auto line =
      fmt::format("audit uid={} pid={} command={} result={}", peer_.uid, peer_.pid, log_quoted(command_), result);
  if (!facts_.empty()) line += " " + facts_;
  if (!key.empty()) line += fmt::format(" {}={}", key, log_quoted(why));
  spdlog::log(is_good ? spdlog::level::info : spdlog::level::warn, "{}", line);
}

}  // namespace dialplane::control
