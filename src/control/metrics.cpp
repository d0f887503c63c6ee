// SPDX-License-Identifier: Apache-2.0
// Rows → samples. Any thread; cold code.
#include "metrics.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace dialplane::control {

namespace {

/// A line of metrics.def: a metric if it has a name, else a series of the one above.
struct Line {
  std::string_view name;
  MetricType type = MetricType::kGauge;
  std::string_view help;
  MetricSeries series;
};

constexpr Line kLines[] = {
#define DP_METRIC(name, type, help) {name, MetricType::type, help, {}},
#define DP_SERIES(command, where, value, labels) {{}, MetricType::kGauge, {}, {command, where, value, labels}},
#include "metrics.def"
#undef DP_METRIC
#undef DP_SERIES
};

std::vector<Metric> read_lines() {
  std::vector<Metric> all;
  for (const auto& line : kLines) {
    if (!line.name.empty()) {
      all.push_back({line.name, line.type, line.help, {}});
    } else {
      all.back().series.push_back(line.series);
    }
  }
  return all;
}

std::pair<std::string_view, std::string_view> split_at(std::string_view text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

/// The text format escapes these three in label values, and all but the quote in HELP.
std::string escaped(std::string_view text, bool escapes_quote) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && escapes_quote)) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_of(const Json& value) {
  // A row without a name of its own stands for all the others (unregistered codes).
  if (value.is_null()) return "other";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool holds(const Json& row, std::string_view condition) {
  if (condition.empty()) return true;
  const auto [column, text] = split_at(condition, '=');
  const auto* cell = row.find(column);
  return cell != nullptr && text_of(*cell) == text;
}

/// Empty if the row has no such column.
std::string value_of(const Json& row, std::string_view value) {
  if (value == "1") return "1";
  if (value.find('=') != std::string_view::npos) return holds(row, value) ? "1" : "0";
  const auto* cell = row.find(value);
  if (cell == nullptr) return {};
  if (cell->is_boolean()) return cell->get<bool>() ? "1" : "0";
  if (value.ends_with("_us")) return fmt::format("{}", cell->get<double>() / 1e6);
  return cell->dump();
}

std::string labels_of(const Json& row, const MetricSeries& series) {
  std::string text;
  for (const auto& label : metric_labels(series)) {
    const auto* cell = label.is_column ? row.find(label.value) : nullptr;
    const auto value = cell != nullptr ? text_of(*cell) : std::string(label.value);
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", label.name, escaped(value, true));
  }
  return text.empty() ? text : "{" + text + "}";
}

}  // namespace

const std::vector<Metric>& metrics() {
  static const auto kAll = read_lines();
  return kAll;
}

std::string_view metric_type_name(MetricType type) noexcept {
  return type == MetricType::kCounter ? "counter" : "gauge";
}

std::vector<MetricLabel> metric_labels(const MetricSeries& series) {
  std::vector<MetricLabel> labels;
  for (auto rest = series.labels; !rest.empty();) {
    const auto [word, after] = split_at(rest, ' ');
    auto [name, value] = split_at(word, '=');
    const bool is_column = value.starts_with('@');
    if (is_column) value.remove_prefix(1);
    labels.push_back({name, value, is_column});
    rest = after;
  }
  return labels;
}

std::optional<std::string> write_metrics(const AskCommand& ask) {
  std::map<std::string_view, Json> results;
  std::string page;
  for (const auto& metric : metrics()) {
    std::string samples;
    for (const auto& series : metric.series) {
      if (!results.contains(series.command)) {
        auto result = ask(series.command);
        if (!result) return std::nullopt;
        results.emplace(series.command, std::move(*result));
      }
      for (const auto& row : results.at(series.command).at("rows")) {
        const auto value = holds(row, series.where) ? value_of(row, series.value) : std::string();
        if (!value.empty()) samples += fmt::format("{}{} {}\n", metric.name, labels_of(row, series), value);
      }
    }
    if (samples.empty()) continue;
    page += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", metric.name, escaped(metric.help, false),
                        metric_type_name(metric.type));
    page += samples;
  }
  return page;
}

}  // namespace dialplane::control
