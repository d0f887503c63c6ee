// SPDX-License-Identifier: Apache-2.0
// The reference page of the metrics. Any thread.
#pragma once

#include <string>

namespace dialplane::control {

/// docs/metrics.md, made from the lists behind the metrics. `dialplane --print-metrics` prints it.
std::string metrics_markdown();

}  // namespace dialplane::control
