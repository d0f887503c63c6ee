// SPDX-License-Identifier: Apache-2.0
// The result type of cold code: a value, or an error whose text says what, where and what to do next.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace dialplane {

/// Why a cold-path operation failed, as one sentence for a person.
struct Error {
  std::string text;
};

template <class T>
using Result = tl::expected<T, Error>;

/// Makes the failed branch of any Result.
inline tl::unexpected<Error> fail(std::string text) { return tl::unexpected<Error>(Error{std::move(text)}); }

}  // namespace dialplane
