// SPDX-License-Identifier: Apache-2.0
// The part of `backend set` that is about the administrative state. Control thread.
#pragma once

#include "command.hpp"

namespace dialplane::control {

/// Sets the state in `params` at once and, if asked for, limits a drain by `deadline` or waits for its end.
void set_backend_state(CommandContext& context, const Json& params, const AuditPtr& audit, Answer answer);

}  // namespace dialplane::control
