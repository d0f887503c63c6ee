// SPDX-License-Identifier: Apache-2.0
// What every fuzz target shares: its signature, the way to say that a rule is broken, and texts in memory of exactly
// their size. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace dialplane::fuzz {

/// One target judges one input. Precondition: nothing readable follows `input` (its memory ends with it).
using Target = void (*)(std::string_view input);

void fuzz_scanner(std::string_view input);
void fuzz_uri(std::string_view input);
void fuzz_via(std::string_view input);
void fuzz_name_addr(std::string_view input);
void fuzz_route(std::string_view input);
void fuzz_validate(std::string_view input);
void fuzz_stun(std::string_view input);

/// Reports a broken rule and does not return: the fuzzer aborts, the replay throws.
[[noreturn]] void broken(const char* rule, const char* file, int line);

/// States a rule that must hold for every input.
inline void require(bool holds, const char* rule, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!holds) broken(rule, file, line);
}

/// A text on the heap without a byte to spare, so that AddressSanitizer notices a read past either end.
class ExactText {
 public:
  // Inlined, GCC 12 warns of lengths that no text has.
  [[gnu::noinline]] explicit ExactText(std::initializer_list<std::string_view> parts) {
    for (const auto part : parts) size_ += part.size();
    bytes_ = std::make_unique<char[]>(size_);
    auto* at = bytes_.get();
    for (const auto part : parts) at = std::copy(part.begin(), part.end(), at);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] char& operator[](std::size_t at) noexcept { return bytes_[at]; }

 private:
  std::size_t size_ = 0;
  std::unique_ptr<char[]> bytes_;
};

/// True if `part` lies inside `whole`, byte addresses compared.
inline bool lies_in(std::string_view part, std::string_view whole) noexcept {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

/// Where `part` begins in `whole`. Precondition: lies_in.
inline std::size_t offset_in(std::string_view part, std::string_view whole) noexcept {
  return static_cast<std::size_t>(part.data() - whole.data());
}

/// True if two views are the same bytes of two texts: equal length and, unless empty, equal offset.
inline bool same_place(std::string_view a, std::string_view text_a, std::string_view b, std::string_view text_b) {
  return a.size() == b.size() && (a.empty() || offset_in(a, text_a) == offset_in(b, text_b));
}

/// A number made of all bytes of the input, to choose cuts and alignments that stay the same for the same input.
inline std::uint64_t digest(std::string_view input) noexcept {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : input) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value ^ (value >> 29);
}

}  // namespace dialplane::fuzz
