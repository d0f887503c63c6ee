// SPDX-License-Identifier: Apache-2.0
// Publishing from remembered state. Control thread.
#include "state_keeper.hpp"

#include "health/leaving.hpp"

#include <spdlog/spdlog.h>

#include <map>
#include <utility>

namespace dialplane::control {

namespace {

std::map<std::string, config::AdminState> file_states(const config::Config& config) {
  std::map<std::string, config::AdminState> states;
  for (const auto& pool : config.pools) {
    for (const auto& backend : pool.backends) states[pool.name + "/" + backend.name] = backend.state;
  }
  return states;
}

/// A state set by command outlives a reload, unless the file now says something else than before: the later word
/// counts.
std::map<std::string, config::AdminState> states_after_reload(std::map<std::string, config::AdminState> commanded,
                                                              const config::Config& before,
                                                              const config::Config& after) {
  const auto old_states = file_states(before);
  const auto new_states = file_states(after);
  std::erase_if(commanded, [&](const auto& entry) {
    const auto now = new_states.find(entry.first);
    if (now == new_states.end()) return true;
    const auto was = old_states.find(entry.first);
    return was != old_states.end() && was->second != now->second;
  });
  return commanded;
}

}  // namespace

Result<std::uint64_t> StateKeeper::publish(Result<std::unique_ptr<snapshot::Snapshot>> built) {
  if (!built) return tl::unexpected(built.error());
  const auto generation = publisher_.publish(std::move(*built));
  // Every snapshot has all that is remembered, whoever asked for it.
  is_behind_ = false;
  next_attempt_ = {};
  if (std::exchange(is_failing_, false)) {
    spdlog::info("generation {} is published: what could not be published holds now", generation);
  }
  return generation;
}

void StateKeeper::publish_found(Time now) {
  is_behind_ = true;
  turn(now);
}

void StateKeeper::turn(Time now) {
  if (!is_behind_ || now < next_attempt_) return;
  const auto done = republish();
  if (done) return;
  next_attempt_ = now + kRetryInterval;
  if (std::exchange(is_failing_, true)) return;
  spdlog::error("no snapshot can be made: {}; the last one stays, tried again every {} s", done.error().text,
                kRetryInterval.count());
}

Result<std::uint64_t> StateKeeper::republish() {
  return publish(snapshot::build_snapshot(config_, keys_, runtime_, cells_, publisher_.latest()));
}

Result<std::uint64_t> StateKeeper::adopt(std::shared_ptr<const config::Config> config, const sip::Keyring& keys,
                                         snapshot::CounterCells cells, const snapshot::Snapshot& draft,
                                         const Forget& forget) {
  auto leaving = leaving_after(runtime_.leaving, *config_, *config, std::chrono::steady_clock::now(), runtime_.admin);
  auto admin = states_after_reload(runtime_.admin, *config_, *config);
  auto observed = runtime_.observed;
  const auto is_forgotten = [&](const auto& entry) { return forget.all || entry.first == forget.backend; };
  std::erase_if(admin, is_forgotten);
  std::erase_if(observed, is_forgotten);
  std::swap(admin, runtime_.admin);
  std::swap(observed, runtime_.observed);
  std::swap(leaving, runtime_.leaving);
  auto built = snapshot::build_snapshot(config, keys, runtime_, cells, &draft);
  if (!built) {
    std::swap(leaving, runtime_.leaving);
    std::swap(admin, runtime_.admin);
    std::swap(observed, runtime_.observed);
    return tl::unexpected(built.error());
  }
  config_ = std::move(config);
  keys_ = keys;
  cells_ = std::move(cells);
  return publish(std::move(built));
}

Result<std::uint64_t> StateKeeper::set_admin(const std::string& backend, config::AdminState state) {
  const auto before = runtime_.admin;
  runtime_.admin[backend] = state;
  auto generation = republish();
  if (!generation) runtime_.admin = before;
  return generation;
}

}  // namespace dialplane::control
