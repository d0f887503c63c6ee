// SPDX-License-Identifier: Apache-2.0
// Reads affinity table, counts and health as they are now; writes none of them. Control thread.
#include "explain_steering.hpp"

#include "health/monitor.hpp"

#include "dialplane/balance/judgement.hpp"
#include "dialplane/balance/placement_key.hpp"
#include "dialplane/base/siphash.hpp"
#include "dialplane/sip/dialog_id.hpp"
#include "dialplane/sip/scanner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <set>

namespace dialplane::control {

namespace {

using balance::AffinityState;
using balance::AffinityTable;

constexpr double kTick_s = (1U << AffinityTable::kTickShift_ms) / 1000.0;

double rounded(double value) { return std::round(value * 1000) / 1000; }

/// Read once more as it came: the packet has been edited since.
struct Reading {
  std::unique_ptr<sip::Message> message = std::make_unique<sip::Message>();
  sip::Facts facts;
  bool is_sound = false;
};

Reading read(const Explained& explained) {
  Reading reading;
  reading.is_sound = sip::scan(explained.message, *reading.message) == sip::Fault::kNone &&
                     sip::validate(*reading.message, reading.facts) == sip::Fault::kNone;
  return reading;
}

/// The pool that a message is, or would be, placed in; nullptr: none.
const snapshot::Pool* pool_of(const Explained& explained) noexcept {
  const auto& pools = explained.snapshot.pools;
  const auto& work = explained.work;
  const auto index = work.backend != kNoIndex ? work.pool : work.listener->service;
  return index.value < pools.size() ? &pools[index.value] : nullptr;
}

std::string name_at(const snapshot::Pool& pool, std::uint16_t position) {
  return position < pool.backends.size() ? pool.backends[position].name : std::string();
}

AffinityTable::View find_entry(const Explained& explained, const snapshot::Pool& pool, std::string_view call_id) {
  const auto hash = SipHash13::of(explained.snapshot.keys.call_id, call_id);
  const auto& context = explained.context;
  return explained.snapshot.affinity->find(hash ^ pool.affinity_salt,
                                           {context.now_ms, context.now_us, explained.snapshot.affinity_ages});
}

std::string_view state_name(const AffinityTable::View& entry) {
  return entry ? balance::affinity_state_info(entry.state()).name : "none";
}

/// The entry that the pipeline found is that of the request; any other stands in the table all the same.
void tell_entry(const Explained& explained, const snapshot::Pool& pool, const AffinityTable::View& entry,
                Steps& steps) {
  const auto& work = explained.work;
  steps.put("entry", state_name(entry));
  if (!entry) return;
  steps.put("means", balance::affinity_state_info(entry.state()).sentence);
  steps.put("backend", name_at(pool, pool.find(entry.cell())));
  const bool is_double = entry.state() == AffinityState::kDouble || entry.state() == AffinityState::kDoubleEnding;
  if (is_double) steps.put("first_backend", name_at(pool, pool.find(entry.other_cell())));
  steps.put("age_s", rounded(entry.age(explained.context.now_ms) * kTick_s));
  if (entry.state() == AffinityState::kEarly || entry.state() == AffinityState::kRegistering) {
    steps.put("unanswered_s", rounded(entry.since_first_us(explained.context.now_us) / 1e6));
  }
  if (work.entry && work.message.is_request) steps.put("repeats_its_last", work.entry.is_transaction(work.transaction));
  const bool decides =
      work.steered == pipeline::SteeredBy::kAffinity || work.steered == pipeline::SteeredBy::kSecondChance;
  steps.put("decides", decides);
}

/// The dialog that a request which opens something names instead of its own.
std::optional<sip::DialogIdView> named_dialog(const Reading& reading) {
  if (!reading.message->is_request || sip::opens_nothing(*reading.message, reading.facts)) return std::nullopt;
  return sip::find_named_dialog(*reading.message);
}

void tell_named_dialog(const Explained& explained, const snapshot::Pool& pool, const Reading& reading, Steps& steps) {
  const auto named = named_dialog(reading);
  if (!named) return;
  const auto entry = find_entry(explained, pool, named->call_id);
  steps.put("named_call_id", printable(named->call_id));
  steps.put("named_entry", state_name(entry));
  if (entry) steps.put("named_backend", name_at(pool, pool.find(entry.cell())));
}

/// What probes say, and for how long; nothing without a monitor.
void put_health(const Explained& explained, const snapshot::Pool& pool, const snapshot::Backend& backend, Json& entry) {
  // Nobody probes what is leaving, though a member may have its name.
  if (explained.health == nullptr || backend.is_leaving) return;
  const auto* watched = explained.health->find(pool.name + "/" + backend.name);
  if (watched == nullptr) return;
  const auto since = std::chrono::steady_clock::now() - watched->check.since();
  entry["observed_reason"] = watched->check.reason_text();
  entry["observed_since_s"] = std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

struct Candidate {
  const snapshot::Pool& pool;
  std::size_t at;
  const balance::Judgement& judgement;
  [[nodiscard]] const snapshot::Backend& backend() const { return pool.backends[at]; }
  [[nodiscard]] const balance::MemberJudgement& member() const { return judgement.members[at]; }
};

/// Why it takes new dialogs or not.
std::string_view standing_of(const Candidate& candidate) {
  const auto& backend = candidate.backend();
  if (!backend.takes_existing()) return "takes nothing";
  if (!backend.takes_new()) return "takes what it has";
  if (candidate.pool.usable_new[candidate.at] == 0) return "cannot be reached";
  if (!candidate.member().may_get_it) return "starts slowly: not this message";
  if (!candidate.member().has_room) return "no room";
  return backend.in_panic ? "takes new dialogs in panic" : "takes new dialogs";
}

Json json_of(const Explained& explained, const Candidate& candidate) {
  const auto& backend = candidate.backend();
  const auto& member = candidate.member();
  const auto& states = *explained.snapshot.backend_states;
  Json entry;
  entry["name"] = backend.name;
  entry["address"] = backend.address.to_string();
  entry["weight"] = backend.weight;
  entry["admin"] = backend.is_leaving ? std::string_view("leaving") : config::admin_state_name(backend.admin);
  entry["observed"] = snapshot::observed_state_name(backend.observed);
  put_health(explained, candidate.pool, backend, entry);
  entry["in_panic"] = backend.in_panic;
  entry["ramp_ratio"] = rounded(static_cast<double>(candidate.pool.share[candidate.at]) / balance::kWholeShare);
  entry["takes_new"] = candidate.pool.usable_new[candidate.at] != 0;
  entry["takes_existing"] = backend.takes_existing();
  entry["standing"] = standing_of(candidate);
  entry["open_dialogs"] = member.calls;
  entry["latency_us"] = member.latency_us;
  entry["own_responses"] = rounded(states.own_response_ratio(backend.cell));
  using balance::LooksAt;
  const auto looks_at = candidate.judgement.looks_at;
  if (looks_at == LooksAt::kCalls || looks_at == LooksAt::kLatency) entry["load"] = rounded(member.load);
  if (looks_at == LooksAt::kBound) entry["limit"] = rounded(member.limit);
  return entry;
}

std::string text_of(const Json& entry) {
  const auto word = [&](const char* key) { return entry[key].get<std::string>(); };
  auto text = fmt::format("{} {} weight {} {} {}", word("name"), word("address"), entry["weight"].get<unsigned>(),
                          word("admin"), word("observed"));
  if (entry.contains("observed_reason")) {
    text += fmt::format(" for {} s ({})", entry["observed_since_s"].get<std::int64_t>(), word("observed_reason"));
  }
  text += fmt::format(", {}, {} open dialogs", word("standing"), entry["open_dialogs"].get<std::uint64_t>());
  for (const char* key : {"load", "limit"}) {
    if (entry.contains(key)) text += fmt::format(", {} {}", key, entry[key].get<double>());
  }
  return text;
}

/// Number of the tier that a table stands for.
unsigned tier_of(const config::Pool& pool, std::size_t table) {
  std::set<unsigned> tiers;
  for (const auto& backend : pool.backends) tiers.insert(backend.tier);
  auto tier = tiers.begin();
  for (; table > 0 && tier != tiers.end(); --table) ++tier;
  return tier == tiers.end() ? 0 : *tier;
}

void tell_policy(const Explained& explained, const snapshot::Pool& pool, std::uint64_t hash, Steps& steps) {
  const auto& plan = pool.plan;
  const auto judgement =
      balance::judge(plan, {pool.usable_new, pool.share, pool.cells, *explained.snapshot.backend_states}, hash);
  steps.put("policy", balance::policy_name(plan.policy));
  steps.put("looks_at", balance::looks_at_sentence(judgement.looks_at));
  if (plan.load_permille != 0) steps.put("max_load_factor", plan.load_permille / 1000.0);
  if (plan.policy == balance::Policy::kPriority) {
    const auto& pools = explained.snapshot.config->pools;
    const auto found = std::ranges::find(pools, pool.name, &config::Pool::name);
    if (found != pools.end()) steps.put("tier", tier_of(*found, judgement.table));
  }
  steps.put("sticky_by", plan.is_sticky_by_table_only() ? "the affinity table alone" : "the message");
  for (std::size_t i = 0; i < pool.backends.size(); ++i) {
    auto entry = json_of(explained, {pool, i, judgement});
    const auto shown = text_of(entry);
    steps.add("candidate", shown, std::move(entry));
  }
}

}  // namespace

void tell_affinity(const Explained& explained, Steps& steps) {
  const auto* pool = pool_of(explained);
  const auto reading = read(explained);
  if (pool == nullptr || !reading.is_sound) return;
  steps.step("affinity");
  steps.put("pool", pool->name);
  const auto& found = explained.work.entry;
  tell_entry(explained, *pool, found ? found : find_entry(explained, *pool, reading.facts.call_id), steps);
  tell_named_dialog(explained, *pool, reading, steps);
}

void tell_placement(const Explained& explained, Steps& steps) {
  const auto* pool = pool_of(explained);
  const auto reading = read(explained);
  if (pool == nullptr || !reading.is_sound || !reading.message->is_request) return;
  const auto& rule = pool->keys[static_cast<std::size_t>(reading.message->method)];
  const auto named = named_dialog(reading);
  const auto key =
      named ? named->call_id
            : balance::key_of(rule, *reading.message, reading.facts, explained.from.ip, explained.context.key_room);
  const auto hash = SipHash13::of(explained.snapshot.keys.call_id, key);
  steps.step("placement");
  steps.put("pool", pool->name);
  steps.put("key", named ? std::string("named dialog") : pool->key_text);
  steps.put("key_bytes", printable(key));
  steps.put("hash", fmt::format("{:016x}", hash));
  if (pool->table == nullptr) return;
  const auto slot = pool->table->slot_of(hash);
  const auto choices = pool->table->choices(slot);
  steps.put("table_checksum", fmt::format("{:016x}", pool->table->checksum()));
  steps.put("slots", pool->table->size());
  steps.put("slot", slot);
  steps.put("first_choice", name_at(*pool, choices.first));
  steps.put("second_choice", name_at(*pool, choices.second));
  tell_policy(explained, *pool, hash, steps);
}

}  // namespace dialplane::control
