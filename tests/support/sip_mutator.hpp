// SPDX-License-Identifier: Apache-2.0
// Damages SIP messages the way networks, broken senders and attackers do, for differential tests. Test thread.
// How to use it: sip_generator.hpp.
#pragma once

#include "random.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dialplane::test {

/// One kind of damage.
enum class Mutation : std::uint8_t {
  kFlipBit,
  kSetByte,         ///< any byte becomes any other
  kDeleteBytes,     ///< 1 to 8 bytes
  kDuplicateBytes,  ///< 1 to 32 bytes twice
  kSplice,          ///< the rest of the message is that of the one before
  kControlByte,     ///< a control byte is put in
  kDelimiter,       ///< one of : ; , < > " = @ \ / or a bracket is put in
  kLineEnd,         ///< CR, LF, CRLF or LFCR is put in
  kFold,            ///< CRLF and a blank replace a blank, or are put in
  kBlanks,          ///< blanks are put in
  kCutLineEnd,      ///< the CR or the LF of a line end goes
  kDuplicateRow,
  kDeleteRow,
  kMoveRow,    ///< two rows change places
  kRenameRow,  ///< a row gets the name of another
  kNumber,     ///< a digit string grows, gets a sign, or overflows
  kTruncate,   ///< the message ends early
  kAppend,     ///< bytes after the end
};
inline constexpr std::size_t kMutationCount = static_cast<std::size_t>(Mutation::kAppend) + 1;

/// "flip_bit", …
std::string_view mutation_name(Mutation mutation) noexcept;

class SipMutator {
 public:
  explicit SipMutator(std::uint64_t seed) : random_(seed) { text_.reserve(kReserve); }

  /// `text` with one to three mutations (one half of the time). Lifetime: until the next call.
  std::string_view mutate(std::string_view text);
  /// `text` with this one mutation. Lifetime: until the next call.
  std::string_view mutate(std::string_view text, Mutation mutation);
  /// What the last call did, in order. A mutation that found nothing to work on is listed too.
  [[nodiscard]] std::span<const Mutation> applied() const noexcept { return {applied_.data(), applied_count_}; }

 private:
  static constexpr std::size_t kReserve = 16384;
  static constexpr std::size_t kMaxMutations = 3;
  struct Row {
    std::size_t begin = 0;
    std::size_t end = 0;  ///< past its CRLF
  };

  void apply(Mutation mutation);
  void apply_to_bytes(Mutation mutation);
  void apply_to_rows(Mutation mutation);
  /// A place inside the header section three times out of four, else anywhere.
  std::size_t place();
  void insert(std::string_view text) { text_.insert(place(), text); }
  void set_fold();
  void cut_line_end();
  void rename(Row from, Row to);
  void change_number();
  /// A random row of the header section; an empty one if there is none.
  Row pick_row();

  Random random_;
  std::string text_;
  std::string previous_;  ///< the last unharmed message, for splices
  std::string scratch_;
  std::array<Mutation, kMaxMutations> applied_{};
  std::size_t applied_count_ = 0;
};

}  // namespace dialplane::test
