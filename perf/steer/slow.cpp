// SPDX-License-Identifier: Apache-2.0
// Plays calls against the real counts. Main thread.
#include "slow.hpp"

#include "schemes.hpp"

#include <functional>
#include <queue>
#include <random>
#include <vector>

namespace dialplane::perf {
namespace {

constexpr std::size_t kBackends = 4;
constexpr std::size_t kSlow = 2;
constexpr unsigned kUsual_ms = 5;
constexpr unsigned kCall_ms = 5'000;
constexpr double kCallsPerMs = 0.3;
constexpr double kWarm_ms = 20'000;
constexpr double kEnd_ms = 80'000;

struct Event {
  double at_ms = 0;
  std::size_t backend = 0;
  unsigned answered_after_ms = 0;  ///< 0: the call ends
  friend bool operator>(const Event& a, const Event& b) noexcept { return a.at_ms > b.at_ms; }
};

class Play {
 public:
  Play(balance::Policy policy, unsigned answers_ms)
      : plan_(balance::make_plan({policy, members_, {}}, steering_key(), {})), answers_ms_(answers_ms) {}

  double run() {
    std::size_t calls = 0;
    std::size_t to_slow = 0;
    std::exponential_distribution<double> gap(kCallsPerMs);
    for (double now = gap(random_); now < kEnd_ms; now += gap(random_)) {
      settle(now);
      const std::size_t backend = place(now);
      if (now < kWarm_ms) continue;
      ++calls;
      to_slow += backend == kSlow ? 1 : 0;
    }
    return static_cast<double>(to_slow) / static_cast<double>(calls);
  }

 private:
  std::size_t place(double now) {
    const auto picked = balance::pick(plan_, {usable_, {}, cells_, states_}, random_(), balance::PickMode::kWhole,
                                      static_cast<std::uint64_t>(now), memory_);
    const std::size_t backend = picked.position;
    const unsigned answered = backend == kSlow ? answers_ms_ : kUsual_ms;
    states_.note_opened(by_, cells_[backend], balance::Holding::kDialogs);
    events_.push({now + answered, backend, answered});
    events_.push({now + answered + kCall_ms, backend, 0});
    return backend;
  }

  void settle(double now) {
    for (; !events_.empty() && events_.top().at_ms <= now; events_.pop()) {
      const Event& event = events_.top();
      if (event.answered_after_ms == 0) {
        states_.note_closed(by_, cells_[event.backend], balance::Holding::kDialogs);
      } else {
        states_.note_latency(by_, cells_[event.backend], event.answered_after_ms * 1'000,
                             static_cast<std::uint64_t>(event.at_ms));
      }
    }
  }

  std::vector<balance::Member> members_ = make_members(kBackends, std::array<std::uint32_t, 1>{100});
  std::vector<std::uint8_t> usable_ = std::vector<std::uint8_t>(kBackends, 1);
  std::vector<BackendCell> cells_ = {BackendCell(0), BackendCell(1), BackendCell(2), BackendCell(3)};
  balance::BackendStates states_{1};
  balance::StatesWriter by_{0};
  balance::PoolMemory memory_;
  balance::Plan plan_;
  unsigned answers_ms_;
  std::mt19937_64 random_{5};  // NOLINT: the same calls in every run
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

}  // namespace

double share_of_one(balance::Policy policy, unsigned answers_ms) { return Play(policy, answers_ms).run(); }

}  // namespace dialplane::perf
