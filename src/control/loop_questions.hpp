// SPDX-License-Identifier: Apache-2.0
// How a helper thread asks the control thread: a function runs on the loop, its result goes back. Owned by the control
// thread.
#pragma once

#include "event_loop.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace dialplane::control {

class LoopQuestions {
 public:
  /// A loop that needs longer is in trouble: no turn of it takes more than a few milliseconds.
  static constexpr std::chrono::milliseconds kLimit{1000};

  explicit LoopQuestions(EventLoop& loop);
  ~LoopQuestions();
  LoopQuestions(const LoopQuestions&) = delete;
  LoopQuestions& operator=(const LoopQuestions&) = delete;

  /// Runs `read` on the loop and waits for its result. `read` may run after this has given up: it must own what it
  /// uses. Errors: nullopt after kLimit, or at once when close() was called. Thread: any but the loop's own.
  template <class T>
  std::optional<T> ask(std::function<T()> read) {
    auto promise = std::make_shared<std::promise<T>>();
    auto answer = promise->get_future();
    if (!post([promise, read = std::move(read)] { promise->set_value(read()); })) return std::nullopt;
    promise.reset();
    if (answer.wait_for(kLimit) != std::future_status::ready) return std::nullopt;
    try {
      return answer.get();
    } catch (const std::future_error&) {
      return std::nullopt;
    }
  }

  /// Ends every wait and refuses further questions. Thread: control.
  void close();

 private:
  bool post(std::function<void()> question);
  void answer_all();

  EventLoop& loop_;
  UniqueFd wake_;
  std::mutex mutex_;
  std::deque<std::function<void()>> waiting_;
  bool is_closed_ = false;
};

}  // namespace dialplane::control
