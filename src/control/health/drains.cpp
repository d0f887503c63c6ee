// SPDX-License-Identifier: Apache-2.0
// Ends of drains, and of backends that are leaving. Control thread.
#include "drains.hpp"

#include "former_paths.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

namespace dialplane::control {

namespace {

constexpr std::chrono::milliseconds kWorkInterval{100};
/// A message that was under way when the state was set may still open a dialog.
constexpr std::chrono::seconds kQuiet{1};

Json row_of(const std::string& name, std::string_view result, const Remaining& remaining, SteadyTime began,
            SteadyTime now) {
  Json row;
  row[name.empty() ? "node" : "backend"] = name.empty() ? "this" : name;
  row["result"] = result;
  row["dialogs"] = remaining.dialogs;
  row["registrations"] = remaining.registrations;
  row["waited_s"] = std::chrono::duration_cast<std::chrono::seconds>(now - began).count();
  return row;
}

}  // namespace

const snapshot::Backend* find_backend(const snapshot::Snapshot& snapshot, std::string_view path) {
  const auto slash = path.find('/');
  const auto pool = std::ranges::find(snapshot.pools, path.substr(0, slash), &snapshot::Pool::name);
  if (slash == std::string_view::npos || pool == snapshot.pools.end()) return nullptr;
  // The members of the file come first.
  const auto found = std::ranges::find(pool->backends, path.substr(slash + 1), &snapshot::Backend::name);
  return found == pool->backends.end() ? nullptr : &*found;
}

Remaining Drains::remaining(const snapshot::Backend& backend) const {
  const auto& states = *current().backend_states;
  return {states.open_dialogs(backend.cell), states.open_registrations(backend.cell)};
}

Remaining Drains::remaining_on_node() const {
  Remaining sum;
  // A server in two pools has one cell.
  std::set<std::uint16_t> cells;
  for (const auto& pool : current().pools) {
    for (const auto& backend : pool.backends) {
      if (!cells.insert(backend.cell.value).second) continue;
      const auto own = remaining(backend);
      sum.dialogs += own.dialogs;
      sum.registrations += own.registrations;
    }
  }
  return sum;
}

AdminNote Drains::note_of(const std::string& backend) const {
  const auto found = notes_.find(backend);
  return found == notes_.end() ? AdminNote{started_, "file", {}} : found->second;
}

std::optional<SteadyTime> Drains::deadline_of(const std::string& backend) const {
  const auto found = deadlines_.find(backend);
  return found == deadlines_.end() ? std::nullopt : std::optional(found->second.at);
}

SteadyTime Drains::leaving_since(const std::string& backend) const {
  for (const auto& item : state_.runtime().leaving) {
    if (item.pool + "/" + item.backend.name == backend) return item.since;
  }
  return started_;
}

void Drains::set(const std::string& backend, config::AdminState admin, const std::string& by, SteadyTime now) {
  notes_[backend] = {now, by, admin};
  deadlines_.erase(backend);
  if (admin != config::AdminState::kDrain) refuse_waiting(backend, admin, by);
}

void Drains::refuse_waiting(const std::string& backend, config::AdminState admin, std::string_view by) {
  finish(backend, rpc::refuse(rpc::kRefused, fmt::format("backend {} was set to {} by {} before its drain had ended",
                                                         backend, config::admin_state_name(admin), by)));
}

void Drains::limit(const std::string& backend, std::chrono::milliseconds deadline, SteadyTime now) {
  deadlines_[backend] = {now + deadline, {}};
}

void Drains::wait(const std::string& backend, Answer answer, SteadyTime now) {
  waiting_.push_back({backend, std::move(answer), now, {}});
}

void Drains::wait_for_node(Answer answer, SteadyTime now) { waiting_.push_back({{}, std::move(answer), now, {}}); }

void Drains::node_is_ready() {
  finish({}, rpc::refuse(rpc::kRefused, "the node was made ready before its drain had ended"));
}

void Drains::finish(const std::string& backend, const rpc::Outcome& outcome) {
  // An answer may ask for another wait.
  std::vector<Waiting> over;
  const auto is_kept = [&](const Waiting& waiting) { return waiting.backend != backend; };
  const auto first = std::stable_partition(waiting_.begin(), waiting_.end(), is_kept);
  std::move(first, waiting_.end(), std::back_inserter(over));
  waiting_.erase(first, waiting_.end());
  for (auto& waiting : over) waiting.answer(outcome);
}

void Drains::turn(SteadyTime now) {
  if (now - worked_ < kWorkInterval) return;
  worked_ = now;
  follow_file(now);
  end_late(now);
  answer_waiting(now);
  let_leave(now);
}

void Drains::follow_file(SteadyTime now) {
  if (state_.config() == seen_config_) return;
  const auto before = std::exchange(seen_config_, state_.config());
  std::map<std::string, config::AdminState> names;
  for (const auto& pool : seen_config_->pools) {
    for (const auto& backend : pool.backends) names.emplace(pool.name + "/" + backend.name, backend.state);
  }
  if (before) follow_names(*before);
  const auto is_gone = [&](const auto& entry) { return !names.contains(entry.first); };
  std::erase_if(notes_, is_gone);
  std::erase_if(deadlines_, is_gone);
  // What the file says now, and not a command, is the file's word from now on.
  for (const auto& [name, state] : names) {
    const auto noted = notes_.find(name);
    if (const auto told = state_.runtime().admin.find(name); told != state_.runtime().admin.end()) {
      // A trial ended what a command had said, and it has come back.
      if (noted == notes_.end() || noted->second.state != told->second) notes_[name] = {now, "reload", told->second};
      continue;
    }
    deadlines_.erase(name);
    const bool is_news = noted == notes_.end() || noted->second.by != "file" || noted->second.state != state;
    if (!is_news) continue;
    notes_[name] = {before ? now : started_, "file", state};
    if (state != config::AdminState::kDrain) refuse_waiting(name, state, "the file");
  }
}

void Drains::follow_names(const config::Config& before) {
  std::map<std::string, std::string> renamed;
  for (const auto& [name, was] : renamed_paths(before, *seen_config_)) renamed.emplace(was, name);
  for (const auto& [was, name] : renamed) {
    if (auto note = notes_.extract(was)) notes_.insert_or_assign(name, note.mapped());
    if (auto deadline = deadlines_.extract(was)) deadlines_.insert_or_assign(name, deadline.mapped());
  }
  for (auto& waiting : waiting_) {
    if (const auto found = renamed.find(waiting.backend); found != renamed.end()) waiting.backend = found->second;
  }
}

void Drains::end_late(SteadyTime now) {
  std::vector<std::string> late;
  for (const auto& [backend, deadline] : deadlines_) {
    if (now >= deadline.again_at.value_or(deadline.at)) late.push_back(backend);
  }
  for (const auto& backend : late) {
    const auto* member = find_backend(current(), backend);
    if (member == nullptr || member->admin != config::AdminState::kDrain) {
      deadlines_.erase(backend);
      continue;
    }
    const auto left = remaining(*member);
    if (auto done = state_.set_admin(backend, config::AdminState::kMaint); !done) {
      auto& again_at = deadlines_.at(backend).again_at;
      if (!again_at) {
        spdlog::error("backend {}: {}; it stays in drain beyond its deadline, tried again every {} s", backend,
                      done.error().text, StateKeeper::kRetryInterval.count());
      }
      again_at = now + StateKeeper::kRetryInterval;
      continue;
    }
    deadlines_.erase(backend);
    notes_[backend] = {now, "deadline", config::AdminState::kMaint};
    spdlog::warn("backend {}: drain -> maint at its deadline, {} dialogs and {} registrations remained", backend,
                 left.dialogs, left.registrations);
    for (const auto& waiting : waiting_) {
      if (waiting.backend != backend) continue;
      finish(backend,
             rpc::rows_result(Json::array({row_of(backend, "deadline: now maint", left, waiting.began, now)})));
      break;
    }
  }
}

bool Drains::is_over(Waiting& waiting, SteadyTime now) const {
  const auto* backend = waiting.backend.empty() ? nullptr : find_backend(current(), waiting.backend);
  // A backend that has left the file and lost all it had is gone.
  const auto left = waiting.backend.empty() ? remaining_on_node()
                    : backend == nullptr    ? Remaining{}
                                            : remaining(*backend);
  if (!left.none()) {
    waiting.empty_since.reset();
    return false;
  }
  if (!waiting.empty_since) waiting.empty_since = now;
  return now - *waiting.empty_since >= kQuiet;
}

void Drains::answer_waiting(SteadyTime now) {
  std::map<std::string, rpc::Outcome> over;
  for (auto& waiting : waiting_) {
    if (!is_over(waiting, now)) continue;
    over.emplace(waiting.backend,
                 rpc::rows_result(Json::array({row_of(waiting.backend, "drained", {}, waiting.began, now)})));
  }
  for (const auto& [backend, outcome] : over) {
    spdlog::info("{}: drained", backend.empty() ? "node" : "backend " + backend);
    finish(backend, outcome);
  }
}

void Drains::let_leave(SteadyTime now) {
  auto& leaving = state_.runtime().leaving;
  if (leaving.empty()) return;
  const auto& pools = current().pools;
  // By id: a member of the file may have its name by now.
  const auto holds_nothing = [&](const snapshot::LeavingBackend& item) {
    const auto pool = std::ranges::find(pools, item.pool, &snapshot::Pool::name);
    const auto at = pool == pools.end() ? kNoIndex : pool->find(snapshot::id_of(item.backend));
    return at == kNoIndex || !pool->backends[at].is_leaving || remaining(pool->backends[at]).none();
  };
  auto left = leaving_at(leaving, holds_nothing, started_, now);
  if (left.size() == leaving.size()) return;
  for (const auto& item : leaving) {
    const bool stays = std::ranges::any_of(left, [&](const snapshot::LeavingBackend& other) {
      return other.pool == item.pool && other.backend.name == item.backend.name && other.since == item.since;
    });
    if (!stays)
      spdlog::info("backend {}/{} ({}) has left", item.pool, item.backend.name, item.backend.address.to_string());
  }
  leaving = std::move(left);
  state_.publish_found(now);
}

}  // namespace dialplane::control
