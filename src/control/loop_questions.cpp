// SPDX-License-Identifier: Apache-2.0
// Queue and eventfd of LoopQuestions.
#include "loop_questions.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

namespace dialplane::control {

LoopQuestions::LoopQuestions(EventLoop& loop) : loop_(loop), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // An eventfd that cannot be watched shows as questions that time out; epoll only refuses when out of memory.
  static_cast<void>(loop_.add(wake_.get(), EPOLLIN, [this](std::uint32_t) { answer_all(); }));
}

LoopQuestions::~LoopQuestions() {
  close();
  loop_.remove(wake_.get());
}

void LoopQuestions::close() {
  std::deque<std::function<void()>> dropped;
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  dropped.swap(waiting_);
}

bool LoopQuestions::post(std::function<void()> question) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return false;
  waiting_.push_back(std::move(question));
  ::eventfd_write(wake_.get(), 1);
  return true;
}

void LoopQuestions::answer_all() {
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.get(), &ignored);
  std::deque<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex_);
    ready.swap(waiting_);
  }
  for (const auto& question : ready) question();
}

}  // namespace dialplane::control
