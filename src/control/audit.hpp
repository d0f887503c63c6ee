// SPDX-License-Identifier: Apache-2.0
// The line of the log that every command gets which changes something: who asked, for what, and what came of it. One
// form, written once, and nothing that a client sends can break it. Control thread.
#pragma once

#include "rpc.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace dialplane::control {

/// Who asks.
struct Peer {
  std::uint32_t uid = 0;
  std::int32_t pid = 0;  ///< 0: the process itself
};

/// A quoted text is cut here: the longest line stays below the 48 KiB at which journald would make two of it.
constexpr std::size_t kMostQuotedBytes = 8192;

/// A text of anybody's as the value of a key in a line of the log: in quotes, printable ASCII as it is, `"` and `\`
/// behind a backslash, all other bytes as \n, \r, \t or \xNN.
std::string log_quoted(std::string_view text);

class AuditLine {
 public:
  AuditLine(Peer peer, std::string command) : peer_(peer), command_(std::move(command)) {}
  /// Writes what is known if nobody has: the process ends before the command has.
  ~AuditLine();
  AuditLine(const AuditLine&) = delete;
  AuditLine& operator=(const AuditLine&) = delete;

  /// The change holds from now on; what the workers make of it is told later. `facts` are keys with values of ours,
  /// "generation=7 old=ready".
  void holds(std::string facts);
  /// Writes that the change holds, also where a refusal of an earlier attempt was written. `late` names the workers
  /// that had not taken it in time; empty: all had.
  void tell(const std::string& late);
  /// Writes what the answer says, unless the line is written already: a change that holds may still be answered with
  /// an error.
  void answered(const rpc::Outcome& outcome);

  [[nodiscard]] Peer peer() const noexcept { return peer_; }
  [[nodiscard]] const std::string& command() const noexcept { return command_; }

 private:
  void write(bool is_good, std::string_view result, std::string_view key = {}, const std::string& why = {});

  Peer peer_;
  std::string command_;
  std::string facts_;
  bool is_written_ = false;
};

/// The command that runs and whoever works on it have it together.
using AuditPtr = std::shared_ptr<AuditLine>;

}  // namespace dialplane::control
