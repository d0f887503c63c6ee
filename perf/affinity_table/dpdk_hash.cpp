// SPDX-License-Identifier: Apache-2.0
// rte_hash with lock-free readers and several writers; the 16 bytes lie in an array at the position it gives. Main
// thread.
#include "contender.hpp"

#include <fmt/core.h>
#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_malloc.h>

#include <array>
#include <stdexcept>
#include <string>

namespace dialplane::perf {
namespace {

struct Value {
  std::uint64_t word;
  std::uint64_t note;
};

std::size_t allocated() {
  rte_malloc_socket_stats stats{};
  rte_malloc_get_socket_stats(0, &stats);
  return stats.heap_allocsz_bytes;
}

class DpdkHash : public Contender {
 public:
  explicit DpdkHash(std::size_t places) {
    static int number = 0;
    const std::size_t before = allocated();
    const std::string name = fmt::format("affinity{}", ++number);
    rte_hash_parameters wanted{};
    wanted.name = name.c_str();
    wanted.entries = static_cast<std::uint32_t>(places);
    wanted.key_len = sizeof(std::uint64_t);
    wanted.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_MULTI_WRITER_ADD;
    hash_ = rte_hash_create(&wanted);
    if (hash_ == nullptr) throw std::runtime_error(fmt::format("rte_hash: {}", rte_strerror(rte_errno)));
    const auto positions = static_cast<std::size_t>(rte_hash_max_key_id(hash_)) + 1;
    values_ = static_cast<Value*>(rte_zmalloc(nullptr, positions * sizeof(Value), 64));
    if (values_ == nullptr) throw std::runtime_error("no memory for the values of rte_hash");
    bytes_ = allocated() - before;
  }
  ~DpdkHash() override {
    rte_free(values_);
    rte_hash_free(hash_);
  }
  DpdkHash(const DpdkHash&) = delete;
  DpdkHash& operator=(const DpdkHash&) = delete;

  [[nodiscard]] std::string_view name() const noexcept override { return "rte_hash"; }
  std::size_t insert(std::span<const std::uint64_t> keys) override {
    std::size_t turned_away = 0;
    for (const std::uint64_t key : keys) {
      const auto position = rte_hash_add_key_with_hash(hash_, &key, signature(key));
      if (position >= 0) {
        values_[position] = {key % kBackends, 1};
      } else {
        ++turned_away;
      }
    }
    return turned_away;
  }
  bool prefetch(std::span<const std::uint64_t> /*keys*/) override { return false; }
  Found find_each(std::span<const std::uint64_t> keys) override {
    Found found;
    for (const std::uint64_t wanted : keys) {
      const std::uint64_t key = wanted ^ (found.sum >> 63);
      const auto position = rte_hash_lookup_with_hash(hash_, &key, signature(key));
      if (position >= 0) add(found, values_[position]);
    }
    return found;
  }
  Found find_bursts(std::span<const std::uint64_t> keys) override {
    Found found;
    std::array<const void*, kBurst> pointers{};
    std::array<hash_sig_t, kBurst> signatures{};
    std::array<std::int32_t, kBurst> positions{};
    for (std::size_t at = 0; at < keys.size(); at += kBurst) {
      for (std::size_t i = 0; i < kBurst; ++i) {
        pointers[i] = &keys[at + i];
        signatures[i] = signature(keys[at + i]);
      }
      rte_hash_lookup_with_hash_bulk(hash_, pointers.data(), signatures.data(), kBurst, positions.data());
      for (const std::int32_t position : positions) {
        if (position >= 0) __builtin_prefetch(&values_[position]);
      }
      for (const std::int32_t position : positions) {
        if (position >= 0) add(found, values_[position]);
      }
    }
    return found;
  }
  [[nodiscard]] std::size_t bytes() const noexcept override { return bytes_; }

 private:
  static constexpr unsigned kBackends = 4;
  /// The key is a keyed hash already.
  static hash_sig_t signature(std::uint64_t key) noexcept { return static_cast<hash_sig_t>(key); }
  static void add(Found& found, const Value& value) noexcept {
    ++found.keys;
    found.sum += value.word + value.note;
  }

  rte_hash* hash_ = nullptr;
  Value* values_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Contender> make_dpdk_hash(std::size_t places) { return std::make_unique<DpdkHash>(places); }

}  // namespace dialplane::perf
