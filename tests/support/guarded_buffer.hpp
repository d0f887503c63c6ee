// SPDX-License-Identifier: Apache-2.0
// Memory whose end (or start) lies flush against a page that cannot be touched, so that a read or write one byte too
// far ends the test. Test thread.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

namespace dialplane::test {

/// Which end of the buffer touches a protected page.
enum class Guard : std::uint8_t { kAfter, kBefore };

/// A buffer of `size` bytes against a protected page; both sides are guarded, the chosen one to the byte.
/// Lifetime: pointers are valid as long as the buffer.
class GuardedBuffer {
 public:
  explicit GuardedBuffer(std::size_t size, Guard guard = Guard::kAfter) : size_(size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t body = (size + page - 1) / page * page;
    mapped_ = body + 2 * page;
    void* const base = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) std::abort();
    base_ = static_cast<std::uint8_t*>(base);
    if (body != 0 && mprotect(base_ + page, body, PROT_READ | PROT_WRITE) != 0) std::abort();
    data_ = guard == Guard::kAfter ? base_ + page + body - size : base_ + page;
  }

  /// A guarded copy of `bytes`.
  explicit GuardedBuffer(std::span<const std::uint8_t> bytes, Guard guard = Guard::kAfter)
      : GuardedBuffer(bytes.size(), guard) {
    if (!bytes.empty()) std::memcpy(data_, bytes.data(), bytes.size());
  }

  /// A guarded copy of `text`.
  explicit GuardedBuffer(std::string_view text, Guard guard = Guard::kAfter)
      : GuardedBuffer(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), guard) {}

  ~GuardedBuffer() { munmap(base_, mapped_); }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  [[nodiscard]] std::uint8_t* data() noexcept { return data_; }
  [[nodiscard]] const std::uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<std::uint8_t> bytes() noexcept { return {data_, size_}; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

  /// The last `length` bytes if they end at the guard: every prefix of a text can be placed in one buffer.
  /// Precondition: length ≤ size(), guard after.
  [[nodiscard]] std::span<std::uint8_t> last(std::size_t length) noexcept { return {data_ + (size_ - length), length}; }

 private:
  std::uint8_t* base_ = nullptr;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace dialplane::test
