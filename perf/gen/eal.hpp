// SPDX-License-Identifier: Apache-2.0
// Starts DPDK's environment for the generator and ends it without leaving files. Main thread only.
#pragma once

#include "dialplane/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dialplane::gen {

struct EalOptions {
  std::uint16_t main_cpu = 0;
  std::vector<std::uint16_t> loop_cpus;  ///< one lcore each, numbered from 1
  bool hugepages = false;
  std::uint32_t memory_mb = 512;
  std::vector<std::string> extra;  ///< given to EAL as they are
};

/// The running environment; one per process.
class Eal {
 public:
  /// Errors: EAL's own words about what it could not do.
  static Result<std::unique_ptr<Eal>> start(const EalOptions& options);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

 private:
  explicit Eal(std::string runtime_folder) : runtime_folder_(std::move(runtime_folder)) {}
  std::string runtime_folder_;
};

}  // namespace dialplane::gen
