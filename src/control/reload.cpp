// SPDX-License-Identifier: Apache-2.0
// The steps of a reload, in the order of the page. prepare() runs on the build thread, the rest on the control thread.
#include "reload.hpp"

#include "next_hops.hpp"
#include "notify.hpp"

#include "dialplane/config/loader.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace dialplane::control {

/// Copies and shared immutable parts only: the control thread goes on while the build thread reads them.
struct Reloader::Inputs {
  std::string path;
  ReloadOptions options;
  std::shared_ptr<const config::Config> running;
  sip::Keyring running_keys;
  snapshot::RuntimeState state;
  snapshot::CounterCells cells;
  std::shared_ptr<const snapshot::Snapshot> previous;
};

void Reloader::request(ReloadOptions options, Answer answer) {
  waiting_.push_back({options, std::move(answer)});
  if (running_.empty()) start_next();
}

void Reloader::start_next() {
  if (waiting_.empty()) return;
  const auto options = waiting_.front().options;
  for (auto& pending : waiting_) {
    if (pending.options == options) running_.push_back(std::move(pending));
  }
  std::erase_if(waiting_, [&](const Pending& pending) { return pending.options == options; });
  started_ = std::chrono::steady_clock::now();
  if (!options.is_dry_run) notify_reloading();
  auto inputs = std::make_shared<Inputs>(
      Inputs{parts_.config_path, options, parts_.state.config(), parts_.state.keys(), parts_.state.runtime(),
             parts_.state.cells(), std::make_shared<const snapshot::Snapshot>(*parts_.state.publisher().latest())});
  parts_.build_thread.submit([this, inputs, options] {
    auto prepared = std::make_shared<Prepared>(prepare(std::move(*inputs)));
    return [this, options, prepared] { take(options, std::move(*prepared)); };
  });
}

Reloader::Prepared Reloader::prepare(Inputs inputs) {
  using Problems = std::vector<std::string>;
  auto loaded = config::load_file(inputs.path, snapshot::check_rules);
  if (!loaded) {
    Problems problems;
    for (const auto& problem : loaded.error()) problems.push_back(config::format_problem(inputs.path, problem));
    return tl::unexpected(std::move(problems));
  }
  Problems problems;
  for (const auto& change : config::unreloadable_changes(*inputs.running, *loaded)) {
    problems.push_back(
        fmt::format("{}: {} cannot be changed by a reload; undo the change or restart", inputs.path, change));
  }
  Draft draft;
  auto keys = snapshot::load_keyring(*loaded, draft.warnings);
  if (!keys) {
    problems.push_back(keys.error().text);
  } else if (!inputs.options.is_forced && !(keys->call_id == inputs.running_keys.call_id)) {
    problems.push_back(
        fmt::format("{}: the placement key is another one, which moves calls to other backends; reload "
                    "with --force if that is meant",
                    inputs.path));
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  for (const auto& warning : config::warnings_of(*loaded)) {
    draft.warnings.push_back(config::format_warning(inputs.path, warning));
  }
  draft.config = std::make_shared<const config::Config>(std::move(*loaded));
  draft.keys = *keys;
  draft.cells = std::move(inputs.cells);
  auto built = snapshot::build_snapshot(draft.config, draft.keys, inputs.state, draft.cells, inputs.previous.get());
  if (!built) return tl::unexpected(Problems{built.error().text});
  draft.snapshot = std::move(*built);
  return draft;
}

void Reloader::take(ReloadOptions options, Prepared prepared) {
  if (!prepared) {
    auto problems = std::move(prepared.error());
    return finish(rpc::refuse(rpc::kRefused, "the configuration is not taken over; everything stays as it was",
                              std::move(problems)));
  }
  for (const auto& warning : prepared->warnings) spdlog::warn("{}", warning);
  if (options.is_dry_run) {
    rpc::Json row;
    row["result"] = "valid";
    row["listeners"] = prepared->config->listeners.size();
    row["pools"] = prepared->config->pools.size();
    return finish(rpc::rows_result(rpc::Json::array({row})));
  }
  auto config = prepared->config;
  std::uint64_t generation = 0;
  auto outcome = adopt(std::move(*prepared), generation);
  if (!outcome) return finish(outcome);
  answer_when_acknowledged(generation, std::move(config));
}

rpc::Outcome Reloader::adopt(Draft draft, std::uint64_t& generation) {
  const auto refuse = [](const Error& error) {
    return rpc::refuse(rpc::kRefused, "the configuration is not taken over; everything stays as it was", {error.text});
  };
  if (auto added = parts_.interfaces.add_listener_addresses(*draft.config); !added) return refuse(added.error());
  auto& hops = parts_.state.runtime().next_hops;
  const auto old_hops = hops;
  const auto old_config = parts_.state.config();
  hops = build_next_hops(*draft.config, parts_.mirror.tables());
  auto published = parts_.state.adopt(draft.config, draft.keys, std::move(draft.cells), *draft.snapshot);
  if (!published) {
    hops = old_hops;
    parts_.interfaces.remove_other_addresses(*old_config);
    return refuse(published.error());
  }
  generation = *published;
  return rpc::Json();
}

void Reloader::answer_when_acknowledged(std::uint64_t generation, std::shared_ptr<const config::Config> config) {
  parts_.acknowledgements.wait(generation, [this, generation, config](const std::vector<WorkerIndex>& late) {
    // Only now has every worker left the old listeners.
    parts_.interfaces.remove_other_addresses(*config);
    parts_.adopted();
    if (!late.empty()) {
      return finish(rpc::refuse(rpc::kRefused,
                                fmt::format("generation {} is published, but {} did not take it within 2 s", generation,
                                            name_workers(late, parts_.data_plane)),
                                {}));
    }
    const auto took = std::chrono::steady_clock::now() - started_;
    rpc::Json row;
    row["result"] = "reloaded";
    row["generation"] = generation;
    row["config_generation"] = parts_.state.publisher().latest()->config_generation;
    row["workers"] = parts_.data_plane.workers().size();
    row["duration_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    finish(rpc::rows_result(rpc::Json::array({row})));
  });
}

void Reloader::finish(const rpc::Outcome& outcome) {
  auto answered = std::exchange(running_, {});
  if (outcome) {
    spdlog::info("reload: {}", outcome->at("rows").at(0).dump());
  } else {
    spdlog::error("reload: {}", outcome.error().message);
    for (const auto& problem : outcome.error().problems) spdlog::error("reload: {}", problem);
  }
  if (!answered.empty() && !answered.front().options.is_dry_run) notify_manager("READY=1");
  for (auto& pending : answered) pending.answer(outcome);
  if (running_.empty()) start_next();
}

}  // namespace dialplane::control
