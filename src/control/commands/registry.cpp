// SPDX-License-Identifier: Apache-2.0
// All commands by name. Any thread.
#include "command.hpp"

#include <array>

namespace dialplane::control {

std::span<const Command> commands() noexcept {
  static const std::array kAll{
      kShowInfo,    kShowService,   kShowWorkers, kShowPorts,     kShowBackends, kShowPools,     kShowListeners,
      kShowMethods, kShowResponses, kShowAnswers, kShowDrops,     kShowSteering, kShowAffinity,  kShowDialogs,
      kShowStun,    kShowStages,    kShowRules,   kShowNeighbors, kShowConfig,   kShowChanges,   kShowHealth,
      kHealth,      kShowHelp,      kBackendAdd,  kBackendDel,    kBackendSet,   kExplain,       kConfigCheck,
      kConfigDiff,  kConfigSave,    kNodeDrain,   kNodeReady,     kReload,       kReloadConfirm, kReloadCancel};
  return kAll;
}

}  // namespace dialplane::control
