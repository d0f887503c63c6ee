// SPDX-License-Identifier: Apache-2.0
// `show methods`: requests and responses by SIP method. Control thread.
#include "command.hpp"

#include "dialplane/sip/method.hpp"

#include <fmt/format.h>

namespace dialplane::control {

namespace {

rpc::Outcome run(const CommandContext& context, const Json&) {
  Json rows = Json::array();
  for (std::size_t method = 0; method < sip::kMethodCount; ++method) {
    const auto requests = [&](pipeline::Direction direction) {
      const auto cell = method * 2 + static_cast<std::size_t>(direction);
      return sum_over_workers(context.data_plane, [&](const auto& counters) { return counters.requests.read(cell); });
    };
    Json row;
    row["method"] = sip::method_name(static_cast<sip::Method>(method));
    row["from_outside"] = requests(pipeline::Direction::kFromOutside);
    row["from_inside"] = requests(pipeline::Direction::kFromInside);
    for (std::size_t status_class = 1; status_class <= 6; ++status_class) {
      const auto cell = method * 6 + status_class - 1;
      row[fmt::format("responses_{}xx", status_class)] = sum_over_workers(
          context.data_plane, [&](const auto& counters) { return counters.method_responses.read(cell); });
    }
    rows.push_back(std::move(row));
  }
  return rpc::rows_result(std::move(rows));
}

}  // namespace

const Command kShowMethods{"show methods", {}, "Requests by method and direction, responses by class.", run, nullptr};

}  // namespace dialplane::control
