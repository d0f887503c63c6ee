// SPDX-License-Identifier: Apache-2.0
// The client side of the control socket.
#include "client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace dialplane::ctl {

namespace {

using control::Json;
using Clock = std::chrono::steady_clock;

/// Longest answer taken: every table of a full daemon is far below.
constexpr std::size_t kMaxAnswerBytes = 64 * 1024 * 1024;

tl::unexpected<Trouble> trouble(Exit exit, std::string text) {
  return tl::unexpected<Trouble>(Trouble{exit, std::move(text)});
}

class Connection {
 public:
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}

  /// 0 or an errno value.
  int open(const std::string& path) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::memcpy(address.sun_path, path.data(), path.size());
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  }

  bool send(const std::string& text) const {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  /// Reads up to the first line feed; `late` is the trouble if it does not come in time.
  tl::expected<std::string, Trouble> read_line(Clock::time_point deadline, std::string_view late) const {
    std::string line;
    std::array<char, 64 * 1024> bytes;
    while (line.size() < kMaxAnswerBytes) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      pollfd waiting{fd_, POLLIN, 0};
      // A longer time than poll() can be told is waited for in parts.
      constexpr std::int64_t kLongestPoll = 24 * 3600 * 1000;
      if (left <= 0) return trouble(Exit::kTimeout, std::string(late));
      if (::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, kLongestPoll))) == 0) continue;
      const auto length = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (length < 0 && errno == EINTR) continue;
      if (length <= 0) return trouble(Exit::kFailed, "the daemon closed the connection without an answer");
      line.append(bytes.data(), static_cast<std::size_t>(length));
      if (line.back() == '\n') return line;
    }
    return trouble(Exit::kFailed, "the answer is too long");
  }

 private:
  int fd_;
};

std::string explain(const std::string& socket, int error) {
  const char* remedy = "is dialplane running? `--socket` and `-n` choose another instance";
  if (error == EACCES) remedy = "you may not use it; run as root or as a member of the socket's group";
  return fmt::format("cannot reach {}: {}; {}", socket, std::strerror(error), remedy);
}

tl::expected<Json, Trouble> read_answer(const std::string& line) {
  const auto answer = Json::parse(line).value_or(Json());
  if (const auto* result = answer.find("result"); result != nullptr) return *result;
  if (!answer.contains("error")) return trouble(Exit::kFailed, "error: unknown answer: " + line);
  const auto& error = answer["error"];
  std::string text = "error: " + error.value("message", std::string("unknown"));
  if (error.contains("data") && error["data"].contains("problems")) {
    for (const auto& problem : error["data"]["problems"]) text += "\n  " + problem.get<std::string>();
  }
  const int code = error.value("code", 0);
  // Unknown command or wrong arguments: the caller's usage, found out by the daemon.
  const bool is_usage = code == -32601 || code == -32602;
  return trouble(is_usage ? Exit::kUsage : Exit::kFailed, text);
}

}  // namespace

tl::expected<Json, Trouble> ask(const std::string& socket, const std::vector<std::string>& words,
                                std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  const Connection connection;
  if (const int error = connection.open(socket); error != 0) return trouble(Exit::kNoDaemon, explain(socket, error));
  Json request;
  request["jsonrpc"] = "2.0";
  request["id"] = 1;
  request["method"] = "words";
  request["params"]["words"] = words;
  if (!connection.send(request.dump() + "\n")) {
    return trouble(Exit::kNoDaemon, "the daemon closed the connection");
  }
  const bool waits = std::ranges::find(words, "--wait") != words.end();
  const auto line = connection.read_line(
      deadline, waits ? "it is not over yet; the state that was set holds (`--timeout` waits longer)"
                      : "no answer in time; the daemon is busy or stuck (`--timeout` waits longer)");
  if (!line) return tl::unexpected(line.error());
  return read_answer(*line);
}

}  // namespace dialplane::ctl
