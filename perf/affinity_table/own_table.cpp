// SPDX-License-Identifier: Apache-2.0
// The affinity table as workers use it. Main thread.
#include "contender.hpp"

#include "dialplane/balance/affinity_table.hpp"

#include <stdexcept>

namespace dialplane::perf {
namespace {

using balance::AffinityTable;

class OwnTable : public Contender {
 public:
  explicit OwnTable(std::size_t places) : table_(AffinityTable::make(places)) {
    if (table_ == nullptr) throw std::runtime_error("no memory for the affinity table");
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "affinity table"; }
  std::size_t insert(std::span<const std::uint64_t> keys) override {
    std::size_t turned_away = 0;
    for (const std::uint64_t key : keys) {
      const auto cell = BackendCell(static_cast<std::uint16_t>(key % kBackends));
      const auto claim = table_->claim(key, cell, balance::AffinityState::kEarly, 1, when_, writer_);
      turned_away += claim.outcome == AffinityTable::Outcome::kMade ? 0 : 1;
    }
    return turned_away;
  }
  bool prefetch(std::span<const std::uint64_t> keys) override {
    for (const std::uint64_t key : keys) table_->prefetch(key);
    return true;
  }
  Found find_each(std::span<const std::uint64_t> keys) override {
    Found found;
    for (const std::uint64_t key : keys) add(found, table_->find(key ^ (found.sum >> 63), when_));
    return found;
  }
  Found find_bursts(std::span<const std::uint64_t> keys) override {
    Found found;
    for (std::size_t at = 0; at < keys.size(); at += kBurst) {
      const auto burst = keys.subspan(at, kBurst);
      for (const std::uint64_t key : burst) table_->prefetch(key);
      for (const std::uint64_t key : burst) add(found, table_->find(key, when_));
    }
    return found;
  }
  [[nodiscard]] std::size_t bytes() const noexcept override { return table_->size() * kEntryBytes; }

 private:
  static constexpr std::size_t kEntryBytes = 16;
  static constexpr unsigned kBackends = 4;
  static void add(Found& found, const AffinityTable::View& view) noexcept {
    if (!view) return;
    ++found.keys;
    found.sum += view.cell().value + (view.is_transaction(1) ? 1U : 0U);
  }

  std::shared_ptr<AffinityTable> table_;
  balance::BackendStates states_{1};
  balance::AffinityAges ages_;
  AffinityTable::Moment when_{0, 0, ages_};
  AffinityTable::Writer writer_{states_, balance::StatesWriter(0)};
};

}  // namespace

std::unique_ptr<Contender> make_own_table(std::size_t places) { return std::make_unique<OwnTable>(places); }

}  // namespace dialplane::perf
