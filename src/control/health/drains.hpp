// SPDX-License-Identifier: Apache-2.0
// Drains of backends and of the node: what remains, who waits for the end, and what happens at the deadline; and who
// set which administrative state when. Control thread.
#pragma once

#include "leaving.hpp"
#include "rpc.hpp"
#include "state_keeper.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::control {

/// What a backend or the node still holds.
struct Remaining {
  std::uint64_t dialogs = 0;
  std::uint64_t registrations = 0;
  [[nodiscard]] bool none() const noexcept { return dialogs == 0 && registrations == 0; }
};

/// Who set an administrative state, and when.
struct AdminNote {
  SteadyTime since{};
  std::string by;  ///< "file", "uid 0", "deadline"
  config::AdminState state = config::AdminState::kReady;
};

/// The backend "POOL/NAME"; a member of the file before one of that name that is leaving, nullptr if there is neither.
const snapshot::Backend* find_backend(const snapshot::Snapshot& snapshot, std::string_view path);

class Drains {
 public:
  using Answer = std::function<void(rpc::Outcome)>;

  Drains(StateKeeper& state, SteadyTime now) : state_(state), started_(now) {}

  /// A command set the state of "POOL/NAME"; what the last one had begun ends with it.
  void set(const std::string& backend, config::AdminState admin, const std::string& by, SteadyTime now);
  /// It becomes `maint` this much later if it is still in drain.
  void limit(const std::string& backend, std::chrono::milliseconds deadline, SteadyTime now);
  /// Answers when the backend holds nothing, or its deadline has come; refuses if another state is set meanwhile.
  void wait(const std::string& backend, Answer answer, SteadyTime now);
  /// Answers when the node holds nothing; refuses if it is made ready meanwhile.
  void wait_for_node(Answer answer, SteadyTime now);
  void node_is_ready();

  /// Once a turn.
  void turn(SteadyTime now);

  [[nodiscard]] AdminNote note_of(const std::string& backend) const;
  [[nodiscard]] std::optional<SteadyTime> deadline_of(const std::string& backend) const;
  /// Since when a backend is leaving.
  [[nodiscard]] SteadyTime leaving_since(const std::string& backend) const;
  [[nodiscard]] Remaining remaining(const snapshot::Backend& backend) const;
  [[nodiscard]] Remaining remaining_on_node() const;

 private:
  struct Waiting {
    std::string backend;  ///< empty: the node
    Answer answer;
    SteadyTime began;
    std::optional<SteadyTime> empty_since;
  };
  struct Deadline {
    SteadyTime at;
    std::optional<SteadyTime> again_at;  ///< set: it has come, and the state could not be published
  };
  [[nodiscard]] const snapshot::Snapshot& current() const { return *state_.publisher().latest(); }
  void follow_file(SteadyTime now);
  /// A server that has another name takes along what was said of it.
  void follow_names(const config::Config& before);
  void end_late(SteadyTime now);
  void answer_waiting(SteadyTime now);
  bool is_over(Waiting& waiting, SteadyTime now) const;
  void finish(const std::string& backend, const rpc::Outcome& outcome);
  void refuse_waiting(const std::string& backend, config::AdminState admin, std::string_view by);
  void let_leave(SteadyTime now);

  StateKeeper& state_;
  SteadyTime started_;
  SteadyTime worked_{};
  std::shared_ptr<const config::Config> seen_config_;
  std::map<std::string, AdminNote> notes_;
  std::map<std::string, Deadline> deadlines_;
  std::vector<Waiting> waiting_;
};

}  // namespace dialplane::control
