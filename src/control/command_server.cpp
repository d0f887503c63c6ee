// SPDX-License-Identifier: Apache-2.0
// Accepting clients, cutting their input into lines, writing answers. Control thread.
#include "command_server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace dialplane::control {

namespace {

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(fmt::format("control socket `{}`: a path has 1 to {} bytes; choose another [control] socket", path,
                            sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Removes what a dead process left on the path. Errors: a live process answers there, or it is no socket.
Result<void> clear_path(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) {
    return fail(fmt::format("control socket `{}`: a file that is no socket lies there; move it away", path));
  }
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool is_alive =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
  if (is_alive) {
    return fail(
        fmt::format("control socket `{}`: another process answers there; stop it, or give this instance another "
                    "[runtime] name or [control] socket",
                    path));
  }
  ::unlink(path.c_str());
  return {};
}

Result<UniqueFd> listen_on(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  std::error_code error;
  const auto directory = std::filesystem::path(path).parent_path();
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  if (error) return fail(fmt::format("control socket `{}`: cannot make its directory: {}", path, error.message()));
  if (auto cleared = clear_path(path, *address); !cleared) return tl::unexpected(cleared.error());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The mode must hold from the first moment on, so it is set by the mask and not afterwards.
  const auto mask = ::umask(0117);
  const bool is_bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
  const int bind_error = errno;
  ::umask(mask);
  if (!is_bound || ::listen(fd.get(), static_cast<int>(CommandServer::kMaxClients)) != 0) {
    return fail(
        fmt::format("control socket `{}`: cannot listen: {}", path, std::strerror(is_bound ? errno : bind_error)));
  }
  return fd;
}

Peer peer_of(int fd) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
  return Peer{credentials.uid, credentials.pid};
}

}  // namespace

Result<std::unique_ptr<CommandServer>> CommandServer::open(EventLoop& loop, const std::string& path, Handle handle) {
  auto fd = listen_on(path);
  if (!fd) return tl::unexpected(fd.error());
  std::unique_ptr<CommandServer> server(new CommandServer(loop, path, std::move(*fd), std::move(handle)));
  auto* raw = server.get();
  auto added = loop.add(raw->listener_.get(), EPOLLIN, [raw](std::uint32_t) { raw->accept_client(); });
  if (!added) return tl::unexpected(added.error());
  return server;
}

CommandServer::CommandServer(EventLoop& loop, std::string path, UniqueFd listener, Handle handle)
    : loop_(loop),
      path_(std::move(path)),
      listener_(std::move(listener)),
      handle_(std::move(handle)),
      self_(std::make_shared<CommandServer*>(this)) {
  struct stat made {};
  if (::lstat(path_.c_str(), &made) == 0) inode_ = made.st_ino;
}

CommandServer::~CommandServer() {
  *self_ = nullptr;
  while (!clients_.empty()) drop(clients_.begin()->first);
  loop_.remove(listener_.get());
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_) ::unlink(path_.c_str());
}

void CommandServer::accept_client() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.is_open()) return;
  if (clients_.size() >= kMaxClients) {
    constexpr std::string_view kFull = "error: too many clients on the control socket\n";
    static_cast<void>(::send(fd.get(), kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    return;
  }
  const auto id = next_id_++;
  const int raw = fd.get();
  const auto peer = peer_of(raw);
  if (!loop_.add(raw, EPOLLIN, [this, id](std::uint32_t events) { on_event(id, events); })) return;
  clients_.emplace(id, Client{std::move(fd), peer, {}, {}});
}

void CommandServer::on_event(std::uint64_t id, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) write_client(id);
  if ((events & EPOLLIN) != 0) return read_client(id);
  // Closed on both sides: nobody reads what is still to come.
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) drop(id);
}

void CommandServer::read_client(std::uint64_t id) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  std::array<char, 16 * 1024> bytes;
  const auto length = ::recv(client->second.fd.get(), bytes.data(), bytes.size(), 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length < 0) return drop(id);
  auto& in = client->second.in;
  if (length == 0) {
    // `printf 'show info'` sends no line feed, and a client that has shut down its side may still read the answer.
    client->second.closes = true;
    if (!in.empty()) in += '\n';
  }
  in.append(bytes.data(), static_cast<std::size_t>(length));
  take_lines(id);
  if (length == 0) write_client(id);
}

void CommandServer::take_lines(std::uint64_t id) {
  for (;;) {
    // Looked up each time: the answer to a line may have dropped the client.
    const auto client = clients_.find(id);
    if (client == clients_.end()) return;
    auto& in = client->second.in;
    if (client->second.is_last_line) return in.clear();
    client->second.is_held = client->second.outstanding >= kMaxOutstanding;
    if (client->second.is_held) return write_client(id);
    const auto end = in.find('\n');
    if (std::min(end, in.size()) > kMaxLineBytes) return refuse_line(id);
    if (end == std::string::npos) return;
    std::string line = in.substr(0, end);
    in.erase(0, end + 1);
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    client->second.is_last_line = !line.starts_with('{');
    ++client->second.outstanding;
    handle_(line, client->second.peer, [self = self_, id](const std::string& text, AfterAnswer after) {
      if (*self != nullptr) (*self)->answer(id, text, after);
    });
  }
}

void CommandServer::refuse_line(std::uint64_t id) {
  auto& client = clients_.at(id);
  const auto text = fmt::format("a line has at most {} bytes", kMaxLineBytes);
  const bool is_json = client.in.starts_with('{');
  client.in.clear();
  ++client.outstanding;
  const rpc::Outcome refused = rpc::refuse(rpc::kInvalidRequest, text);
  answer(id, is_json ? rpc::format_answer(nullptr, refused) : rpc::format_words_answer(refused), AfterAnswer::kClose);
}

void CommandServer::answer(std::uint64_t id, const std::string& text, AfterAnswer after) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  if (after == AfterAnswer::kClose) client->second.closes = true;
  --client->second.outstanding;
  client->second.out += text;
  if (client->second.is_held) take_lines(id);
  write_client(id);
}

void CommandServer::write_client(std::uint64_t id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  auto& client = found->second;
  if (!client.out.empty()) {
    const auto sent = ::send(client.fd.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return drop(id);
    if (sent > 0) client.out.erase(0, static_cast<std::size_t>(sent));
  }
  if (client.out.size() > kMaxUnreadBytes) {
    spdlog::warn("a client of the control socket (uid {}) does not read its answers: dropped", client.peer.uid);
    return drop(id);
  }
  if (client.out.empty() && client.closes && client.outstanding == 0) return drop(id);
  std::uint32_t events = 0;
  if (!client.closes && !client.is_held) events |= EPOLLIN;
  if (!client.out.empty()) events |= EPOLLOUT;
  loop_.modify(client.fd.get(), events);
}

void CommandServer::drop(std::uint64_t id) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  loop_.remove(client->second.fd.get());
  clients_.erase(client);
}

}  // namespace dialplane::control
