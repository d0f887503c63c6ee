// SPDX-License-Identifier: Apache-2.0
// Lets a kernel without masked loads read blocks at the end of a datagram without touching what lies behind it.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace dialplane::sip {
namespace {

/// A copy of the last 64 bytes of a text, followed by zeros.
class Tail {
 public:
  static constexpr std::size_t kSize = 64;

  /// Units: at least 64 bytes of text.
  [[gnu::always_inline]] explicit inline Tail(std::string_view text) noexcept {
    std::memcpy(copy_, text.data() + text.size() - kSize, kSize);
    std::memset(copy_ + kSize, 0, kSize);
  }
  [[nodiscard]] const char* data() const noexcept { return copy_; }

 private:
  alignas(kSize) char copy_[2 * kSize];
};

}  // namespace
}  // namespace dialplane::sip
