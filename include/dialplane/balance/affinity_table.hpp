// SPDX-License-Identifier: Apache-2.0
// The affinity table: (pool, Call-ID) → backend with a state and an age. Fixed size, lock-free, shared by all workers;
// the control thread sweeps it. A cache: what it forgets, the cookie or the hash still knows.
#pragma once

#include "dialplane/balance/backend_states.hpp"
#include "dialplane/base/ids.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace dialplane::balance {

/// What an entry stands for.
enum class AffinityState : std::uint8_t {
#define DP_AFFINITY_STATE(id, name, sentence) id,
#include "dialplane/balance/affinity_states.def"
#undef DP_AFFINITY_STATE
  kCount,
};
struct AffinityStateInfo {
  std::string_view name;
  std::string_view sentence;
};
const AffinityStateInfo& affinity_state_info(AffinityState state) noexcept;
inline constexpr std::size_t kAffinityStates = static_cast<std::size_t>(AffinityState::kCount);

/// How long an entry of each state lives after its last message. Part of the snapshot.
class AffinityAges {
 public:
  struct Seconds {
    std::uint32_t early = 200;
    std::uint32_t dialog = 4 * 3600;
    std::uint32_t registration = 3600;
  };
  AffinityAges() noexcept : AffinityAges(Seconds{}) {}
  explicit AffinityAges(const Seconds& ages) noexcept;
  /// Units: ticks of AffinityTable.
  [[nodiscard]] std::uint16_t of(AffinityState state) const noexcept { return ticks_[static_cast<std::size_t>(state)]; }

 private:
  std::array<std::uint16_t, kAffinityStates> ticks_{};
};

/// Thread: every function any, unless it says otherwise. No function waits.
class AffinityTable {
 public:
  /// Entries in one cache line. An entry lies in the line its hash names or in that line's neighbour.
  static constexpr std::size_t kLineEntries = 4;
  static constexpr std::size_t kFewestEntries = 1024;
  /// Longest life of an entry that its 16 bits of age can tell from a younger one.
  static constexpr std::uint32_t kLongestAge_s = 48 * 3600;

  ~AffinityTable();
  AffinityTable(const AffinityTable&) = delete;
  AffinityTable& operator=(const AffinityTable&) = delete;
  /// At least `entries`, rounded up to a power of two; 16 bytes each. Errors: nullptr if there is no memory for it.
  static std::shared_ptr<AffinityTable> make(std::size_t entries);

  [[nodiscard]] std::size_t size() const noexcept { return line_count_ * kLineEntries; }
  /// Pairs of lines, the unit of sweeping.
  [[nodiscard]] std::size_t set_count() const noexcept { return line_count_ / 2; }

  /// What an entry says, as it was when it was read.
  class View {
   public:
    explicit operator bool() const noexcept { return entry_ != nullptr; }
    [[nodiscard]] AffinityState state() const noexcept { return state_of(word_); }
    [[nodiscard]] BackendCell cell() const noexcept { return cell_of(word_); }
    /// Ticks since its last message was noted.
    [[nodiscard]] std::uint16_t age(std::uint64_t now_ms) const noexcept { return age_of(word_, now_ms); }
    /// Whether this digest is that of the transaction noted last.
    [[nodiscard]] bool is_transaction(std::uint32_t digest) const noexcept {
      return (note_ >> 44) == (digest & kDigestMask);
    }
    /// The backend that got the request first, if state() is one of the double ones.
    [[nodiscard]] BackendCell other_cell() const noexcept {
      return BackendCell(static_cast<std::uint16_t>(note_ >> 32 & kCellMask));
    }
    /// Time since the first copy of the transaction noted last. Units: µs; wraps after 71 minutes.
    [[nodiscard]] std::uint32_t since_first_us(std::uint64_t now_us) const noexcept {
      return static_cast<std::uint32_t>(now_us) - static_cast<std::uint32_t>(note_);
    }

   private:
    friend class AffinityTable;
    void* entry_ = nullptr;
    std::uint64_t word_ = 0;
    std::uint64_t note_ = 0;
  };

  /// A message in time, and the clock its entry is judged by.
  struct Moment {
    std::uint64_t now_ms = 0;
    std::uint64_t now_us = 0;
    const AffinityAges& ages;
  };
  /// Who changes entries, and where their counts go.
  struct Writer {
    BackendStates& states;
    StatesWriter by;
  };

  /// Brings the lines of this hash near.
  void prefetch(std::uint64_t hash) const noexcept;
  /// The entry of this hash, if there is one that is not too old. An entry of another hash is taken for it with a
  /// probability of 8 in 2^32 at most. Cost: one or two cache lines.
  [[nodiscard]] View find(std::uint64_t hash, const Moment& when) const noexcept;

  enum class Outcome : std::uint8_t {
    kMade,     ///< the entry is new
    kAdopted,  ///< somebody else made one first, and that one counts
    kFull,     ///< none can be made without driving out a call that is being set up
  };
  struct Claim {
    View view;
    Outcome outcome = Outcome::kFull;
    bool evicted = false;  ///< a living entry made way
  };
  /// Makes an entry unless there is one. Of workers that claim one hash at a time one wins and the others adopt.
  Claim claim(std::uint64_t hash, BackendCell cell, AffinityState state, std::uint32_t digest, const Moment& when,
              const Writer& writer) noexcept;

  /// Moves the entry to another state or backend and notes the message's time. Errors: false if somebody else was
  /// faster; `view` is then what they made of it, or empty.
  bool change(View& view, AffinityState state, BackendCell cell, const Moment& when, const Writer& writer) noexcept;
  /// Notes that a message passed; writes at most once a tick.
  void touch(View& view, const Moment& when) noexcept;
  /// Notes a new transaction, and the backend that had it first where there are two.
  void note(View& view, std::uint32_t digest, std::uint64_t now_us, BackendCell other = {}) noexcept;

  /// Frees what is too old in one set and tells `see(state, cell)` of the rest. Thread: control.
  template <class See>
  std::size_t sweep(std::size_t set, const Moment& when, const Writer& writer, See see) noexcept {
    std::size_t freed = 0;
    for (std::size_t i = 0; i < kSetEntries; ++i) {
      auto& entry = entries_[set * kSetEntries + i];
      auto word = entry.word.load(std::memory_order_relaxed);
      if (state_of(word) == AffinityState::kFree) continue;
      if (!is_alive(word, when)) {
        freed += replace(entry, word, 0, writer) ? 1 : 0;
      } else if (state_of(word) != AffinityState::kClaimed) {
        see(state_of(word), cell_of(word));
      }
    }
    return freed;
  }

  /// 4.096 s: the resolution of ages.
  static constexpr unsigned kTickShift_ms = 12;
  static constexpr std::uint16_t ticks(std::uint32_t seconds) noexcept {
    return static_cast<std::uint16_t>((std::uint64_t{seconds} * 1000 >> kTickShift_ms) + 1);
  }
  /// What an entry of this state adds to the counts of its backend.
  static bool counts_as(AffinityState state, Holding what) noexcept;

 private:
  static constexpr std::size_t kSetEntries = 2 * kLineEntries;
  static constexpr std::uint64_t kCellMask = 0xfff;
  static constexpr std::uint32_t kDigestMask = 0xfffff;
  static_assert(kMaxBackendCells - 1 <= kCellMask);

  /// word: tag 32, cell 12, state 4, tick 16, all changed together. note, advisory: digest 20, other cell 12, first
  /// copy 32 (µs).
  struct Entry {
    std::atomic<std::uint64_t> word;
    std::atomic<std::uint64_t> note;
  };

  static AffinityState state_of(std::uint64_t word) noexcept { return static_cast<AffinityState>(word >> 16 & 0xf); }
  static BackendCell cell_of(std::uint64_t word) noexcept {
    return BackendCell(static_cast<std::uint16_t>(word >> 20 & kCellMask));
  }
  static std::uint16_t age_of(std::uint64_t word, std::uint64_t now_ms) noexcept;
  static bool is_alive(std::uint64_t word, const Moment& when) noexcept {
    return age_of(word, when.now_ms) <= when.ages.of(state_of(word));
  }
  static std::uint64_t make_word(std::uint32_t tag, BackendCell cell, AffinityState state,
                                 std::uint64_t now_ms) noexcept;
  static std::uint32_t tag_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash >> 32); }

  AffinityTable(Entry* entries, std::size_t lines) noexcept : entries_(entries), line_count_(lines) {}
  /// The first entry of the hash's own line; its neighbour's are at this ^ kLineEntries.
  [[nodiscard]] std::size_t line_of(std::uint64_t hash) const noexcept {
    return (hash & (line_count_ - 1)) * kLineEntries;
  }
  /// Entry `i` of the hash's set, its own line first.
  [[nodiscard]] Entry& entry_at(std::size_t line, std::size_t i) const noexcept {
    return entries_[(i < kLineEntries ? line : line ^ kLineEntries) + i % kLineEntries];
  }
  [[nodiscard]] Entry* find_place(std::size_t line, const Moment& when, std::uint64_t& word,
                                  bool& evicts) const noexcept;
  bool settle(std::size_t line, Entry& mine, std::uint64_t claimed, std::uint64_t wanted, const Moment& when,
              const Writer& writer) noexcept;
  static bool replace(Entry& entry, std::uint64_t& expected, std::uint64_t wanted, const Writer& writer) noexcept;

  Entry* entries_;  ///< a mapping of its own
  std::size_t line_count_;
};

}  // namespace dialplane::balance
