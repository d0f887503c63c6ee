// SPDX-License-Identifier: Apache-2.0
// `show responses`: responses by status code, forwarded and given by this node. Control thread.
#include "command.hpp"

#include "dialplane/sip/status.hpp"

#include <fmt/format.h>

#include <array>

namespace dialplane::control {

namespace {

constexpr std::array<Arg, 2> kArgs{{{"all", ArgKind::kFlag, ""}, {"classes", ArgKind::kFlag, ""}}};
constexpr std::uint16_t kFirstCode = 100;
constexpr std::uint16_t kCodesInClass = 100;
constexpr std::uint16_t kClasses = 6;

struct Counts {
  std::uint64_t forwarded = 0;
  std::uint64_t answered = 0;
};

/// By status code − 100.
using Table = std::array<Counts, std::size_t{kClasses} * kCodesInClass>;

Table count_all(const CommandContext& context) {
  Table table;
  for (std::size_t at = 0; at < table.size(); ++at) {
    table[at].forwarded =
        sum_over_workers(context.data_plane, [&](const auto& counters) { return counters.responses.read(at); });
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::InlineResponse::kCount); ++i) {
    const auto which = static_cast<pipeline::InlineResponse>(i);
    const auto status = pipeline::inline_response_info(which).status;
    // Those without a status of their own are counted by code, below.
    if (status == 0) continue;
    table[status - std::size_t{kFirstCode}].answered += sum_over_workers(
        context.data_plane, [&](const auto& counters) { return counters.inline_responses.read(which); });
  }
  for (std::size_t at = 0; at < pipeline::kRuleStatuses; ++at) {
    table[pipeline::kLowestRuleStatus - kFirstCode + at].answered +=
        sum_over_workers(context.data_plane, [&](const auto& counters) { return counters.rule_answers.read(at); });
  }
  return table;
}

Counts operator+(const Counts& a, const Counts& b) { return {a.forwarded + b.forwarded, a.answered + b.answered}; }

/// `code` is null in a row that stands for several.
void put_row(Json& rows, const Json& code, std::size_t status_class, std::string_view reason, const Counts& counts) {
  Json row;
  row["code"] = code;
  row["class"] = fmt::format("{}xx", status_class);
  row["reason"] = reason;
  row["count"] = counts.forwarded + counts.answered;
  row["forwarded"] = counts.forwarded;
  row["answered"] = counts.answered;
  rows.push_back(std::move(row));
}

/// One row each for the registered codes of a class, and one for the others together, which names those seen.
void put_class(Json& rows, const Table& table, std::uint16_t status_class) {
  constexpr std::size_t kMostNamed = 8;
  Counts others;
  std::size_t named = 0;
  std::string seen;
  for (std::uint16_t i = 0; i < kCodesInClass; ++i) {
    const auto code = static_cast<std::uint16_t>(status_class * kCodesInClass + i);
    const auto& counts = table[code - std::size_t{kFirstCode}];
    if (const auto reason = sip::status_reason(code); !reason.empty()) {
      put_row(rows, code, status_class, reason, counts);
      continue;
    }
    others = others + counts;
    if (counts.forwarded + counts.answered == 0 || ++named > kMostNamed) continue;
    seen += fmt::format("{}{}", seen.empty() ? ": " : ", ", code);
  }
  if (named > kMostNamed) seen += fmt::format(" and {} more", named - kMostNamed);
  put_row(rows, nullptr, status_class, "not registered" + seen, others);
}

rpc::Outcome run(const CommandContext& context, const Json& params) {
  const auto table = count_all(context);
  Json rows = Json::array();
  for (std::uint16_t status_class = 1; status_class <= kClasses; ++status_class) {
    if (!params.value("classes", false)) {
      put_class(rows, table, status_class);
      continue;
    }
    Counts sum;
    for (std::size_t i = 0; i < kCodesInClass; ++i) sum = sum + table[(status_class - 1u) * kCodesInClass + i];
    put_row(rows, nullptr, status_class, "all codes", sum);
  }
  auto result = rpc::rows_result(std::move(rows));
  const bool hides = !params.value("all", false) && !params.value("classes", false);
  if (hides) result["hide_zero"] = Json::array({"count"});
  return result;
}

}  // namespace

const Command kShowResponses{
    "show responses", kArgs,
    "Responses by code, forwarded and given by this node; the table leaves out what never came, but for --all; "
    "--classes adds up.",
    run, nullptr};

}  // namespace dialplane::control
