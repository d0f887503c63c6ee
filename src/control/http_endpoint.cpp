// SPDX-License-Identifier: Apache-2.0
// cpp-httplib with its own threads, queue and stream replaced by bounded ones. Helper threads, but for open and stop.
#include "http_endpoint.hpp"

#include "http_stream.hpp"
#include "threads.hpp"

#include "dialplane/control/controller.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace dialplane::control {

namespace {

constexpr int kNotFound = 404;

void become_helper(std::uint16_t cpu) {
  block_signals();
  name_this_thread("dp-http");
  pin_this_thread(cpu);
}

/// A few threads and a short queue. What does not fit runs at once in the thread that brings it.
class BoundedQueue final : public httplib::TaskQueue {
 public:
  explicit BoundedQueue(std::uint16_t cpu) {
    for (std::size_t i = 0; i < HttpEndpoint::kThreads; ++i) {
      threads_.emplace_back([this, cpu] {
        become_helper(cpu);
        work();
      });
    }
  }

  void enqueue(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      if (tasks_.size() < HttpEndpoint::kMaxWaiting) {
        tasks_.push_back(std::move(task));
        wake_.notify_one();
        return;
      }
    }
    task();
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

 private:
  void work() {
    for (;;) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return is_stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

class HttpEndpoint::Server final : public httplib::Server {
 public:
  Server(std::uint16_t cpu, std::vector<Page> pages) : cpu_(cpu) {
    new_task_queue = [cpu] { return new BoundedQueue(cpu); };
    set_payload_max_length(0);
    // Its default would let a second instance take half of the connections instead of failing to start.
    set_socket_options([](int socket) {
      const int on = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    for (auto& page : pages) {
      Get(page.path, [write = std::move(page.write)](const httplib::Request&, httplib::Response& response) {
        auto answer = write();
        response.status = answer.status;
        response.set_content(answer.body, answer.content_type);
      });
    }
    // Before a body would be waited for.
    set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      if (request.method == "GET" || request.method == "HEAD") return HandlerResponse::Unhandled;
      response.status = kNotFound;
      return HandlerResponse::Handled;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) response.set_content("there is nothing here\n", "text/plain; charset=utf-8");
    });
  }
  ~Server() override { stop_and_join(); }

  void start() {
    thread_ = std::thread([this] {
      become_helper(cpu_);
      accepter_ = std::this_thread::get_id();
      listen_after_bind();
      has_ended_ = true;
    });
    // Until it runs, stop() would not reach it.
    while (!is_running() && !has_ended_) std::this_thread::yield();
  }

  void stop_listening() {
    if (!std::exchange(has_stopped_, true)) stop();
  }

 private:
  void stop_and_join() {
    is_stopping_ = true;
    if (!thread_.joinable()) return;
    stop_listening();
    thread_.join();
  }

  bool process_and_close_socket(int socket) override {
    // Here in the accepting thread: the queue is full.
    const bool is_refused = std::this_thread::get_id() == accepter_;
    bool done = false;
    if (!is_refused && !is_stopping_) {
      HttpStream stream(socket, kMaxRequestBytes, kPatience, is_stopping_);
      bool is_closed = false;
      done = process_request(stream, true, is_closed, [](httplib::Request& request) {
        // A list of ranges could ask for one page a thousand times; packing would cost more than the loopback.
        request.ranges.clear();
        request.headers.erase("Accept-Encoding");
      });
    }
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return done;
  }

  std::uint16_t cpu_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> has_ended_{false};
  bool has_stopped_ = false;
  std::thread::id accepter_;
  std::thread thread_;
};

HttpEndpoint::HttpEndpoint(const Endpoint& at, std::unique_ptr<Server> server)
    : address_(at), server_(std::move(server)) {}

HttpEndpoint::~HttpEndpoint() = default;

void HttpEndpoint::stop_listening() { server_->stop_listening(); }

Result<std::unique_ptr<HttpEndpoint>> HttpEndpoint::open(const Endpoint& at, std::uint16_t cpu,
                                                         std::vector<Page> pages) {
  auto server = std::make_unique<Server>(cpu, std::move(pages));
  const auto host = at.ip.to_string();
  auto bound = at;
  errno = 0;
  if (at.port != 0) {
    if (!server->bind_to_port(host, at.port)) bound.port = 0;
  } else if (const int port = server->bind_to_any_port(host); port > 0) {
    bound.port = static_cast<std::uint16_t>(port);
  }
  if (bound.port == 0) {
    const auto error = errno;
    return fail(
        fmt::format("[control] metrics: cannot listen on {}: {}; give an address of this host and a free port, "
                    "or leave the key out",
                    at.to_string(), error == 0 ? "it cannot be bound" : std::strerror(error)));
  }
  server->start();
  return std::unique_ptr<HttpEndpoint>(new HttpEndpoint(bound, std::move(server)));
}

}  // namespace dialplane::control
