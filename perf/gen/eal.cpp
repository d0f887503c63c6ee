// SPDX-License-Identifier: Apache-2.0
// EAL arguments of the generator: no PCI scan of its own, no telemetry, its own file prefix.
#include "eal.hpp"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace dialplane::gen {

Result<std::unique_ptr<Eal>> Eal::start(const EalOptions& options) {
  auto lcores = fmt::format("--lcores=0@{}", options.main_cpu);
  for (std::size_t i = 0; i < options.loop_cpus.size(); ++i) {
    lcores += fmt::format(",{}@{}", i + 1, options.loop_cpus[i]);
  }
  std::vector<std::string> words{"dialplane-gen", lcores, "--main-lcore=0",
                                 fmt::format("--file-prefix=dialplane-gen-{}", ::getpid()), "--no-telemetry",
                                 // An allow list that names no real device: ports are added by name afterwards.
                                 "-a", "0000:00:00.0", "--iova-mode=va", "--log-level=lib.eal:error"};
  if (options.hugepages) {
    words.emplace_back("--in-memory");
  } else {
    words.emplace_back("--no-huge");
    words.emplace_back("-m");
    words.push_back(std::to_string(options.memory_mb));
  }
  words.insert(words.end(), options.extra.begin(), options.extra.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0) {
    return fail(fmt::format("DPDK did not start: {} (is it run as root{}?)", rte_strerror(rte_errno),
                            options.hugepages ? ", and are huge pages reserved" : ""));
  }
  return std::unique_ptr<Eal>(new Eal(rte_eal_get_runtime_dir()));
}

Eal::~Eal() {
  rte_eal_cleanup();
  std::error_code ignored;
  if (!runtime_folder_.empty()) std::filesystem::remove_all(runtime_folder_, ignored);
}

}  // namespace dialplane::gen
