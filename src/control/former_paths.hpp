// SPDX-License-Identifier: Apache-2.0
// Which server of a configuration is which of another one. Control thread.
#pragma once

#include "dialplane/config/config.hpp"

#include <map>
#include <string>

namespace dialplane::control {

/// "POOL/NAME" now → "POOL/NAME" then, of servers that one pool has before and after a change: those of one address,
/// whatever they are called. Who is new is not in it.
using FormerPaths = std::map<std::string, std::string>;
FormerPaths former_paths(const config::Config& before, const config::Config& after);
/// Of these the renamed ones: nobody has the old name now, and nobody had the new one then.
FormerPaths renamed_paths(const config::Config& before, const config::Config& after);

}  // namespace dialplane::control
