// SPDX-License-Identifier: Apache-2.0
// EAL from first file to last: the instance's run directory, start, clean end. Control thread.
#pragma once

#include "dialplane/base/result.hpp"
#include "dialplane/config/config.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dialplane::dpdk {

/// EAL while this object lives. One per process, and once only: EAL cannot start twice.
class Eal {
 public:
  /// Takes the instance name, removes what a killed predecessor left, starts EAL on the calling thread.
  /// Errors: the name is taken, or EAL would not start; nothing is left behind.
  static Result<std::unique_ptr<Eal>> start(const config::Config& config, std::span<const std::string> extra);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  /// The arguments as one line.
  [[nodiscard]] const std::string& line() const noexcept { return line_; }

 private:
  Eal() = default;
  Result<void> take_directory(const std::string& name);

  std::vector<std::string> arguments_;  // EAL keeps pointers into them
  std::vector<char*> argv_;
  std::string line_;
  std::string directory_;
  int lock_ = -1;
  bool started_ = false;
};

}  // namespace dialplane::dpdk
