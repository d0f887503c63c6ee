// SPDX-License-Identifier: Apache-2.0
// Reading and writing JSON-RPC 2.0. Any thread.
#include "rpc.hpp"

#include "dialplane/control/text_table.hpp"

namespace dialplane::control::rpc {

namespace {

tl::unexpected<BadRequest> bad(Json id, int code, std::string message) {
  return tl::unexpected<BadRequest>(BadRequest{std::move(id), Failure{code, std::move(message), {}}});
}

bool is_id(const Json& value) { return value.is_string() || value.is_number() || value.is_null(); }

}  // namespace

tl::expected<Request, BadRequest> parse_request(std::string_view line) {
  const auto document = Json::parse(line);
  if (!document) return bad(nullptr, kParseError, "the line is no JSON document");
  if (!document->is_object()) return bad(nullptr, kInvalidRequest, "a request is a JSON object");
  Request request;
  const auto* id = document->find("id");
  request.is_notification = id == nullptr;
  if (id != nullptr) {
    if (!is_id(*id)) return bad(nullptr, kInvalidRequest, "id is a string, a number or null");
    request.id = *id;
  }
  const auto* version = document->find("jsonrpc");
  if (version == nullptr || *version != "2.0") {
    return bad(request.id, kInvalidRequest, "\"jsonrpc\": \"2.0\" is missing");
  }
  const auto* method = document->find("method");
  if (method == nullptr || !method->is_string()) return bad(request.id, kInvalidRequest, "method is no string");
  request.method = method->get<std::string>();
  const auto* params = document->find("params");
  if (params == nullptr) return request;
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
  return answer.dump() + "\n";
}

std::string format_words_answer(const Outcome& outcome) {
  if (outcome) return format_table(*outcome, TableHeader::kShown);
  std::string text = "error: " + outcome.error().message + "\n";
  for (const auto& problem : outcome.error().problems) text += "  " + problem + "\n";
  return text;
}

}  // namespace dialplane::control::rpc
