// SPDX-License-Identifier: Apache-2.0
// The reference page of the metrics, made from metrics.def and the lists their labels come from. Any thread; cold code.
#include "dialplane/control/metrics_reference.hpp"

#include "metrics.hpp"

#include "dialplane/pipeline/worker_counters.hpp"
#include "dialplane/sip/status.hpp"

#include <fmt/format.h>

namespace dialplane::control {

namespace {

constexpr std::string_view kHead = R"(# Metrics

<!-- Generated from src/control/metrics.def by `dialplane --print-metrics`; do not edit. -->

With `[control] metrics = "127.0.0.1:9494"` Dialplane answers `GET` of three paths over HTTP, and nothing else:

| path | answer |
| --- | --- |
| `/metrics` | every metric below, in Prometheus text format 0.0.4 |
| `/healthz` | 200 while the control loop turns and every worker makes rounds and takes snapshots; else 503 and which worker does not, since when |
| `/readyz` | 200 while the process is healthy, every worker has a snapshot, every pool has a backend for new dialogs and the node does not drain; else 503 and what is missing |

[operations.md](operations.md) says how to set it up and what to alert on.

Every sample is a column of a `show` command, read from the same counters, so `dialplanectl show` and the metrics always
agree. Counters end in `_total` and start at 0 with the process; a reload keeps them. All values of a label are there from
the start, so that `rate()` sees the first event. Labels come from closed lists or from the configuration, never from a
message: no Call-ID, user or source address can make a new series.

## The metrics

| metric | type | labels | meaning | same as |
| --- | --- | --- | --- | --- |
)";

std::string label_names(const Metric& metric) {
  std::string text;
  for (const auto& label : metric_labels(metric.series.front())) {
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", label.name);
  }
  return text.empty() ? "–" : text;
}

/// "`show methods`: `from_outside`, `from_inside`".
std::string origin(const Metric& metric) {
  std::string columns;
  for (const auto& series : metric.series) {
    if (series.value == "1") continue;
    const auto column = series.value.substr(0, series.value.find('='));
    const auto quoted = fmt::format("`{}`", column);
    if (columns.find(quoted) == std::string::npos) columns += (columns.empty() ? ": " : ", ") + quoted;
  }
  const auto& first = metric.series.front();
  const auto where = first.where.empty() ? "" : fmt::format(" ({})", first.where);
  return fmt::format("`{}`{}{}", first.command, columns, where);
}

template <class Enum, class Info>
std::string list_of(std::string_view title, Info info) {
  auto text = fmt::format("\n## {}\n\n| value | meaning |\n| --- | --- |\n", title);
  for (std::size_t i = 0; i < static_cast<std::size_t>(Enum::kCount); ++i) {
    const auto& item = info(static_cast<Enum>(i));
    text += fmt::format("| `{}` | {} |\n", item.name, item.sentence);
  }
  return text;
}

std::string methods() {
  std::string text = "\n## Values of `method`\n\n";
  for (std::size_t i = 0; i < sip::kMethodCount; ++i) {
    text += fmt::format("{}`{}`", i == 0 ? "" : ", ", sip::method_name(static_cast<sip::Method>(i)));
  }
  return text + ", the last for every method beyond the 14 known ones.\n";
}

std::string codes() {
  std::string text =
      "\n## Values of `code`\n\nThe codes of the IANA registry, and `other` in each class for those that are not in "
      "it.\n\n"
      "| code | class | reason phrase |\n| --- | --- | --- |\n";
  for (const auto& status : sip::status_codes()) {
    text += fmt::format("| `{}` | `{}xx` | {} |\n", status.code, status.code / 100, status.reason);
  }
  return text;
}

std::string answers() {
  std::string text =
      "\n## Answers of this node: values of `status` and `reason`\n\n| status | reason | phrase | source |\n"
      "| --- | --- | --- | --- |\n";
  for (std::size_t i = 0; i < static_cast<std::size_t>(pipeline::InlineResponse::kCount); ++i) {
    const auto& info = pipeline::inline_response_info(static_cast<pipeline::InlineResponse>(i));
    const auto status = info.status == 0 ? std::string("that of the rule") : fmt::format("`{}`", info.status);
    text += fmt::format("| {} | `{}` | {} | {} |\n", status, info.name,
                        info.reason.empty() ? "the registered one" : info.reason, info.source);
  }
  return text;
}

std::string faults() {
  std::string text = "\n## Values of `fault`\n\n| value | a request is answered | meaning |\n| --- | --- | --- |\n";
  for (std::size_t i = 1; i < sip::kFaultCount; ++i) {
    const auto fault = static_cast<sip::Fault>(i);
    const auto status = sip::fault_status(fault);
    text += fmt::format("| `{}` | {} | {} |\n", sip::fault_name(fault), status == 0 ? "never" : std::to_string(status),
                        sip::fault_sentence(fault));
  }
  return text;
}

}  // namespace

std::string metrics_markdown() {
  std::string page(kHead);
  for (const auto& metric : metrics()) {
    page += fmt::format("| `{}` | {} | {} | {} | {} |\n", metric.name, metric_type_name(metric.type),
                        label_names(metric), metric.help, origin(metric));
  }
  page += methods() + codes() + answers();
  page += list_of<pipeline::DropReason>("Values of `reason` of dropped packets", pipeline::drop_reason_info);
  page += faults();
  page += list_of<pipeline::Source>("Values of `source`", pipeline::source_info);
  page += list_of<pipeline::Terminal>("Values of `terminal`", pipeline::terminal_info);
  page += list_of<pipeline::StageId>("Values of `stage`", pipeline::stage_info);
  return page;
}

}  // namespace dialplane::control
