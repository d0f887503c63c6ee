// SPDX-License-Identifier: Apache-2.0
// The list of metrics (metrics.def) as data, and the Prometheus page made of it and of the rows of `show` commands.
// Any thread; static data.
#pragma once

#include "dialplane/control/json.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::control {

enum class MetricType : std::uint8_t { kCounter, kGauge };

/// Where the samples of a metric come from; the words are explained in metrics.def.
struct MetricSeries {
  std::string_view command;
  std::string_view where;
  std::string_view value;
  std::string_view labels;
};

struct Metric {
  std::string_view name;
  MetricType type = MetricType::kGauge;
  std::string_view help;
  std::vector<MetricSeries> series;
};

/// One `label=@column` or `label=text` of a series.
struct MetricLabel {
  std::string_view name;
  std::string_view value;  ///< without the '@'
  bool is_column = false;
};

/// All of them, in the order of the page.
const std::vector<Metric>& metrics();
std::string_view metric_type_name(MetricType type) noexcept;
std::vector<MetricLabel> metric_labels(const MetricSeries& series);

/// The result of a command without arguments, {"rows": […]}; nullopt if it could not be had.
using AskCommand = std::function<std::optional<Json>(std::string_view command)>;

/// The page in Prometheus text format 0.0.4. Each command is asked once. A metric without samples is left out.
/// Errors: nullopt if a command could not be had.
std::optional<std::string> write_metrics(const AskCommand& ask);

}  // namespace dialplane::control
