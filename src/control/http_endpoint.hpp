// SPDX-License-Identifier: Apache-2.0
// A small HTTP server for pages that are read: GET of a known path, anything else is 404. Its threads are pinned to the
// control CPU; connections, bytes read and the time each may take are bounded, so that a slow client only hurts itself.
#pragma once

#include "dialplane/base/address.hpp"
#include "dialplane/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dialplane::control {

class HttpEndpoint {
 public:
  struct Answer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
  };
  struct Page {
    std::string path;
    std::function<Answer()> write;  ///< runs on a helper thread; must not use what the control thread owns
  };

  static constexpr std::size_t kThreads = 4;
  /// Connections accepted and not yet served; more are closed at once.
  static constexpr std::size_t kMaxWaiting = 16;
  static constexpr std::size_t kMaxRequestBytes = 16 * 1024;
  /// For a whole request, and again for a whole answer.
  static constexpr std::chrono::milliseconds kPatience{2000};

  /// Listens on `at` (port 0: any free one, see address()) and serves. Errors: the address cannot be bound; the text
  /// says what to do.
  static Result<std::unique_ptr<HttpEndpoint>> open(const Endpoint& at, std::uint16_t cpu, std::vector<Page> pages);
  /// Stops listening at once and waits for the answers under way, a fraction of a second.
  ~HttpEndpoint();
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  /// Frees the address; connections under way are still answered. Never waits.
  void stop_listening();
  [[nodiscard]] const Endpoint& address() const noexcept { return address_; }

 private:
  class Server;
  HttpEndpoint(const Endpoint& at, std::unique_ptr<Server> server);

  Endpoint address_;
  std::unique_ptr<Server> server_;
};

}  // namespace dialplane::control
