// SPDX-License-Identifier: Apache-2.0
// Every change of the configuration from request to answer, one after the other: the file read again, one backend
// edited, a trial taken back, the running text written to the file. Load and build beside the loop, then adopt, publish
// and wait for the workers. A failure at any step leaves everything as it was. Control thread, but for prepare().
#pragma once

#include "acknowledgements.hpp"
#include "build_thread.hpp"
#include "change_log.hpp"
#include "exception_interfaces.hpp"
#include "netlink_mirror.hpp"
#include "rpc.hpp"
#include "state_keeper.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dialplane::control {

struct ChangeRequest {
  enum class Kind : std::uint8_t {
    kFile,     ///< read the configuration file again
    kEdit,     ///< change the running text by `edit`
    kRestore,  ///< take back what waits for a confirmation
    kSave,     ///< write the running text to `path`
  };
  Kind kind = Kind::kFile;
  bool is_dry_run = false;  ///< load and build, change nothing
  bool is_forced = false;   ///< kFile: allow another placement key; kSave: overwrite a file that may not be lost
  bool is_reset = false;    ///< forget states that commands set and checks found
  std::chrono::seconds confirm_within{0};                               ///< kFile; 0: holds at once
  std::function<Result<std::string>(std::string_view text)> edit = {};  ///< kEdit; runs on the build thread
  std::string backend = {};                                             ///< kEdit: "POOL/NAME", for is_reset
  std::string path = {};                                                ///< kSave
};

class Reloader {
 public:
  using Answer = std::function<void(rpc::Outcome)>;
  /// Who waits for a change, and the line that the log gets of it.
  struct Asker {
    AuditPtr audit;
    Answer answer;
  };
  using Time = std::chrono::steady_clock::time_point;
  /// What a change works on; all owned by the controller.
  struct Parts {
    const std::string& config_path;
    BuildThread& build_thread;
    StateKeeper& state;
    ExceptionInterfaces& interfaces;
    const NetlinkMirror& mirror;
    Acknowledgements& acknowledgements;
    const pipeline::DataPlane& data_plane;
    std::function<config::Control()> listening;  ///< where the process listens, whatever the configuration says
    std::function<void()> adopted;               ///< called once a new configuration holds
  };

  explicit Reloader(Parts parts) : parts_(std::move(parts)), file_text_(parts_.state.config()->text) {}

  /// Changes, behind all that were asked for before. Equal reloads that wait are answered together by one run, as the
  /// file may have changed since.
  void request(ChangeRequest request, Asker asker);
  /// Makes the configuration that is on trial hold. Errors: none is.
  rpc::Outcome confirm();
  /// Once a turn: takes a trial back whose time is over.
  void poll(Time now);

  /// Time left for a confirmation; nullopt: nothing waits for one.
  [[nodiscard]] std::optional<std::chrono::seconds> trial_left(Time now) const;
  [[nodiscard]] const ChangeLog& log() const noexcept { return log_; }
  [[nodiscard]] const std::string& config_path() const noexcept { return parts_.config_path; }
  /// Runs beside the loop, changes nothing, and needs not wait for its turn.
  void ask(BuildThread::Job job) { parts_.build_thread.submit(std::move(job)); }

 private:
  struct Pending {
    ChangeRequest request;
    std::vector<Asker> askers;
  };
  struct Draft {
    std::shared_ptr<const config::Config> config;
    sip::Keyring keys;
    snapshot::CounterCells cells;
    std::unique_ptr<snapshot::Snapshot> snapshot;
    std::vector<std::string> warnings;
    std::vector<config::Difference> differences;
  };
  using Problems = std::vector<std::string>;
  using Prepared = tl::expected<Draft, Problems>;
  struct Inputs;
  /// What holds again unless it is confirmed in time.
  struct Trial {
    std::shared_ptr<const config::Config> config;
    sip::Keyring keys;
    AdminStates admin;  ///< set by command
    std::string file_text;
    Time deadline;
    Time next_attempt = {};  ///< it could not come back: not before this again
    AuditPtr audit = {};     ///< of its coming back by itself, however often that is tried
  };

  static tl::expected<void, Problems> read_file(const Inputs& inputs, Draft& draft);
  static tl::expected<void, Problems> edit_text(const Inputs& inputs, Draft& draft);
  static Prepared prepare(Inputs inputs);
  void start_next();
  [[nodiscard]] std::optional<rpc::Failure> refusal() const;
  void start_change();
  void start_save();
  void take(Prepared prepared);
  rpc::Outcome adopt(Draft draft, std::uint64_t& generation);
  void answer_when_acknowledged(std::uint64_t generation, std::shared_ptr<const config::Config> config,
                                std::vector<config::Difference> differences, Json warnings);
  /// Ends what runs: answers, with an audit line where none is written yet.
  void finish(const rpc::Outcome& outcome);

  Parts parts_;
  std::string file_text_;      ///< the file as it was when what runs was read from it or written to it
  std::string rejected_text_;  ///< the file that was taken over on trial and taken back
  std::deque<Pending> waiting_;
  std::optional<Pending> running_;
  std::optional<Trial> trial_;
  Time started_{};
  ChangeLog log_;
};

/// Runs `work` on the build thread and answers on the loop with what it returns. `work` must own what it uses.
template <class Work>
void answer_beside(Reloader& reloader, Reloader::Answer answer, Work work) {
  reloader.ask([work = std::move(work), answer = std::move(answer)] {
    return [outcome = rpc::Outcome(work()), answer] { answer(outcome); };
  });
}

/// Differences as rows, for people and programs.
Json difference_rows(const std::vector<config::Difference>& differences);

}  // namespace dialplane::control
