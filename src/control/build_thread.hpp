// SPDX-License-Identifier: Apache-2.0
// The thread beside the loop that does what takes longer than the loop may: loading files, building tables. Its
// results come back to the loop by an eventfd. Owns the thread; jobs run one after the other.
#pragma once

#include "event_loop.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace dialplane::control {

class BuildThread {
 public:
  /// Runs on the loop once the job is done.
  using Completion = std::function<void()>;
  /// Runs on the build thread; must not touch what the control thread owns.
  using Job = std::function<Completion()>;

  BuildThread(EventLoop& loop, std::uint16_t cpu);
  /// Waits for the job that runs; those behind it and completions not yet taken are dropped.
  ~BuildThread();
  BuildThread(const BuildThread&) = delete;
  BuildThread& operator=(const BuildThread&) = delete;

  /// Thread: control.
  void submit(Job job);

 private:
  void run(std::uint16_t cpu);
  void take_completions();

  EventLoop& loop_;
  UniqueFd done_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::deque<Completion> completions_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dialplane::control
