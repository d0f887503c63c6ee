// SPDX-License-Identifier: Apache-2.0
// A stdio stream whose writes are split into lines. DPDK may log from any of its threads, hence the lock.
#include "eal_log.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <rte_log.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string_view>

namespace dialplane::dpdk {
namespace {

struct LogState {
  std::mutex mutex;
  std::string partial;
  std::string first_warning;
  std::string first_error;
  std::string last_xdp_line;
};

LogState& state() {
  // Never destroyed: threads of EAL may log until the process has ended.
  static auto* const kState = new LogState;
  return *kState;
}

void take_line(LogState& log, std::string_view line) {
  if (line.empty()) return;
  fmt::print(stderr, "dpdk: {}\n", line);
  // Callers up the stack log their own failure after the one that says why, so the first line is kept.
  const int level = rte_log_cur_msg_loglevel();
  auto& kept = level > 0 && level <= static_cast<int>(RTE_LOG_ERR) ? log.first_error : log.first_warning;
  if (kept.empty()) kept = line;
}

ssize_t write_log(void* /*cookie*/, const char* bytes, size_t size) {
  auto& log = state();
  const std::lock_guard lock(log.mutex);
  log.partial.append(bytes, size);
  std::size_t begin = 0;
  for (auto end = log.partial.find('\n'); end != std::string::npos; end = log.partial.find('\n', begin)) {
    take_line(log, std::string_view(log.partial).substr(begin, end - begin));
    begin = end + 1;
  }
  log.partial.erase(0, begin);
  return static_cast<ssize_t>(size);
}

/// The print function of libxdp and libbpf, which agree on its form: level (0 warning, 1 information, 2 debug), text.
int take_xdp_line(int level, const char* format, std::va_list arguments) {
  std::array<char, 512> text{};
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string_view line(text.data());
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (level == 0 && !line.empty()) {
    auto& log = state();
    const std::lock_guard lock(log.mutex);
    log.last_xdp_line = line;
  }
  return length;
}

/// Sets the print function of a library that a driver has brought along; nothing if none has.
void redirect_library(const char* library, const char* setter) {
  using Print = int (*)(int, const char*, std::va_list);
  void* const handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
  if (handle == nullptr) return;
  if (void* const found = dlsym(handle, setter); found != nullptr)
    reinterpret_cast<Print (*)(Print)>(found)(take_xdp_line);
  dlclose(handle);
}

}  // namespace

void redirect_xdp_log() {
  redirect_library("libxdp.so.1", "libxdp_set_print");
  redirect_library("libbpf.so.1", "libbpf_set_print");
}

void redirect_eal_log() {
  static std::FILE* const kStream = [] {
    cookie_io_functions_t functions{};
    functions.write = write_log;
    return fopencookie(nullptr, "w", functions);
  }();
  if (kStream != nullptr) rte_openlog_stream(kStream);
}

void clear_eal_error() {
  auto& log = state();
  const std::lock_guard lock(log.mutex);
  log.first_warning.clear();
  log.first_error.clear();
  log.last_xdp_line.clear();
}

std::string with_eal_error(std::string text) {
  auto& log = state();
  const std::lock_guard lock(log.mutex);
  const auto& said = log.first_error.empty() ? log.first_warning : log.first_error;
  if (!said.empty()) text += fmt::format(" (DPDK says: {})", said);
  if (!log.last_xdp_line.empty()) text += fmt::format(" (libxdp says: {})", log.last_xdp_line);
  return text;
}

}  // namespace dialplane::dpdk
