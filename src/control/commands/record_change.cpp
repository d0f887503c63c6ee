// SPDX-License-Identifier: Apache-2.0
// Parameters of the commands that change one backend. Control thread.
#include "record_change.hpp"

#include "dialplane/base/text.hpp"

#include <fmt/format.h>

#include <limits>

namespace dialplane::control {

tl::expected<BackendName, rpc::Failure> split_backend(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
    return rpc::refuse(rpc::kInvalidParams, fmt::format("`{}` is no POOL/NAME; `show backends` lists them", text));
  }
  return BackendName{text.substr(0, slash), text.substr(slash + 1)};
}

tl::expected<config::Members, rpc::Failure> number_members(const Json& params) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  config::Members members;
  for (const char* key : {"weight", "tier"}) {
    if (!params.contains(key)) continue;
    const auto text = params[key].get<std::string>();
    const bool is_negative = text.starts_with('-');
    const auto number = parse_decimal(std::string_view(text).substr(is_negative ? 1 : 0), kMost);
    if (!number) return rpc::refuse(rpc::kInvalidParams, fmt::format("`{}` is a whole number, not `{}`", key, text));
    // Whether it is in range is for the configuration to say, which knows the range.
    members.emplace_back(key, fmt::format("{}{}", is_negative ? "-" : "", *number));
  }
  return members;
}

ChangeRequest record_change(const Json& params) {
  ChangeRequest request;
  request.kind = ChangeRequest::Kind::kEdit;
  request.is_dry_run = params.value("dry_run", false);
  request.is_reset = params.value("reset", false);
  request.backend = params.value("backend", std::string());
  return request;
}

}  // namespace dialplane::control
