// SPDX-License-Identifier: Apache-2.0
// Compares two message indexes, and runs the scanner with every kernel this machine has. One thread.
#pragma once

#include "target.hpp"

#include "dialplane/sip/scanner.hpp"

#include <cstring>
#include <string_view>

namespace dialplane::fuzz {

/// Fills a message with one byte, so that whatever the scanner leaves unwritten shows.
inline void dirty(sip::Message& message, unsigned char byte) noexcept {
  std::memset(static_cast<void*>(&message), byte, sizeof message);
  message.text = {};
}

/// Requires that all fields but the text's address are equal, rows byte by byte.
inline void require_same_index(const sip::Message& a, const sip::Message& b) {
  require(a.text.size() == b.text.size(), "same text length");
  require(a.is_request == b.is_request && a.method == b.method && a.status == b.status, "same start line");
  require(a.method_end == b.method_end && a.uri_offset == b.uri_offset && a.uri_end == b.uri_end,
          "same start line offsets");
  require(a.headers_offset == b.headers_offset && a.headers_end == b.headers_end, "same header section");
  require(a.body_offset == b.body_offset && a.body_end == b.body_end, "same body");
  require(a.row_count == b.row_count, "same number of rows");
  require(a.present == b.present, "same headers");
  for (std::size_t id = 0; id < sip::kHeaderCount; ++id) {
    const bool present = (a.present >> id & 1) != 0;
    require(!present || a.first[id] == b.first[id], "same first row of a header");
  }
  require(std::memcmp(a.rows.data(), b.rows.data(), a.row_count * sizeof(sip::HeaderRow)) == 0, "same rows");
}

/// Calls `judge` once with each kernel of this machine in use, then goes back to the one before.
template <typename Judge>
void with_each_kernel(Judge judge) {
  struct Restore {
    sip::Kernel before = sip::active_kernel();
    Restore() = default;
    Restore(const Restore&) = delete;
    Restore& operator=(const Restore&) = delete;
    ~Restore() { sip::select_kernel(before); }
  };
  const Restore restore;
  for (std::size_t i = 0; i < sip::kKernelCount; ++i) {
    if (sip::select_kernel(static_cast<sip::Kernel>(i))) judge();
  }
}

}  // namespace dialplane::fuzz
