// SPDX-License-Identifier: Apache-2.0
// Why a message gets its backend: the affinity entry that binds it, and what the policy looks at. Control thread.
#pragma once

#include "explain_rows.hpp"
#include "explain_steps.hpp"

namespace dialplane::control {

/// The affinity entry of the message's Call-ID, or that there is none, and of the dialog that it names.
void tell_affinity(const Explained& explained, Steps& steps);
/// Key, slot and policy of a request, and each candidate with its states and what the policy compares.
void tell_placement(const Explained& explained, Steps& steps);

}  // namespace dialplane::control
