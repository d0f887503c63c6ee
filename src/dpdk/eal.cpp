// SPDX-License-Identifier: Apache-2.0
// EAL from first file to last. Control thread.
#include "eal.hpp"

#include "eal_arguments.hpp"
#include "eal_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace dialplane::dpdk {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kLockName = "dialplane.lock";

/// Where EAL will put its files. Source: EAL parameters, "runtime directory".
fs::path run_directory(const std::string& name) {
  const char* base = std::getenv("RUNTIME_DIRECTORY");
  if (base == nullptr && ::getuid() != 0) base = std::getenv("XDG_RUNTIME_DIR");
  if (base == nullptr) base = ::getuid() == 0 ? "/var/run" : "/tmp";
  return fs::path(base) / "dpdk" / name;
}

/// A name that is one file name and nothing else.
bool is_file_name(const std::string& name) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  return !name.empty() && name.size() <= 64 && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed);
}

/// EAL answers an unknown CPU with two screens of usage.
Result<void> check_cpus(const config::Runtime& runtime) {
  auto cpus = runtime.worker_cpus;
  cpus.push_back(runtime.main_cpu);
  for (const auto cpu : cpus)
    if (!fs::exists(fmt::format("/sys/devices/system/cpu/cpu{}/topology", cpu)))
      return fail(fmt::format("this machine has no CPU {}; correct runtime.main_cpu or runtime.worker_cpus", cpu));
  return {};
}

/// Removes everything in `directory` but our lock.
void remove_leftovers(const fs::path& directory) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored))
    if (entry.path().filename() != kLockName) fs::remove_all(entry.path(), ignored);
}

/// Removes the huge page files of instance `name`, which exist only if an extra argument asked for them.
void remove_huge_files(const std::string& name) {
  std::ifstream mounts("/proc/mounts");
  std::string device, point, type, rest;
  std::error_code ignored;
  while (mounts >> device >> point >> type && std::getline(mounts, rest)) {
    if (type != "hugetlbfs") continue;
    for (const auto& entry : fs::directory_iterator(point, ignored))
      if (entry.path().filename().string().rfind(name + "map_", 0) == 0) fs::remove(entry.path(), ignored);
  }
}

std::string advice(const config::Config& config, bool has_extra_arguments, int error) {
  if (has_extra_arguments && error == EINVAL) return "correct the EAL arguments given after --";
  if (config.runtime.memory == config::Memory::kNone) {
    return ::geteuid() == 0 ? "see what DPDK printed before this" : "run as root";
  }
  return fmt::format("reserve {} MiB of huge pages (scripts/hugepages) or set runtime.memory = \"none\"",
                     memory_mib(config));
}

}  // namespace

Result<void> Eal::take_directory(const std::string& name) {
  const auto directory = run_directory(name);
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return fail(fmt::format("cannot make {}: {}; run as root", directory.string(), error.message()));
  const auto lock = (directory / kLockName).string();
  lock_ = ::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock_ < 0) return fail(fmt::format("cannot open {}: {}; run as root", lock, std::strerror(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
    return fail(
        fmt::format("an instance named '{}' is running already; stop it or give this one another runtime.name", name));
  directory_ = directory.string();
  remove_leftovers(directory);
  remove_huge_files(name);
  return {};
}

Result<std::unique_ptr<Eal>> Eal::start(const config::Config& config, std::span<const std::string> extra) {
  if (!is_file_name(config.runtime.name))
    return fail(fmt::format("runtime.name '{}' must be 1 to 64 letters, digits, '-', '_' or '.'", config.runtime.name));
  if (auto present = check_cpus(config.runtime); !present) return tl::unexpected(present.error());
  std::unique_ptr<Eal> eal(new Eal);
  if (auto taken = eal->take_directory(config.runtime.name); !taken) return tl::unexpected(taken.error());
  eal->arguments_ = eal_arguments(config, extra);
  eal->line_ = fmt::format("{}", fmt::join(eal->arguments_, " "));
  for (auto& argument : eal->arguments_) eal->argv_.push_back(argument.data());
  eal->argv_.push_back(nullptr);
  redirect_eal_log();
  clear_eal_error();
  if (rte_eal_init(static_cast<int>(eal->arguments_.size()), eal->argv_.data()) < 0)
    return fail(with_eal_error(fmt::format("EAL did not start; {}", advice(config, !extra.empty(), rte_errno))));
  eal->started_ = true;
  redirect_xdp_log();
  return eal;
}

Eal::~Eal() {
  if (started_) rte_eal_cleanup();
  if (!directory_.empty()) {
    std::error_code ignored;
    remove_huge_files(fs::path(directory_).filename().string());
    fs::remove_all(directory_, ignored);
  }
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace dialplane::dpdk
