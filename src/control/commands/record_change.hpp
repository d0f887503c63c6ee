// SPDX-License-Identifier: Apache-2.0
// What the commands that change one backend share: reading its name and its numbers. Control thread.
#pragma once

#include "command.hpp"
#include "reload.hpp"

#include "dialplane/config/edit.hpp"

#include <string>

namespace dialplane::control {

struct BackendName {
  std::string pool;
  std::string name;
};

/// Splits "POOL/NAME". Errors: kInvalidParams.
tl::expected<BackendName, rpc::Failure> split_backend(const std::string& text);

/// `weight` and `tier` as keys of the file, as far as they are given; whether they are in range the loader says.
/// Errors: kInvalidParams for what is no number.
tl::expected<config::Members, rpc::Failure> number_members(const Json& params);

/// The request for a change of one backend; the edit is the caller's to set.
ChangeRequest record_change(const Json& params);

}  // namespace dialplane::control
