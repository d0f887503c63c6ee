// SPDX-License-Identifier: Apache-2.0
// Names: what is allowed, what enumerators are called, what this machine is called. Any thread.
#include "names.hpp"

#include "dialplane/config/config.hpp"
#include "dialplane/config/loader.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

namespace dialplane::config {
namespace {

constexpr std::size_t kLongestLabel = 63;

constexpr bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr bool is_name_character(char c) noexcept { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; }

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

constexpr std::array<std::string_view, 3> kAdminStates = {"ready", "drain", "maint"};

}  // namespace

bool is_name(std::string_view text) noexcept {
  // Names become parts of paths: "." and ".." would lead elsewhere.
  const bool is_dots = text.find_first_not_of('.') == std::string_view::npos;
  return !is_dots && text.size() <= kLongestLabel && std::ranges::all_of(text, is_name_character);
}

bool is_host_name(std::string_view text) noexcept {
  constexpr std::size_t kLongestHost = 253;
  if (text.size() > kLongestHost) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string_view admin_state_name(AdminState state) noexcept { return kAdminStates[static_cast<std::size_t>(state)]; }

std::optional<AdminState> parse_admin_state(std::string_view text) noexcept {
  const auto* found = std::ranges::find(kAdminStates, text);
  if (found == kAdminStates.end()) return std::nullopt;
  return static_cast<AdminState>(found - kAdminStates.begin());
}

std::string host_name() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
  std::string name = std::string(buffer.data()).substr(0, kLongestLabel);
  std::ranges::replace_if(
      name, [](char c) { return !is_name_character(c); }, '-');
  return name.empty() ? "localhost" : name;
}

}  // namespace dialplane::config
