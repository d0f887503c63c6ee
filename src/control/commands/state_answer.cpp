// SPDX-License-Identifier: Apache-2.0
// Telling of workers that are late with a state. Control thread.
#include "state_answer.hpp"

#include "acknowledgements.hpp"

#include <fmt/format.h>

namespace dialplane::control {

bool has_been_taken(const CommandContext& context, AuditLine& audit, const std::vector<WorkerIndex>& late,
                    const Answer& answer) {
  const auto names = name_workers(late, context.data_plane);
  audit.tell(names);
  if (late.empty()) return true;
  answer(rpc::refuse(rpc::kRefused, fmt::format("the state is set, but {} did not take it within 2 s", names)));
  return false;
}

}  // namespace dialplane::control
