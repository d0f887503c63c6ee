// SPDX-License-Identifier: Apache-2.0
// One line of a client in, one answer out: JSON-RPC or words, found in the registry and run. Control thread.
#pragma once

#include "command.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dialplane::control {

enum class AfterAnswer : std::uint8_t { kStayOpen, kClose };
/// Gets the text for the client (empty for a notification), at once or later, exactly once.
using Reply = std::function<void(std::string text, AfterAnswer after)>;

class Dispatcher {
 public:
  explicit Dispatcher(CommandContext& context) : context_(context) {}

  /// A line that starts with `{` is JSON-RPC, any other is words. The method `words` with the parameter `words` (an
  /// array of strings) runs what the words say, so that a client need not know the commands.
  void handle(std::string_view line, Peer peer, Reply reply);

 private:
  void handle_json(std::string_view line, Peer peer, Reply reply);
  void run_words(const std::vector<std::string>& words, Peer peer, Answer answer);
  void run_method(const std::string& method, const Json& params, Peer peer, Answer answer);
  void run(const struct Call& call, Peer peer, Answer answer);
  void act(const struct Call& call, Peer peer, Answer answer);

  CommandContext& context_;
};

}  // namespace dialplane::control
