// SPDX-License-Identifier: Apache-2.0
// From a line to a command and back. Control thread.
#include "dispatcher.hpp"

#include "words.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>
#include <vector>

namespace dialplane::control {

namespace {

tl::expected<Call, rpc::Failure> find_call(const rpc::Request& request) {
  if (request.method != "words") return check_call(request.method, request.params);
  const auto* words = request.params.find("words");
  if (words == nullptr || !words->is_array()) {
    return rpc::refuse(rpc::kInvalidParams, "`words` is an array of strings");
  }
  std::vector<std::string> list;
  for (const auto& word : *words) {
    if (!word.is_string()) return rpc::refuse(rpc::kInvalidParams, "`words` is an array of strings");
    list.push_back(word.get<std::string>());
  }
  return parse_words(list);
}

}  // namespace

void Dispatcher::handle(std::string_view line, Peer peer, Reply reply) {
  if (line.starts_with('{')) return handle_json(line, peer, std::move(reply));
  run(parse_words(split_words(line)), peer, [reply = std::move(reply)](const rpc::Outcome& outcome) {
    reply(rpc::format_words_answer(outcome), AfterAnswer::kClose);
  });
}

void Dispatcher::handle_json(std::string_view line, Peer peer, Reply reply) {
  const auto request = rpc::parse_request(line);
  if (!request) {
    return reply(rpc::format_answer(request.error().id, tl::unexpected(request.error().failure)),
                 AfterAnswer::kStayOpen);
  }
  const bool is_silent = request->is_notification;
  run(find_call(*request), peer, [reply = std::move(reply), id = request->id, is_silent](const rpc::Outcome& outcome) {
    reply(is_silent ? std::string() : rpc::format_answer(id, outcome), AfterAnswer::kStayOpen);
  });
}

void Dispatcher::run(const tl::expected<Call, rpc::Failure>& call, Peer peer, Answer answer) {
  if (!call) return answer(tl::unexpected(call.error()));
  const auto& command = *call->command;
  if (command.act != nullptr) {
    if (!command.changes_nothing) spdlog::info("uid {} asks: {} {}", peer.uid, command.words, call->params.dump());
    return command.act(context_, call->params, peer, std::move(answer));
  }
  rpc::Outcome outcome;
  try {
    outcome = command.read(context_, call->params);
  } catch (const std::exception& error) {
    outcome = rpc::refuse(rpc::kRefused, fmt::format("`{}` failed: {}", command.words, error.what()));
  }
  answer(std::move(outcome));
}

}  // namespace dialplane::control
