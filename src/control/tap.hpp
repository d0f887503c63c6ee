// SPDX-License-Identifier: Apache-2.0
// One TAP interface: a kernel interface whose wire is this process. Control thread; it dies with its descriptor.
#pragma once

#include "unique_fd.hpp"

#include "dialplane/base/bytes.hpp"
#include "dialplane/base/result.hpp"

#include <cstddef>
#include <string>

namespace dialplane::control {

class Tap {
 public:
  /// Makes a new interface. Errors: the name is taken, no TUN driver, no permission; the text says what to do.
  static Result<Tap> create(const std::string& name);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] int ifindex() const noexcept { return ifindex_; }
  /// Gives a frame to the kernel; false if it did not take it (interface down, no memory).
  bool write(ByteSpan frame) noexcept;
  /// Reads one frame of the kernel's into `buffer`; 0 if none waits.
  std::size_t read(MutableBytes buffer) noexcept;

 private:
  Tap(UniqueFd fd, int ifindex) noexcept : fd_(std::move(fd)), ifindex_(ifindex) {}
  UniqueFd fd_;
  int ifindex_ = 0;
};

}  // namespace dialplane::control
