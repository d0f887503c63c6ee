// SPDX-License-Identifier: Apache-2.0
// The pages of the HTTP endpoint: /metrics, /healthz, /readyz. Made on the control thread, written on helper threads.
#pragma once

#include "command_context.hpp"
#include "http_endpoint.hpp"
#include "loop_questions.hpp"

#include <vector>

namespace dialplane::control {

/// Lifetime: both must outlive the endpoint that serves the pages; `context` is only used on the loop.
std::vector<HttpEndpoint::Page> service_pages(LoopQuestions& questions, const CommandContext& context);

}  // namespace dialplane::control
