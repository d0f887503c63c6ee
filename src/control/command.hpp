// SPDX-License-Identifier: Apache-2.0
// What a command of the control socket is: its words, its arguments, its help and the function behind it.
#pragma once

#include "audit.hpp"
#include "command_context.hpp"
#include "rpc.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace dialplane::control {

enum class ArgKind : std::uint8_t {
  kPositional,  ///< a word at its place
  kKeyed,       ///< its name and then its value: `state drain`
  kOption,      ///< the same, written `--confirm 60s`
  kFlag,        ///< its name alone: `all`, `--dry-run`
};

struct Arg {
  std::string_view name;  ///< also the name of the JSON parameter
  ArgKind kind = ArgKind::kPositional;
  std::string_view placeholder;  ///< "POOL/NAME"; for flags empty
  bool is_optional = false;      ///< flags always are
};

using Answer = std::function<void(rpc::Outcome)>;

struct Command {
  std::string_view words;  ///< "backend set"; the method is these joined by dots
  std::span<const Arg> args;
  std::string_view help;  ///< one sentence
  // Exactly one of the three is set. `params` has every name checked, flags as booleans, the rest as strings.
  /// A command that reads: answers at once.
  rpc::Outcome (*read)(const CommandContext&, const Json& params) = nullptr;
  /// A command that changes something: may answer later. Its audit line is written with the answer unless it says more
  /// there before.
  void (*act)(CommandContext&, const Json& params, const AuditPtr&, Answer) = nullptr;
  /// A command that reads, but for longer than the loop may take: answers later.
  void (*look)(CommandContext&, const Json& params, Peer, Answer) = nullptr;
};

/// All commands, in the order in which `show help` lists them.
std::span<const Command> commands() noexcept;

// One per file in commands/.
extern const Command kShowInfo;
extern const Command kShowService;
extern const Command kShowWorkers;
extern const Command kShowPorts;
extern const Command kShowBackends;
extern const Command kShowPools;
extern const Command kShowListeners;
extern const Command kShowMethods;
extern const Command kShowResponses;
extern const Command kShowAnswers;
extern const Command kShowDrops;
extern const Command kShowSteering;
extern const Command kShowAffinity;
extern const Command kShowDialogs;
extern const Command kShowStages;
extern const Command kShowStun;
extern const Command kShowRules;
extern const Command kShowNeighbors;
extern const Command kShowHelp;
extern const Command kShowChanges;
extern const Command kShowConfig;
extern const Command kShowHealth;
extern const Command kHealth;
extern const Command kBackendAdd;
extern const Command kBackendDel;
extern const Command kBackendSet;
extern const Command kExplain;
extern const Command kConfigCheck;
extern const Command kConfigDiff;
extern const Command kConfigSave;
extern const Command kNodeDrain;
extern const Command kNodeReady;
extern const Command kReload;
extern const Command kReloadCancel;
extern const Command kReloadConfirm;

}  // namespace dialplane::control
