// SPDX-License-Identifier: Apache-2.0
// spdlog with one asynchronous writer thread and syslog priorities.
#include "log.hpp"

#include "threads.hpp"

#include "dialplane/control/controller.hpp"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

namespace dialplane::control {

namespace {

/// Lines waiting for the writer; beyond, the oldest are lost rather than the loop held up.
constexpr std::size_t kQueueLines = 8192;

/// `%*` in a pattern: the syslog priority in angle brackets.
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    out.push_back('<');
    out.push_back(digit(message.level));
    out.push_back('>');
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }

 private:
  static char digit(spdlog::level::level_enum level) noexcept {
    if (level >= spdlog::level::critical) return '2';
    if (level == spdlog::level::err) return '3';
    if (level == spdlog::level::warn) return '4';
    return level == spdlog::level::info ? '6' : '7';
  }
};

}  // namespace

Log::Log(const std::string& instance, std::uint16_t cpu) {
  spdlog::init_thread_pool(kQueueLines, 1, [cpu] {
    block_signals();
    name_this_thread("dp-writer");
    pin_this_thread(cpu);
  });
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  spdlog::sink_ptr sink;
  if (is_terminal) {
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto logger = std::make_shared<spdlog::async_logger>("dialplane", sink, spdlog::thread_pool(),
                                                       spdlog::async_overflow_policy::overrun_oldest);
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  const std::string tail = instance == "dialplane" ? std::string() : " (" + instance + ")";
  formatter->add_flag<PriorityFlag>('*').set_pattern(
      (is_terminal ? "%H:%M:%S.%e %^%l%$ dialplane: %v" : "%*dialplane: %v") + tail);
  logger->set_formatter(std::move(formatter));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

Log::~Log() {
  // The queue is drained when the pool goes; a plain logger serves whoever still logs after that.
  spdlog::drop_all();
  spdlog::shutdown();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
}

}  // namespace dialplane::control
