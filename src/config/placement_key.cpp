// SPDX-License-Identifier: Apache-2.0
// What a pool hashes, as text and by method. Any thread.
#include "dialplane/config/config.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace dialplane::config {
namespace {

constexpr std::array<std::string_view, 7> kFields = {"call-id",     "from-user", "to-user", "request-user",
                                                     "request-uri", "source",    "header"};

}  // namespace

std::string placement_key_text(const PlacementKey& key) {
  const std::string_view field = kFields[static_cast<std::size_t>(key.field)];
  return key.field == KeyField::kHeader ? fmt::format("{} {}", field, key.header) : std::string(field);
}

std::string pool_key_text(const Pool& pool) {
  if (pool.method_keys.empty()) return placement_key_text(pool.key);
  std::string text = fmt::format("default = {}", placement_key_text(pool.key));
  for (const MethodKey& method : pool.method_keys) {
    text += fmt::format(", {} = {}", method.method, placement_key_text(method.key));
  }
  return text;
}

const PlacementKey& key_of(const Pool& pool, std::string_view method) noexcept {
  const std::string_view named = method == "ACK" || method == "CANCEL" ? "INVITE" : method;
  const auto found = std::ranges::find(pool.method_keys, named, &MethodKey::method);
  return found == pool.method_keys.end() ? pool.key : found->key;
}

}  // namespace dialplane::config
