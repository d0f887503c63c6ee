// SPDX-License-Identifier: Apache-2.0
// What the three pages ask the loop and how they say it. Helper threads, but for what runs inside the questions.
#include "service_pages.hpp"

#include "command.hpp"
#include "metrics.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace dialplane::control {

namespace {

using Answer = HttpEndpoint::Answer;

constexpr int kOk = 200;
constexpr int kUnavailable = 503;

Answer unavailable(std::string text) { return {kUnavailable, Answer{}.content_type, std::move(text)}; }

Answer silent_loop() { return unavailable("the control loop has not answered for 1 s\n"); }

/// Asks for one command a question, so that no turn of the loop is longer than the longest command.
Answer metrics_page(LoopQuestions& questions, const CommandContext& context) {
  const auto ask = [&](std::string_view words) -> std::optional<Json> {
    const auto command = std::ranges::find(commands(), words, &Command::words);
    if (command == commands().end()) return std::nullopt;
    const auto outcome =
        questions.ask<rpc::Outcome>([&context, read = command->read] { return read(context, Json::object()); });
    if (!outcome || !*outcome) return std::nullopt;
    return **outcome;
  };
  auto page = write_metrics(ask);
  if (!page) return silent_loop();
  return {kOk, "text/plain; version=0.0.4; charset=utf-8", std::move(*page)};
}

Answer verdict_page(LoopQuestions& questions, std::function<ServiceState::Verdict()> judge) {
  auto verdict = questions.ask<ServiceState::Verdict>(std::move(judge));
  if (!verdict) return silent_loop();
  if (!verdict->ok) return unavailable(std::move(verdict->text));
  return {kOk, Answer{}.content_type, std::move(verdict->text)};
}

}  // namespace

std::vector<HttpEndpoint::Page> service_pages(LoopQuestions& questions, const CommandContext& context) {
  return {
      {"/metrics", [&] { return metrics_page(questions, context); }},
      {"/healthz", [&] { return verdict_page(questions, [&context] { return context.service.health(); }); }},
      {"/readyz", [&] { return verdict_page(questions, [&context] { return context.service.readiness(); }); }},
  };
}

}  // namespace dialplane::control
