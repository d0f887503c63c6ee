// SPDX-License-Identifier: Apache-2.0
// The steps of a change, in the order of the page. prepare() runs on the build thread, the rest on the control thread.
#include "reload.hpp"

#include "config_file.hpp"
#include "listen_check.hpp"
#include "next_hops.hpp"
#include "notify.hpp"

#include "dialplane/config/loader.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace dialplane::control {

namespace {

using Kind = ChangeRequest::Kind;

constexpr std::string_view kRefused = "the change is refused; everything stays as it was";
constexpr std::string_view kNotTaken = "the configuration is not taken over; everything stays as it was";

constexpr std::string_view kNotBack = "the configuration before it cannot come back; this one stays on trial";

std::string refusal_of(Kind kind) {
  if (kind == Kind::kRestore) return std::string(kNotBack);
  return std::string(kind == Kind::kFile ? kNotTaken : kRefused);
}

bool is_same_reload(const ChangeRequest& a, const ChangeRequest& b) noexcept {
  return a.kind == Kind::kFile && b.kind == Kind::kFile && a.is_dry_run == b.is_dry_run && a.is_forced == b.is_forced &&
         a.is_reset == b.is_reset && a.confirm_within == b.confirm_within;
}

std::string_view result_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::kFile:
      return "reloaded";
    case Kind::kEdit:
      return "changed";
    case Kind::kRestore:
      return "taken back";
    case Kind::kSave:
      return "saved";
  }
  return "";
}

Json warning_list(const std::vector<std::string>& warnings) {
  Json list = Json::array();
  for (const auto& warning : warnings) list.push_back(warning);
  return list;
}

Json dry_run_result(const config::Config& config, const std::vector<config::Difference>& differences, Json warnings) {
  auto result = rpc::rows_result(difference_rows(differences));
  result["result"] = "valid";
  result["listeners"] = config.listeners.size();
  result["pools"] = config.pools.size();
  result["warnings"] = std::move(warnings);
  return result;
}

Json acknowledgement_list(const std::vector<Acknowledgements::Seen>& workers) {
  Json list = Json::array();
  for (const auto& seen : workers) {
    Json entry;
    entry["worker"] = seen.worker.value;
    entry["after_us"] = seen.after ? Json(seen.after->count()) : Json();
    list.push_back(std::move(entry));
  }
  return list;
}

/// Whether nothing is lost if the configuration file is replaced.
Result<void> may_replace(const std::string& path, const std::string& known, const std::string& rejected) {
  const auto found = read_text_file(path);
  if (!found || *found == known) return {};
  if (*found == rejected) {
    return fail(
        fmt::format("{}: it holds the configuration that was taken back; see `config diff`, then mend and reload it, "
                    "or save with --force",
                    path));
  }
  return fail(fmt::format(
      "{}: it was edited since it was read; see `config diff`, then reload it, or save with --force", path));
}

double slowest_ms(const std::vector<Acknowledgements::Seen>& workers) {
  std::int64_t slowest_us = 0;
  for (const auto& seen : workers)
    slowest_us = std::max<std::int64_t>(slowest_us, seen.after ? seen.after->count() : 0);
  return static_cast<double>(slowest_us) / 1000.0;
}

}  // namespace

Json difference_rows(const std::vector<config::Difference>& differences) {
  Json rows = Json::array();
  for (const auto& difference : differences) {
    Json row;
    row["change"] = config::difference_name(difference.kind);
    row["record"] = difference.record;
    row["key"] = difference.key;
    row["before"] = difference.before;
    row["after"] = difference.after;
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Copies and shared immutable parts only: the control thread goes on while the build thread reads them.
struct Reloader::Inputs {
  std::string path;
  ChangeRequest request;
  std::shared_ptr<const config::Config> running;
  config::Control listening;
  sip::Keyring running_keys;
  std::optional<Trial> trial;
  snapshot::RuntimeState state;
  snapshot::CounterCells cells;
  std::shared_ptr<const snapshot::Snapshot> previous;
};

void Reloader::request(ChangeRequest request, Asker asker) {
  const auto same =
      std::ranges::find_if(waiting_, [&](const Pending& other) { return is_same_reload(other.request, request); });
  if (same != waiting_.end()) {
    same->askers.push_back(std::move(asker));
    return;
  }
  waiting_.push_back({std::move(request), {std::move(asker)}});
  start_next();
}

void Reloader::start_next() {
  // In a loop: a change that is refused at once makes way for the next one.
  while (!running_ && !waiting_.empty()) {
    running_.emplace(std::move(waiting_.front()));
    waiting_.pop_front();
    started_ = std::chrono::steady_clock::now();
    if (auto refused = refusal()) {
      finish(tl::unexpected(std::move(*refused)));
    } else if (running_->request.kind == Kind::kSave) {
      start_save();
    } else {
      start_change();
    }
  }
}

std::optional<rpc::Failure> Reloader::refusal() const {
  const auto& request = running_->request;
  if (request.kind == Kind::kRestore && !trial_) {
    return rpc::Failure{rpc::kRefused, "no reload waits for a confirmation", {}};
  }
  if (!trial_ || request.is_dry_run || request.kind == Kind::kRestore) return std::nullopt;
  return rpc::Failure{rpc::kRefused,
                      fmt::format("a reload waits {} s for its confirmation; `reload confirm` or `reload cancel` first",
                                  trial_left(started_)->count()),
                      {}};
}

void Reloader::start_change() {
  const auto& request = running_->request;
  if (request.kind == Kind::kFile && !request.is_dry_run) notify_reloading();
  auto inputs =
      std::make_shared<Inputs>(Inputs{parts_.config_path, request, parts_.state.config(), parts_.listening(),
                                      parts_.state.keys(), trial_, parts_.state.runtime(), parts_.state.cells(),
                                      std::make_shared<const snapshot::Snapshot>(*parts_.state.publisher().latest())});
  parts_.build_thread.submit([this, inputs] {
    auto prepared = std::make_shared<Prepared>(prepare(std::move(*inputs)));
    return [this, prepared] { take(std::move(*prepared)); };
  });
}

tl::expected<void, Reloader::Problems> Reloader::read_file(const Inputs& inputs, Draft& draft) {
  auto loaded = config::load_file(inputs.path, snapshot::check_rules);
  Problems problems;
  if (!loaded) {
    for (const auto& problem : loaded.error()) problems.push_back(config::format_problem(inputs.path, problem));
    return tl::unexpected(std::move(problems));
  }
  for (const auto& change : config::unreloadable_changes(*inputs.running, *loaded)) {
    problems.push_back(
        fmt::format("{}: {} cannot be changed by a reload; undo the change or restart", inputs.path, change));
  }
  for (auto& trouble : unusable_addresses(inputs.listening, loaded->control)) {
    problems.push_back(std::move(trouble));
  }
  // What is refused, or only tried, makes no file.
  auto keys = snapshot::load_keyring(*loaded, draft.warnings, snapshot::KeyFiles::kLookOnly);
  if (!keys) {
    problems.push_back(keys.error().text);
  } else if (!inputs.request.is_forced && !(keys->call_id == inputs.running_keys.call_id)) {
    problems.push_back(
        fmt::format("{}: the placement key is another one, which moves calls to other backends; reload "
                    "with --force if that is meant",
                    inputs.path));
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  if (!inputs.request.is_dry_run) {
    draft.warnings.clear();
    keys = snapshot::load_keyring(*loaded, draft.warnings);
    if (!keys) return tl::unexpected(Problems{keys.error().text});
  }
  for (const auto& warning : config::warnings_of(*loaded)) {
    draft.warnings.push_back(config::format_warning(inputs.path, warning));
  }
  draft.config = std::make_shared<const config::Config>(std::move(*loaded));
  draft.keys = *keys;
  return {};
}

tl::expected<void, Reloader::Problems> Reloader::edit_text(const Inputs& inputs, Draft& draft) {
  const auto edited = inputs.request.edit(inputs.running->text);
  if (!edited) return tl::unexpected(Problems{edited.error().text});
  // The rules are those that run: they need no second look.
  auto loaded = config::load_text(*edited);
  if (!loaded) {
    Problems problems;
    for (const auto& problem : loaded.error()) problems.push_back(fmt::format("{}; {}", problem.text, problem.remedy));
    return tl::unexpected(std::move(problems));
  }
  draft.config = std::make_shared<const config::Config>(std::move(*loaded));
  draft.keys = inputs.running_keys;
  return {};
}

Reloader::Prepared Reloader::prepare(Inputs inputs) {
  Draft draft;
  draft.cells = std::move(inputs.cells);
  if (inputs.request.kind == Kind::kRestore) {
    draft.config = inputs.trial->config;
    draft.keys = inputs.trial->keys;
  } else {
    const auto done = inputs.request.kind == Kind::kFile ? read_file(inputs, draft) : edit_text(inputs, draft);
    if (!done) return tl::unexpected(done.error());
  }
  draft.differences = config::differences(inputs.running->text, draft.config->text);
  auto built = snapshot::build_snapshot(draft.config, draft.keys, inputs.state, draft.cells, inputs.previous.get());
  if (!built) return tl::unexpected(Problems{built.error().text});
  draft.snapshot = std::move(*built);
  return draft;
}

void Reloader::take(Prepared prepared) {
  const auto& request = running_->request;
  if (!prepared) {
    return finish(rpc::refuse(rpc::kRefused, refusal_of(request.kind), std::move(prepared.error())));
  }
  for (const auto& warning : prepared->warnings) spdlog::warn("{}", warning);
  auto warnings = warning_list(prepared->warnings);
  if (request.is_dry_run) {
    return finish(dry_run_result(*prepared->config, prepared->differences, std::move(warnings)));
  }
  if (request.kind == Kind::kEdit && prepared->differences.empty() && !request.is_reset) {
    Json row;
    row["result"] = "unchanged";
    row["generation"] = parts_.state.publisher().latest()->generation;
    row["config_generation"] = parts_.state.publisher().latest()->config_generation;
    return finish(rpc::rows_result(Json::array({row})));
  }
  // From now on, when it holds: building may have taken seconds that the one who asked could not use.
  const Trial before{parts_.state.config(), parts_.state.keys(), parts_.state.runtime().admin, file_text_,
                     std::chrono::steady_clock::now() + request.confirm_within};
  auto config = prepared->config;
  auto differences = prepared->differences;
  std::uint64_t generation = 0;
  auto outcome = adopt(std::move(*prepared), generation);
  if (!outcome) return finish(outcome);
  if (request.kind == Kind::kFile) file_text_ = config->text;
  if (request.kind == Kind::kRestore) rejected_text_ = std::exchange(file_text_, trial_->file_text);
  trial_.reset();
  if (request.confirm_within.count() > 0) trial_ = before;
  answer_when_acknowledged(generation, std::move(config), std::move(differences), std::move(warnings));
}

rpc::Outcome Reloader::adopt(Draft draft, std::uint64_t& generation) {
  const auto& request = running_->request;
  const auto refuse = [&](const Error& error) {
    return rpc::refuse(rpc::kRefused, refusal_of(request.kind), {error.text});
  };
  if (auto added = parts_.interfaces.add_listener_addresses(*draft.config); !added) return refuse(added.error());
  auto& hops = parts_.state.runtime().next_hops;
  const auto old_hops = hops;
  const auto old_config = parts_.state.config();
  hops = build_next_hops(*draft.config, parts_.mirror.tables());
  const StateKeeper::Forget forget{request.is_reset && request.kind == Kind::kFile,
                                   request.is_reset ? request.backend : std::string()};
  auto& state = parts_.state;
  auto published = request.kind == Kind::kRestore
                       ? state.restore(draft.config, draft.keys, std::move(draft.cells), *draft.snapshot, trial_->admin)
                       : state.adopt(draft.config, draft.keys, std::move(draft.cells), *draft.snapshot, forget);
  if (!published) {
    hops = old_hops;
    parts_.interfaces.remove_other_addresses(*old_config);
    return refuse(published.error());
  }
  generation = *published;
  return Json();
}

void Reloader::answer_when_acknowledged(std::uint64_t generation, std::shared_ptr<const config::Config> config,
                                        std::vector<config::Difference> differences, Json warnings) {
  const auto config_generation = parts_.state.publisher().latest()->config_generation;
  const auto count = differences.size();
  for (const auto& asker : running_->askers) {
    asker.audit->holds(
        fmt::format("generation={} config_generation={} differences={}", generation, config_generation, count));
  }
  const auto& first = *running_->askers.front().audit;
  log_.add({config_generation, generation, std::chrono::system_clock::now(), first.peer(), first.command(),
            std::move(differences)});
  parts_.acknowledgements.report(generation, [this, generation, config_generation, config, count,
                                              warnings](const std::vector<Acknowledgements::Seen>& workers) {
    // Only now has every worker left the old listeners.
    parts_.interfaces.remove_other_addresses(*config);
    parts_.adopted();
    std::vector<WorkerIndex> late;
    for (const auto& seen : workers) {
      if (!seen.after) late.push_back(seen.worker);
    }
    const auto late_names = name_workers(late, parts_.data_plane);
    for (const auto& asker : running_->askers) asker.audit->tell(late_names);
    if (!late.empty()) {
      return finish(rpc::refuse(
          rpc::kRefused,
          fmt::format("generation {} is published, but {} did not take it within 2 s", generation, late_names), {}));
    }
    const auto now = std::chrono::steady_clock::now();
    Json row;
    row["result"] = result_name(running_->request.kind);
    row["generation"] = generation;
    row["config_generation"] = config_generation;
    row["differences"] = count;
    row["workers"] = parts_.data_plane.workers().size();
    row["slowest_worker_ms"] = slowest_ms(workers);
    row["duration_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_).count();
    if (trial_) row["confirm_within_s"] = trial_left(now)->count();
    auto result = rpc::rows_result(Json::array({row}));
    result["acknowledged"] = acknowledgement_list(workers);
    result["warnings"] = warnings;
    finish(result);
  });
}

void Reloader::start_save() {
  const auto& request = running_->request;
  const auto& config = parts_.state.config();
  const bool is_own_file = request.path == parts_.config_path;
  parts_.build_thread.submit([this, path = request.path, is_forced = request.is_forced, is_own_file, config,
                              states = parts_.state.runtime().admin, known = file_text_, rejected = rejected_text_] {
    auto text = with_states(config->text, *config, states);
    std::error_code ignored;
    const bool replaces = std::filesystem::exists(path, ignored);
    Result<void> done;
    if (is_own_file && !is_forced) done = may_replace(path, known, rejected);
    if (done) done = replace_text_file(path, text);
    return [this, path, is_own_file, replaces, done = std::move(done), text = std::move(text)]() mutable {
      if (!done) return finish(rpc::refuse(rpc::kRefused, done.error().text));
      Json row;
      row["result"] = result_name(Kind::kSave);
      row["file"] = path;
      row["backup"] = replaces ? path + ".bak" : std::string();
      row["bytes"] = text.size();
      row["config_generation"] = parts_.state.publisher().latest()->config_generation;
      if (is_own_file) file_text_ = std::move(text);
      finish(rpc::rows_result(Json::array({row})));
    };
  });
}

void Reloader::finish(const rpc::Outcome& outcome) {
  const auto ended = std::exchange(running_, std::nullopt);
  const auto& request = ended->request;
  // What came back has ended the trial; what could not must not make it hold.
  if (request.kind == Kind::kRestore && trial_) {
    trial_->next_attempt = std::chrono::steady_clock::now() + StateKeeper::kRetryInterval;
  }
  if (request.kind == Kind::kFile && !request.is_dry_run) notify_manager("READY=1");
  for (const auto& asker : ended->askers) {
    asker.audit->answered(outcome);
    asker.answer(outcome);
  }
  start_next();
}

rpc::Outcome Reloader::confirm() {
  if (!trial_) return rpc::refuse(rpc::kRefused, "no reload waits for a confirmation");
  if (running_ && running_->request.kind == Kind::kRestore) {
    return rpc::refuse(rpc::kRefused, "too late: the configuration before it is coming back; reload again");
  }
  trial_.reset();
  Json row;
  row["result"] = "confirmed";
  row["config_generation"] = parts_.state.publisher().latest()->config_generation;
  return rpc::rows_result(Json::array({row}));
}

void Reloader::poll(Time now) {
  if (!trial_ || now < trial_->deadline || now < trial_->next_attempt) return;
  // Behind a change that runs; whatever waits is refused in favour of this until it is done.
  const bool is_under_way = (running_ && running_->request.kind == Kind::kRestore) ||
                            (!waiting_.empty() && waiting_.front().request.kind == Kind::kRestore);
  if (is_under_way) return;
  if (trial_->audit == nullptr) {
    spdlog::warn("the reload was not confirmed in time: the configuration before it comes back");
    trial_->audit = std::make_shared<AuditLine>(Peer{}, "reload not confirmed");
  }
  ChangeRequest request;
  request.kind = Kind::kRestore;
  waiting_.push_front({std::move(request), {{trial_->audit, [](const rpc::Outcome&) {}}}});
  start_next();
}

std::optional<std::chrono::seconds> Reloader::trial_left(Time now) const {
  if (!trial_) return std::nullopt;
  const auto left = std::max(trial_->deadline - now, Time::duration::zero());
  return std::chrono::ceil<std::chrono::seconds>(left);
}

}  // namespace dialplane::control
