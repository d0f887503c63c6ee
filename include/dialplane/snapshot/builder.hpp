// SPDX-License-Identifier: Apache-2.0
// Config + runtime state → Snapshot. Build thread (full builds) or control thread (state and next-hop changes).
#pragma once

#include "dialplane/base/result.hpp"
#include "dialplane/config/config.hpp"
#include "dialplane/config/loader.hpp"
#include "dialplane/sip/keys.hpp"
#include "dialplane/snapshot/snapshot.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dialplane::snapshot {

/// Gives each backend id and each rule's name a counter cell, once and for the life of the process. Owner: control.
class CounterCells {
 public:
  /// Errors: kMaxBackendCells ids have been seen.
  Result<BackendCell> cell_of(BackendId id);
  /// Errors: kMaxRuleCells names have been seen.
  Result<RuleCell> cell_of_rule(const std::string& name);

 private:
  std::map<std::uint32_t, std::uint16_t> cells_;
  std::map<std::string, std::uint16_t> rule_cells_;
};

/// What health checks make of a backend.
struct Observed {
  ObservedState state = ObservedState::kUnknown;
  bool in_panic = false;
  std::uint16_t share = balance::kWholeShare;
  friend bool operator==(const Observed&, const Observed&) = default;
};

/// A backend that is gone from the file and still has dialogs.
struct LeavingBackend {
  std::string pool;
  config::Backend backend;
  std::chrono::steady_clock::time_point since{};
  std::chrono::milliseconds linger{0};  ///< it has left this much later at the latest
};

/// What is not in the file: learnt or commanded at run time, found again by stable names.
struct RuntimeState {
  std::map<std::string, config::AdminState> admin;  ///< "POOL/NAME" → state set by command
  std::map<std::string, Observed> observed;         ///< "POOL/NAME"
  std::vector<LeavingBackend> leaving;
  bool is_draining = false;                  ///< the node as a whole
  std::array<MacAddress, kMaxPorts> macs{};  ///< of the ports
  std::shared_ptr<const NextHopTable> next_hops = std::make_shared<NextHopTable>();
  /// Of the process. None: that of the snapshot before, or a new one.
  std::shared_ptr<balance::BackendStates> backend_states;
  std::shared_ptr<balance::AffinityTable> affinity;  ///< likewise
};

/// What tokens name a backend by: made of its `id`, or of its address where it has none.
BackendId id_of(const config::Backend& backend);

/// Compiles the rules only to see what is wrong with them: the check that the loader is given wherever its problems are
/// for people. Thread: build, or control before its loop runs. Cost: up to a millisecond a rule.
std::vector<config::RuleProblem> check_rules(const std::vector<config::Rule>& rules);

/// Builds a whole snapshot. Slot tables whose members and key are unchanged, and compiled rules if all are unchanged,
/// are shared with `previous` (may be nullptr). `config_generation` is that of `previous`, one more if `config` is
/// another object. Errors: two backends or listeners whose ids collide, too many backends or rules, a rule that does
/// not compile.
Result<std::unique_ptr<Snapshot>> build_snapshot(std::shared_ptr<const config::Config> config, const sip::Keyring& keys,
                                                 const RuntimeState& state, CounterCells& cells,
                                                 const Snapshot* previous);

/// What happens where the configuration names no key file and state_dir has none.
enum class KeyFiles : std::uint8_t {
  kMake,      ///< it is made
  kLookOnly,  ///< nothing is written: a key that nobody has stands for it
};
/// Reads the key files of `config.keys`, or makes them once in state_dir (mode 0600) and reads them.
/// `warnings` gets one line for each file that was or would be made. Errors: unreadable, malformed, or ids that
/// collide. Thread: build, or control before its loop runs.
Result<sip::Keyring> load_keyring(const config::Config& config, std::vector<std::string>& warnings,
                                  KeyFiles files = KeyFiles::kMake);

}  // namespace dialplane::snapshot
