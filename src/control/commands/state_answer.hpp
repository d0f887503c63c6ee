// SPDX-License-Identifier: Apache-2.0
// What a command that sets a state says once the workers have had their time to take it. Control thread.
#pragma once

#include "command.hpp"

#include <vector>

namespace dialplane::control {

/// Writes the audit line. False if workers are late: then `answer` has been told which.
bool has_been_taken(const CommandContext& context, AuditLine& audit, const std::vector<WorkerIndex>& late,
                    const Answer& answer);

}  // namespace dialplane::control
