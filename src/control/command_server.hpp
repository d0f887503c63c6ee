// SPDX-License-Identifier: Apache-2.0
// The control socket: a Unix stream socket whose clients send lines and get answers. Control thread. Never waits for a
// client: one that does not read its answers is dropped.
#pragma once

#include "dispatcher.hpp"
#include "event_loop.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace dialplane::control {

class CommandServer {
 public:
  using Handle = std::function<void(std::string_view line, Peer peer, Reply reply)>;

  static constexpr std::size_t kMaxClients = 32;
  /// A command with the largest message that `explain` takes, as base64.
  static constexpr std::size_t kMaxLineBytes = 128 * 1024;
  /// Lines of one client that wait for their answers: it is not read on until some are answered.
  static constexpr std::size_t kMaxOutstanding = 64;
  /// Answers a client may leave unread.
  static constexpr std::size_t kMaxUnreadBytes = 1024 * 1024;

  /// Makes the directory if it is absent, replaces the socket file of a dead predecessor and listens, mode 0660.
  /// Errors: another process answers on the path, or it cannot be made; the text says what to do.
  static Result<std::unique_ptr<CommandServer>> open(EventLoop& loop, const std::string& path, Handle handle);
  /// Closes all clients and removes the socket file if it is still this one.
  ~CommandServer();
  CommandServer(const CommandServer&) = delete;
  CommandServer& operator=(const CommandServer&) = delete;

 private:
  struct Client {
    UniqueFd fd;
    Peer peer;
    std::string in;
    std::string out;
    bool closes = false;          ///< once `out` is written and no answer is outstanding
    bool is_last_line = false;    ///< words were read: what follows them is not
    bool is_held = false;         ///< lines wait behind too many that are not answered yet
    std::size_t outstanding = 0;  ///< lines not answered yet
  };

  CommandServer(EventLoop& loop, std::string path, UniqueFd listener, Handle handle);
  void accept_client();
  void on_event(std::uint64_t id, std::uint32_t events);
  void read_client(std::uint64_t id);
  void take_lines(std::uint64_t id);
  void refuse_line(std::uint64_t id);
  void answer(std::uint64_t id, const std::string& text, AfterAnswer after);
  void write_client(std::uint64_t id);
  void drop(std::uint64_t id);

  EventLoop& loop_;
  std::string path_;
  ino_t inode_ = 0;
  UniqueFd listener_;
  Handle handle_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, Client> clients_;
  /// Answers may outlive the server: they hold this and see that it is gone.
  std::shared_ptr<CommandServer*> self_;
};

}  // namespace dialplane::control
