// SPDX-License-Identifier: Apache-2.0
// Finding, making and changing affinity entries without locks. Workers; sweeping: the control thread.
//
// All that decides lies in one word that is only ever changed by compare-and-swap, the age included, so that no entry
// is judged by the age of another. Whoever changes a word moves the counts of the backends it names: the sums therefore
// follow the entries exactly.
#include "dialplane/balance/affinity_table.hpp"

#include "dialplane/base/prefetch.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>

namespace dialplane::balance {
namespace {

/// 64·T1, the longest a transaction lives after its last message. Source: RFC 3261 §17.
constexpr std::uint32_t kTransaction_s = 32;
constexpr std::uint32_t kBound_s = 180;
/// Rounds of one claim before it gives up; each lost round means that somebody else got on.
constexpr int kClaimRounds = 8;

/// Which living entries may make way for a new one, the cheapest loss first; 0: never.
constexpr unsigned eviction_rank(AffinityState state) noexcept {
  switch (state) {
    case AffinityState::kTransaction:
      return 1;
    case AffinityState::kRegistered:
      return 2;
    case AffinityState::kConfirmed:
      return 3;
    default:
      return 0;
  }
}

constexpr std::array kStates{
#define DP_AFFINITY_STATE(id, name, sentence) AffinityStateInfo{name, sentence},
#include "dialplane/balance/affinity_states.def"
#undef DP_AFFINITY_STATE
};

std::uint64_t make_note(std::uint32_t digest, BackendCell other, std::uint64_t now_us) noexcept {
  return std::uint64_t{digest} << 44 | std::uint64_t{other.value} << 32 | (now_us & 0xffffffffU);
}

}  // namespace

const AffinityStateInfo& affinity_state_info(AffinityState state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}

AffinityAges::AffinityAges(const Seconds& ages) noexcept {
  const auto set = [this](AffinityState state, std::uint32_t seconds) {
    ticks_[static_cast<std::size_t>(state)] = AffinityTable::ticks(seconds);
  };
  using State = AffinityState;
  for (const auto state : {State::kClaimed, State::kTransaction, State::kClosing, State::kEnding, State::kDoubleEnding,
                           State::kRegistering}) {
    set(state, kTransaction_s);
  }
  set(State::kBound, kBound_s);
  for (const auto state : {State::kEarly, State::kRinging, State::kDouble, State::kAnswered}) set(state, ages.early);
  set(State::kConfirmed, ages.dialog);
  set(State::kRegistered, ages.registration);
}

bool AffinityTable::counts_as(AffinityState state, Holding what) noexcept {
  using State = AffinityState;
  switch (what) {
    case Holding::kDialogs:
      return state >= State::kEarly && state <= State::kClosing;
    case Holding::kRegistrations:
      return state == State::kRegistered;
    case Holding::kPending:
      return state == State::kEarly || state == State::kDouble || state == State::kRegistering;
    case Holding::kCount:
      break;
  }
  return false;
}

AffinityTable::~AffinityTable() { ::munmap(entries_, size() * sizeof(Entry)); }

std::shared_ptr<AffinityTable> AffinityTable::make(std::size_t entries) {
  static_assert(sizeof(Entry) == 16 && kLineEntries * sizeof(Entry) == 64);
  const auto count = std::bit_ceil(std::max(entries, kFewestEntries));
  const auto bytes = count * sizeof(Entry);
  auto* start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return nullptr;
  static_cast<void>(::madvise(start, bytes, MADV_HUGEPAGE));
  // Zero pages are free entries, but a page is given at its first touch: here, not under a worker's first messages.
  constexpr std::size_t kPageBytes = 4096;
  for (std::size_t at = 0; at < bytes; at += kPageBytes) static_cast<volatile char*>(start)[at] = 0;
  return std::shared_ptr<AffinityTable>(new AffinityTable(static_cast<Entry*>(start), count / kLineEntries));
}

std::uint16_t AffinityTable::age_of(std::uint64_t word, std::uint64_t now_ms) noexcept {
  const auto age = static_cast<std::uint16_t>((now_ms >> kTickShift_ms) - word);
  // Another worker's clock may be a tick ahead.
  return age > 0xfff0 ? 0 : age;
}

std::uint64_t AffinityTable::make_word(std::uint32_t tag, BackendCell cell, AffinityState state,
                                       std::uint64_t now_ms) noexcept {
  return std::uint64_t{tag} << 32 | std::uint64_t{cell.value} << 20 | static_cast<std::uint64_t>(state) << 16 |
         (now_ms >> kTickShift_ms & 0xffff);
}

void AffinityTable::prefetch(std::uint64_t hash) const noexcept {
  const auto line = line_of(hash);
  prefetch_line(&entries_[line]);
  prefetch_line(&entries_[line ^ kLineEntries]);
}

AffinityTable::View AffinityTable::find(std::uint64_t hash, const Moment& when) const noexcept {
  const auto line = line_of(hash);
  const auto tag = tag_of(hash);
  View view;
  for (std::size_t i = 0; i < kSetEntries; ++i) {
    auto& entry = entry_at(line, i);
    const auto word = entry.word.load(std::memory_order_acquire);
    if (static_cast<std::uint32_t>(word >> 32) != tag || state_of(word) <= AffinityState::kClaimed) continue;
    if (!is_alive(word, when)) continue;
    view.entry_ = &entry;
    view.word_ = word;
    view.note_ = entry.note.load(std::memory_order_relaxed);
    break;
  }
  return view;
}

bool AffinityTable::replace(Entry& entry, std::uint64_t& expected, std::uint64_t wanted,
                            const Writer& writer) noexcept {
  const auto before = expected;
  if (!entry.word.compare_exchange_strong(expected, wanted, std::memory_order_seq_cst)) return false;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Holding::kCount); ++i) {
    const auto what = static_cast<Holding>(i);
    const bool was = counts_as(state_of(before), what);
    const bool is = counts_as(state_of(wanted), what);
    const bool same = was && is && cell_of(before) == cell_of(wanted);
    if (is && !same) writer.states.note_opened(writer.by, cell_of(wanted), what);
    if (was && !same) writer.states.note_closed(writer.by, cell_of(before), what);
  }
  return true;
}

AffinityTable::Entry* AffinityTable::find_place(std::size_t line, const Moment& when, std::uint64_t& word,
                                                bool& evicts) const noexcept {
  Entry* best = nullptr;
  unsigned best_rank = ~0U;
  std::uint16_t best_age = 0;
  for (std::size_t i = 0; i < kSetEntries; ++i) {
    auto& entry = entry_at(line, i);
    const auto seen = entry.word.load(std::memory_order_relaxed);
    if (state_of(seen) == AffinityState::kFree || !is_alive(seen, when)) {
      word = seen;
      evicts = false;
      return &entry;
    }
    const auto rank = eviction_rank(state_of(seen));
    const auto age = age_of(seen, when.now_ms);
    if (rank == 0 || rank > best_rank || (rank == best_rank && age <= best_age)) continue;
    best = &entry;
    best_rank = rank;
    best_age = age;
    word = seen;
  }
  evicts = best != nullptr;
  return best;
}

/// Makes the claim an entry, unless another of the same tag is there. Of two claims the one nearer to the front stays:
/// whoever sees that takes its own back and completes the other, so that nobody waits.
bool AffinityTable::settle(std::size_t line, Entry& mine, std::uint64_t claimed, std::uint64_t wanted,
                           const Moment& when, const Writer& writer) noexcept {
  bool is_before = true;
  // Both lines have the same order for every hash of the set: that of memory.
  const auto first = line & ~(kSetEntries - 1);
  for (std::size_t i = 0; i < kSetEntries; ++i) {
    auto& entry = entries_[first + i];
    if (&entry == &mine) {
      is_before = false;
      continue;
    }
    auto seen = entry.word.load(std::memory_order_seq_cst);
    if (seen >> 32 != claimed >> 32 || state_of(seen) == AffinityState::kFree) continue;
    const bool gives_way = !is_alive(seen, when) || (state_of(seen) == AffinityState::kClaimed && !is_before);
    if (gives_way && replace(entry, seen, 0, writer)) continue;
    if (seen >> 32 != claimed >> 32 || state_of(seen) == AffinityState::kFree) continue;
    auto own = claimed;
    replace(mine, own, 0, writer);
    if (state_of(seen) == AffinityState::kClaimed) {
      const auto state = static_cast<std::uint64_t>(state_of(wanted)) << 16;
      replace(entry, seen, (seen & ~(std::uint64_t{0xf} << 16)) | state, writer);
    }
    return false;
  }
  auto own = claimed;
  return replace(mine, own, wanted, writer);
}

AffinityTable::Claim AffinityTable::claim(std::uint64_t hash, BackendCell cell, AffinityState state,
                                          std::uint32_t digest, const Moment& when, const Writer& writer) noexcept {
  const auto line = line_of(hash);
  Claim result;
  for (int round = 0; round < kClaimRounds; ++round) {
    result.view = find(hash, when);
    if (result.view) {
      result.outcome = Outcome::kAdopted;
      return result;
    }
    std::uint64_t seen = 0;
    bool evicts = false;
    auto* place = find_place(line, when, seen, evicts);
    if (place == nullptr) return result;
    const auto claimed = make_word(tag_of(hash), cell, AffinityState::kClaimed, when.now_ms);
    if (!replace(*place, seen, claimed, writer)) continue;
    result.evicted |= evicts;
    const auto wanted = make_word(tag_of(hash), cell, state, when.now_ms);
    const auto note = make_note(digest & kDigestMask, {}, when.now_us);
    place->note.store(note, std::memory_order_relaxed);
    if (!settle(line, *place, claimed, wanted, when, writer)) continue;
    result.view.entry_ = place;
    result.view.word_ = wanted;
    result.view.note_ = note;
    result.outcome = Outcome::kMade;
    return result;
  }
  return result;
}

bool AffinityTable::change(View& view, AffinityState state, BackendCell cell, const Moment& when,
                           const Writer& writer) noexcept {
  auto& entry = *static_cast<Entry*>(view.entry_);
  const auto tag = static_cast<std::uint32_t>(view.word_ >> 32);
  const auto wanted = make_word(tag, cell, state, when.now_ms);
  if (wanted == view.word_ || replace(entry, view.word_, wanted, writer)) {
    view.word_ = wanted;
    return true;
  }
  const bool is_gone = view.word_ >> 32 != tag || state_of(view.word_) <= AffinityState::kClaimed;
  if (is_gone) view = {};
  return false;
}

void AffinityTable::touch(View& view, const Moment& when) noexcept {
  if (view.age(when.now_ms) == 0) return;
  auto& entry = *static_cast<Entry*>(view.entry_);
  const auto wanted = (view.word_ & ~std::uint64_t{0xffff}) | (when.now_ms >> kTickShift_ms & 0xffff);
  // Somebody who was faster has noted a time as good.
  auto expected = view.word_;
  if (entry.word.compare_exchange_strong(expected, wanted, std::memory_order_relaxed)) view.word_ = wanted;
}

void AffinityTable::note(View& view, std::uint32_t digest, std::uint64_t now_us, BackendCell other) noexcept {
  view.note_ = make_note(digest & kDigestMask, other, now_us);
  static_cast<Entry*>(view.entry_)->note.store(view.note_, std::memory_order_relaxed);
}

}  // namespace dialplane::balance
