// SPDX-License-Identifier: Apache-2.0
// Each mutation works on the text as it is, so that several can meet in one place.
#include "sip_mutator.hpp"

#include <algorithm>

namespace dialplane::test {
namespace {

constexpr std::array<std::string_view, kMutationCount> kNames{
    "flip_bit",   "set_byte", "delete_bytes", "duplicate_bytes", "splice",       "control_byte",
    "delimiter",  "line_end", "fold",         "blanks",          "cut_line_end", "duplicate_row",
    "delete_row", "move_row", "rename_row",   "number",          "truncate",     "append"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

std::string_view mutation_name(Mutation mutation) noexcept { return kNames[static_cast<std::size_t>(mutation)]; }

std::size_t SipMutator::place() {
  const auto section = text_.find("\r\n\r\n");
  const bool inside = section != std::string::npos && random_.chance(75);
  return random_.below((inside ? section : text_.size()) + 1);
}

SipMutator::Row SipMutator::pick_row() {
  const auto headers = text_.find("\r\n");
  const auto section = text_.find("\r\n\r\n");
  if (headers == std::string::npos || section == std::string::npos || headers == section) return {};
  const auto near = headers + 2 + random_.below(section - headers);
  const auto begin = text_.rfind("\r\n", near - 1) + 2;
  return {begin, std::min(text_.find("\r\n", begin), section) + 2};
}

void SipMutator::set_fold() {
  static constexpr std::array<std::string_view, 3> kFolds{"\r\n ", "\r\n\t", " \r\n  "};
  const auto fold = random_.pick(kFolds);
  const auto at = text_.find(' ', place());
  if (at == std::string::npos || random_.chance(30)) return insert(fold);
  text_.replace(at, 1, fold);
}

void SipMutator::cut_line_end() {
  auto at = text_.find("\r\n", place());
  if (at == std::string::npos) at = text_.find("\r\n");
  if (at != std::string::npos) text_.erase(at + random_.below(2), 1);
}

void SipMutator::rename(Row from, Row to) {
  const auto source = text_.find(':', from.begin);
  const auto target = text_.find(':', to.begin);
  if (source >= from.end || target >= to.end) return;
  scratch_.assign(text_, from.begin, source - from.begin);
  text_.replace(to.begin, target - to.begin, scratch_);
}

void SipMutator::change_number() {
  static constexpr std::array<std::string_view, 8> kInserted{"0",          "-",  "+",     "9999999999",
                                                             "4294967296", " 1", "65536", "x"};
  auto at = place();
  while (at < text_.size() && !is_digit(text_[at])) ++at;
  if (at < text_.size()) text_.insert(at + random_.below(2), random_.pick(kInserted));
}

void SipMutator::apply_to_rows(Mutation mutation) {
  const auto row = pick_row();
  const auto other = pick_row();
  if (row.end == 0 || other.end == 0) return;
  scratch_.assign(text_, row.begin, row.end - row.begin);
  if (mutation == Mutation::kDuplicateRow) {
    text_.insert(other.begin, scratch_);
  } else if (mutation == Mutation::kDeleteRow) {
    text_.erase(row.begin, row.end - row.begin);
  } else if (mutation == Mutation::kRenameRow) {
    rename(row, other);
  } else if (other.begin >= row.end) {
    text_.insert(other.begin, scratch_);
    text_.erase(row.begin, row.end - row.begin);
  }
}

void SipMutator::apply_to_bytes(Mutation mutation) {
  if (text_.empty()) return;
  const auto at = std::min(place(), text_.size() - 1);
  switch (mutation) {
    case Mutation::kFlipBit:
      text_[at] = static_cast<char>(static_cast<unsigned char>(text_[at]) ^ (1U << random_.below(8)));
      break;
    case Mutation::kSetByte:
      text_[at] = static_cast<char>(random_.below(256));
      break;
    case Mutation::kDeleteBytes:
      text_.erase(at, random_.between(1, 8));
      break;
    case Mutation::kDuplicateBytes:
      scratch_.assign(text_, at, random_.between(1, 32));
      text_.insert(at, scratch_);
      break;
    case Mutation::kSplice:
      if (!previous_.empty()) text_.replace(at, std::string::npos, previous_, random_.below(previous_.size()));
      break;
    default:
      text_.resize(at);
  }
}

void SipMutator::apply(Mutation mutation) {
  static constexpr std::array<std::string_view, 4> kLineEnds{"\r", "\n", "\r\n", "\n\r"};
  static constexpr std::array<std::string_view, 4> kBlanks{" ", "\t", "    ", " \t"};
  static constexpr std::array<std::string_view, 4> kTails{std::string_view("\0", 1), "\r\n", "\r\n\r\n", "x"};
  static constexpr std::string_view kDelimiters = ":;,<>\"=@\\/[](){}?&";
  switch (mutation) {
    case Mutation::kControlByte: {
      const auto byte = random_.chance(90) ? random_.below(32) : 127;
      return insert(std::string(1, static_cast<char>(byte)));
    }
    case Mutation::kDelimiter:
      return insert(kDelimiters.substr(random_.below(kDelimiters.size()), 1));
    case Mutation::kLineEnd:
      return insert(random_.pick(kLineEnds));
    case Mutation::kBlanks:
      return insert(random_.pick(kBlanks));
    case Mutation::kFold:
      return set_fold();
    case Mutation::kCutLineEnd:
      return cut_line_end();
    case Mutation::kNumber:
      return change_number();
    case Mutation::kAppend:
      text_ += random_.pick(kTails);
      return;
    case Mutation::kDuplicateRow:
    case Mutation::kDeleteRow:
    case Mutation::kMoveRow:
    case Mutation::kRenameRow:
      return apply_to_rows(mutation);
    default:
      return apply_to_bytes(mutation);
  }
}

std::string_view SipMutator::mutate(std::string_view text) {
  text_.assign(text);
  applied_count_ = random_.chance(50) ? 1 : random_.between(2, kMaxMutations);
  for (std::size_t i = 0; i < applied_count_; ++i) {
    applied_[i] = static_cast<Mutation>(random_.below(kMutationCount));
    apply(applied_[i]);
  }
  previous_.assign(text);
  return text_;
}

std::string_view SipMutator::mutate(std::string_view text, Mutation mutation) {
  text_.assign(text);
  applied_count_ = 1;
  applied_[0] = mutation;
  apply(mutation);
  previous_.assign(text);
  return text_;
}

}  // namespace dialplane::test
