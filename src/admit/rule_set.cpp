// SPDX-License-Identifier: Apache-2.0
// Scanning a request's fields. Runs on workers; no allocation.
#include "dialplane/admit/rule_set.hpp"

#include "memo.hpp"

#include "dialplane/base/text.hpp"

#include <hs.h>

#include <algorithm>

namespace dialplane::admit {

/// One look at one request.
struct RuleSet::Search {
  hs_scratch* scratch;
  Memo* memo;
  unsigned best = kNoIndex;
  unsigned lowest = 0;  ///< first rule of the group being scanned: nothing in it can come before

  /// Takes a match; true ends the scan.
  static int take(unsigned rule, unsigned long long, unsigned long long, unsigned, void* self) noexcept {
    auto& search = *static_cast<Search*>(self);
    search.best = std::min(search.best, rule);
    return search.best == search.lowest ? 1 : 0;
  }
  /// True once no further row of this group can change the result.
  bool scan(const Group& group, std::string_view text) noexcept {
    // No rule matches an empty text: such expressions are refused.
    if (text.empty()) return false;
    hs_scan(group.database, text.data(), static_cast<unsigned>(text.size()), 0, scratch, take, this);
    return best == lowest;
  }
  /// The same for a field whose values repeat.
  bool scan_remembered(const Group& group, std::string_view text) noexcept {
    if (!Memo::holds(text)) return scan(group, text);
    auto& entry = memo->place_of(text);
    if (!Memo::is(entry, text)) [[unlikely]] {
      Search alone{scratch, memo};
      alone.lowest = lowest;
      alone.scan(group, text);
      Memo::set(entry, text, static_cast<std::uint16_t>(alone.best));
    }
    best = std::min<unsigned>(best, entry.best);
    return best == lowest;
  }
};

std::uint16_t RuleSet::first_match(const sip::Message& request, WorkerIndex worker) const noexcept {
  const auto thread = std::min<std::size_t>(worker.value, scratches_.size() - 1);
  Search search{scratches_[thread], memos_[thread].get()};
  for (const Group& group : groups_) {
    search.lowest = group.rules.front();
    if (search.best < search.lowest) break;
    switch (group.field) {
      case Field::kMessage:
        search.scan(group, cut(request.text, 0, request.body_end));
        break;
      case Field::kRequestUri:
        search.scan(group, request.request_uri());
        break;
      case Field::kMethod:
        search.scan(group, request.method_text());
        break;
      case Field::kHeader:
        if (group.header == sip::HeaderId::kUserAgent) {
          const auto* row = request.find(group.header);
          while (row != nullptr && !search.scan_remembered(group, request.value(*row))) row = request.next(*row);
          break;
        }
        for (const auto* row = request.find(group.header); row != nullptr; row = request.next(*row)) {
          if (search.scan(group, request.value(*row))) break;
        }
        break;
      case Field::kOtherHeader:
        for (std::size_t i = 0; i < request.row_count; ++i) {
          const auto& row = request.rows[i];
          const bool is_named =
              row.id == sip::HeaderId::kOther && iequals(cut(request.text, row.offset, row.name_length), group.name);
          if (is_named && search.scan(group, request.value(row))) break;
        }
        break;
    }
  }
  return static_cast<std::uint16_t>(search.best);
}

RuleSet::~RuleSet() {
  for (const Group& group : groups_) hs_free_database(group.database);
  for (hs_scratch* scratch : scratches_) hs_free_scratch(scratch);
}

}  // namespace dialplane::admit
