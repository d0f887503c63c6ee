// SPDX-License-Identifier: Apache-2.0
// From words or named parameters to a command with checked parameters. Any thread; runs nothing.
#pragma once

#include "command.hpp"
#include "rpc.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dialplane::control {

struct Call {
  const Command* command = nullptr;
  Json params;
};

/// "show.backends" for "show backends".
std::string method_of(const Command& command);
/// "backend set POOL/NAME state STATE".
std::string usage_of(const Command& command);

/// The command that the words begin with, whatever its arguments are worth; nullptr: none.
const Command* command_of(const std::vector<std::string>& words);
/// The command of a method; nullptr: none.
const Command* command_of(std::string_view method);

/// A call as words again, for the audit log: a word that could be taken for something else is in quotes.
/// Precondition: check_call() took the parameters.
std::string text_of(const Command& command, const Json& params);
/// Words that are no call, likewise; nothing behind what an audit line has room for.
std::string text_of(const std::vector<std::string>& words);

/// Splits at blanks.
std::vector<std::string> split_words(std::string_view line);

/// Finds the command by its first words and reads the rest as arguments.
/// Errors: kMethodNotFound with the nearest command, kInvalidParams with the usage.
tl::expected<Call, rpc::Failure> parse_words(const std::vector<std::string>& words);

/// Finds the command by its method and checks names, presence and types of the parameters. Errors: as parse_words().
tl::expected<Call, rpc::Failure> check_call(std::string_view method, const Json& params);

}  // namespace dialplane::control
