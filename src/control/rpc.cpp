// SPDX-License-Identifier: Apache-2.0
// Reading and writing JSON-RPC 2.0. Any thread.
#include "rpc.hpp"

#include "dialplane/control/text_table.hpp"

#include <fmt/format.h>

namespace dialplane::control::rpc {

namespace {

tl::unexpected<BadRequest> bad(Json id, int code, std::string message) {
  return tl::unexpected<BadRequest>(BadRequest{std::move(id), Failure{code, std::move(message), {}}});
}

bool is_id(const Json& value) { return value.is_string() || value.is_number() || value.is_null(); }

}  // namespace

tl::expected<Request, BadRequest> parse_request(std::string_view line) {
  auto document = Json::parse(line, nullptr, false);
  if (document.is_discarded()) return bad(nullptr, kParseError, "the line is no JSON document");
  if (!document.is_object()) return bad(nullptr, kInvalidRequest, "a request is a JSON object");
  Request request;
  request.is_notification = !document.contains("id");
  if (!request.is_notification) {
    if (!is_id(document["id"])) return bad(nullptr, kInvalidRequest, "id is a string, a number or null");
    request.id = document["id"];
  }
  const auto version = document.find("jsonrpc");
  if (version == document.end() || *version != "2.0") {
    return bad(request.id, kInvalidRequest, "\"jsonrpc\": \"2.0\" is missing");
  }
  const auto method = document.find("method");
  if (method == document.end() || !method->is_string()) return bad(request.id, kInvalidRequest, "method is no string");
  request.method = method->get<std::string>();
  const auto params = document.find("params");
  if (params == document.end()) return request;
  if (!params->is_object()) return bad(request.id, kInvalidParams, "parameters are given by name, as an object");
  request.params = *params;
  return request;
}

Json rows_result(Json rows) {
  Json result;
  result["schema"] = 1;
  result["rows"] = std::move(rows);
  return result;
}

std::string format_answer(const Json& id, const Outcome& outcome) {
  Json answer;
  answer["jsonrpc"] = "2.0";
  answer["id"] = id;
  if (outcome) {
    answer["result"] = *outcome;
  } else {
    answer["error"]["code"] = outcome.error().code;
    answer["error"]["message"] = outcome.error().message;
    if (!outcome.error().problems.empty()) answer["error"]["data"]["problems"] = outcome.error().problems;
  }
  // Bytes that are no UTF-8 (a file name) must not end the answer: they are replaced.
  return answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string format_words_answer(const Outcome& outcome) {
  if (outcome) return format_table(*outcome, TableHeader::kShown);
  std::string text = "error: " + outcome.error().message + "\n";
  for (const auto& problem : outcome.error().problems) text += "  " + problem + "\n";
  return text;
}

}  // namespace dialplane::control::rpc
