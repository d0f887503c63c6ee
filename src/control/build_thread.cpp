// SPDX-License-Identifier: Apache-2.0
// Job queue, eventfd and thread of BuildThread.
#include "build_thread.hpp"

#include "threads.hpp"

#include "dialplane/control/controller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <utility>

namespace dialplane::control {

BuildThread::BuildThread(EventLoop& loop, std::uint16_t cpu)
    : loop_(loop), done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // An eventfd that cannot be watched shows as a reload that is never answered; epoll only refuses when out of memory.
  static_cast<void>(loop_.add(done_.get(), EPOLLIN, [this](std::uint32_t) { take_completions(); }));
  thread_ = std::thread([this, cpu] { run(cpu); });
}

BuildThread::~BuildThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  wake_.notify_one();
  thread_.join();
  loop_.remove(done_.get());
}

void BuildThread::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void BuildThread::run(std::uint16_t cpu) {
  block_signals();
  name_this_thread("dp-build");
  pin_this_thread(cpu);
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    auto completion = job();
    {
      const std::lock_guard lock(mutex_);
      completions_.push_back(std::move(completion));
    }
    ::eventfd_write(done_.get(), 1);
  }
}

void BuildThread::take_completions() {
  eventfd_t ignored = 0;
  ::eventfd_read(done_.get(), &ignored);
  std::deque<Completion> ready;
  {
    const std::lock_guard lock(mutex_);
    ready.swap(completions_);
  }
  for (auto& completion : ready) completion();
}

}  // namespace dialplane::control
