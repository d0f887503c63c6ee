// SPDX-License-Identifier: Apache-2.0
// Publishing from remembered state. Control thread.
#include "state_keeper.hpp"

#include "former_paths.hpp"
#include "health/leaving.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace dialplane::control {

namespace {

AdminStates file_states(const config::Config& config) {
  AdminStates states;
  for (const auto& pool : config.pools) {
    for (const auto& backend : pool.backends) states[pool.name + "/" + backend.name] = backend.state;
  }
  return states;
}

/// States set by command, by the paths of `after`: they stay with the name, and with the server that was renamed.
AdminStates carry(const AdminStates& commanded, const FormerPaths& renamed, const config::Config& after) {
  AdminStates carried;
  for (const auto& [path, ignored] : file_states(after)) {
    const auto was = renamed.find(path);
    const auto told = commanded.find(was == renamed.end() ? path : was->second);
    if (told != commanded.end()) carried.emplace(path, told->second);
  }
  return carried;
}

/// A state set by command outlives a reload, unless the file now says something else than before: the later word
/// counts.
AdminStates states_after_reload(const AdminStates& commanded, const config::Config& before,
                                const config::Config& after) {
  const auto renamed = renamed_paths(before, after);
  const auto old_states = file_states(before);
  const auto new_states = file_states(after);
  auto states = carry(commanded, renamed, after);
  std::erase_if(states, [&](const auto& entry) {
    const auto former = renamed.find(entry.first);
    const auto was = old_states.find(former == renamed.end() ? entry.first : former->second);
    return was != old_states.end() && was->second != new_states.at(entry.first);
  });
  return states;
}

/// What checks found is about a server, whatever it is called.
std::map<std::string, snapshot::Observed> observed_after(const std::map<std::string, snapshot::Observed>& observed,
                                                         const config::Config& before, const config::Config& after) {
  std::map<std::string, snapshot::Observed> result;
  for (const auto& [path, was] : former_paths(before, after)) {
    if (const auto found = observed.find(was); found != observed.end()) result.emplace(path, found->second);
  }
  return result;
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
  auto admin = states_after_reload(runtime_.admin, *config_, *config);
  auto observed = observed_after(runtime_.observed, *config_, *config);
  const auto is_forgotten = [&](const auto& entry) { return forget.all || entry.first == forget.backend; };
  std::erase_if(admin, is_forgotten);
  std::erase_if(observed, is_forgotten);
  return take_over(std::move(config), keys, std::move(cells), draft, std::move(admin), std::move(observed));
}

Result<std::uint64_t> StateKeeper::restore(std::shared_ptr<const config::Config> config, const sip::Keyring& keys,
                                           snapshot::CounterCells cells, const snapshot::Snapshot& draft,
                                           const AdminStates& before) {
  auto admin = carry(runtime_.admin, renamed_paths(*config_, *config), *config);
  for (const auto& [path, ignored] : file_states(*config)) {
    // What was told since is the later word; what was told before and still holds is in both.
    if (const auto told = before.find(path); told != before.end()) admin.emplace(*told);
  }
  auto observed = observed_after(runtime_.observed, *config_, *config);
  return take_over(std::move(config), keys, std::move(cells), draft, std::move(admin), std::move(observed));
}

Result<std::uint64_t> StateKeeper::take_over(std::shared_ptr<const config::Config> config, const sip::Keyring& keys,
                                             snapshot::CounterCells cells, const snapshot::Snapshot& draft,
                                             AdminStates admin, std::map<std::string, snapshot::Observed> observed) {
  auto leaving = leaving_after(runtime_.leaving, *config_, *config, std::chrono::steady_clock::now(), runtime_.admin);
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
