// SPDX-License-Identifier: Apache-2.0
// Reading a message.
#include "input.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace dialplane::ctl {

std::string with_sip_line_ends(std::string text) {
  if (text.find('\r') != std::string::npos) return text;
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

Result<std::string> read_message(const std::optional<std::string>& path) {
  constexpr std::size_t kMost = 65535;
  const std::string name = path.value_or("standard input");
  using Closer = int (*)(std::FILE*);
  const std::unique_ptr<std::FILE, Closer> file(path ? std::fopen(path->c_str(), "rbe") : nullptr,
                                                [](std::FILE* opened) { return std::fclose(opened); });
  if (path && !file) return fail(fmt::format("{}: cannot read it: {}", name, std::strerror(errno)));
  std::FILE* const from = path ? file.get() : stdin;
  std::string text;
  std::array<char, 16384> block;
  for (std::size_t length = block.size(); length == block.size() && text.size() <= kMost;) {
    length = std::fread(block.data(), 1, block.size(), from);
    text.append(block.data(), length);
  }
  if (std::ferror(from) != 0) return fail(fmt::format("{}: cannot read it", name));
  if (text.empty()) return fail(fmt::format("{}: no message there", name));
  if (text.size() > kMost) return fail(fmt::format("{}: more than the {} bytes of a datagram", name, kMost));
  return with_sip_line_ends(std::move(text));
}

}  // namespace dialplane::ctl
