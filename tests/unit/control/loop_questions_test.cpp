// SPDX-License-Identifier: Apache-2.0
// Questions of a helper thread to a loop that answers, is slow, or ends. Test thread and one helper.
#include "loop_questions.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace dialplane::control {
namespace {

TEST(LoopQuestions, AQuestionIsAnsweredOnTheLoopsThread) {
  EventLoop loop;
  LoopQuestions questions(loop);
  std::optional<std::thread::id> answered_by;
  std::thread helper([&] { answered_by = questions.ask<std::thread::id>([] { return std::this_thread::get_id(); }); });
  loop.turn(10'000);
  helper.join();
  EXPECT_EQ(answered_by, std::this_thread::get_id());
}

TEST(LoopQuestions, ALoopThatDoesNotTurnGivesNoAnswer) {
  EventLoop loop;
  LoopQuestions questions(loop);
  EXPECT_EQ(questions.ask<int>([] { return 1; }), std::nullopt);
}

TEST(LoopQuestions, ALateAnswerHarmsNobody) {
  EventLoop loop;
  LoopQuestions questions(loop);
  EXPECT_EQ(questions.ask<std::string>([] { return std::string(100, 'x'); }), std::nullopt);
  loop.turn(0);
}

TEST(LoopQuestions, AClosedOneEndsWaitsAtOnce) {
  EventLoop loop;
  LoopQuestions questions(loop);
  const auto began = std::chrono::steady_clock::now();
  std::optional<int> answer = 1;
  std::thread helper([&] { answer = questions.ask<int>([] { return 1; }); });
  questions.close();
  helper.join();
  EXPECT_EQ(answer, std::nullopt);
  EXPECT_LT(std::chrono::steady_clock::now() - began, LoopQuestions::kLimit);
}

}  // namespace
}  // namespace dialplane::control
