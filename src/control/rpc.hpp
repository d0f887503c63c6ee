// SPDX-License-Identifier: Apache-2.0
// JSON-RPC 2.0 as text and values: requests in, answers out. Any thread; no socket, no command.
#pragma once

#include "dialplane/control/json.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace dialplane::control::rpc {

inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
/// The command was understood and refused, or failed; `problems` says why.
inline constexpr int kRefused = -32000;

struct Failure {
  int code = kRefused;
  std::string message;
  std::vector<std::string> problems;
};

/// The `result` of an answer, or why there is none.
using Outcome = tl::expected<Json, Failure>;

/// Makes the failed branch of an Outcome.
inline tl::unexpected<Failure> refuse(int code, std::string message, std::vector<std::string> problems = {}) {
  return tl::unexpected<Failure>(Failure{code, std::move(message), std::move(problems)});
}

struct Request {
  Json id;                       ///< null if the caller gave none or it is unusable
  bool is_notification = false;  ///< no id: the caller wants no answer
  std::string method;
  Json params = Json::object();
};

/// A request that cannot be used, and the id to answer it with.
struct BadRequest {
  Json id;
  Failure failure;
};

/// Reads one line. Errors: no JSON, no JSON-RPC 2.0 request, parameters not by name.
tl::expected<Request, BadRequest> parse_request(std::string_view line);

/// {"schema": 1, "rows": rows}
Json rows_result(Json rows);
/// One line with its line feed.
std::string format_answer(const Json& id, const Outcome& outcome);
/// What a person who typed words is shown.
std::string format_words_answer(const Outcome& outcome);

}  // namespace dialplane::control::rpc
