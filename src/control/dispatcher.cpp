// SPDX-License-Identifier: Apache-2.0
// From a line to a command and back. Control thread.
#include "dispatcher.hpp"

#include "words.hpp"

#include <fmt/format.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace dialplane::control {

namespace {

std::optional<std::vector<std::string>> words_in(const Json& params) {
  const auto* words = params.find("words");
  if (words == nullptr || !words->is_array()) return std::nullopt;
  std::vector<std::string> list;
  for (const auto& word : *words) {
    if (!word.is_string()) return std::nullopt;
    list.push_back(word.get<std::string>());
  }
  return list;
}

/// Answers what is no call. Who meant to change something is in the log all the same.
void refuse(const rpc::Failure& failure, const Command* command, Peer peer, std::string text, const Answer& answer) {
  const rpc::Outcome outcome = tl::unexpected(failure);
  if (command != nullptr && command->act != nullptr) AuditLine(peer, std::move(text)).answered(outcome);
  answer(outcome);
}

}  // namespace

void Dispatcher::handle(std::string_view line, Peer peer, Reply reply) {
  if (line.starts_with('{')) return handle_json(line, peer, std::move(reply));
  run_words(split_words(line), peer, [reply = std::move(reply)](const rpc::Outcome& outcome) {
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
  Answer answer = [reply = std::move(reply), id = request->id, is_silent](const rpc::Outcome& outcome) {
    reply(is_silent ? std::string() : rpc::format_answer(id, outcome), AfterAnswer::kStayOpen);
  };
  if (request->method != "words") return run_method(request->method, request->params, peer, std::move(answer));
  const auto words = words_in(request->params);
  if (!words) return answer(rpc::refuse(rpc::kInvalidParams, "`words` is an array of strings"));
  run_words(*words, peer, std::move(answer));
}

void Dispatcher::run_words(const std::vector<std::string>& words, Peer peer, Answer answer) {
  const auto call = parse_words(words);
  if (!call) return refuse(call.error(), command_of(words), peer, text_of(words), answer);
  run(*call, peer, std::move(answer));
}

void Dispatcher::run_method(const std::string& method, const Json& params, Peer peer, Answer answer) {
  const auto call = check_call(method, params);
  if (!call) return refuse(call.error(), command_of(method), peer, method + " " + params.dump(), answer);
  run(*call, peer, std::move(answer));
}

void Dispatcher::run(const Call& call, Peer peer, Answer answer) {
  const auto& command = *call.command;
  if (command.act != nullptr) return act(call, peer, std::move(answer));
  if (command.look != nullptr) return command.look(context_, call.params, peer, std::move(answer));
  rpc::Outcome outcome;
  try {
    outcome = command.read(context_, call.params);
  } catch (const std::exception& error) {
    outcome = rpc::refuse(rpc::kRefused, fmt::format("`{}` failed: {}", command.words, error.what()));
  }
  answer(std::move(outcome));
}

void Dispatcher::act(const Call& call, Peer peer, Answer answer) {
  auto audit = std::make_shared<AuditLine>(peer, text_of(*call.command, call.params));
  call.command->act(context_, call.params, audit, [audit, answer = std::move(answer)](const rpc::Outcome& outcome) {
    audit->answered(outcome);
    answer(outcome);
  });
}

}  // namespace dialplane::control
