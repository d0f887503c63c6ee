// SPDX-License-Identifier: Apache-2.0
// The control thread's event loop: signals, kernel frames and events, clients, and a tick. Owns every other part of
// this folder and the order in which they start and go.
#include "dialplane/control/controller.hpp"

#include "acknowledgements.hpp"
#include "affinity_keeper.hpp"
#include "build_thread.hpp"
#include "command_server.hpp"
#include "dispatcher.hpp"
#include "event_loop.hpp"
#include "exception_interfaces.hpp"
#include "explain.hpp"
#include "health/drains.hpp"
#include "health/monitor.hpp"
#include "http_endpoint.hpp"
#include "log.hpp"
#include "loop_questions.hpp"
#include "neighbor_keeper.hpp"
#include "netlink_mirror.hpp"
#include "next_hops.hpp"
#include "notify.hpp"
#include "reload.hpp"
#include "service_pages.hpp"
#include "service_state.hpp"
#include "slot_shares.hpp"
#include "state_keeper.hpp"
#include "threads.hpp"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace dialplane::control {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTickMs = 1;
/// Punted frames carried in one turn: about 2 us each.
constexpr std::size_t kPuntBudget = 256;
/// At most 20 snapshots a second for changes of the kernel's tables.
constexpr std::chrono::milliseconds kHopInterval{50};

class EventLoopController final : public Controller {
 public:
  EventLoopController(const ControllerOptions& options, std::shared_ptr<const config::Config> config,
                      pipeline::DataPlane& data_plane, snapshot::Publisher& publisher)
      : options_(options),
        data_plane_(data_plane),
        publisher_(publisher),
        config_(std::move(config)),
        log_(config_->runtime.name, config_->runtime.main_cpu),
        build_thread_(loop_, config_->runtime.main_cpu),
        acknowledgements_(publisher, data_plane),
        service_(data_plane, publisher),
        questions_(loop_) {}
  ~EventLoopController() override;

  Result<void> open();
  void run() override;

 private:
  Result<void> open_kernel_side();
  Result<void> open_state();
  Result<void> open_control_socket(const std::string& path);
  void move_control_socket();
  Result<void> open_metrics(const std::optional<Endpoint>& at);
  void move_metrics();
  [[nodiscard]] config::Control listening() const;
  Result<void> watch();
  void read_signal();
  void publish_hops_if_due(Clock::time_point now);
  void turn(int timeout_ms);
  void say_ready() const;

  ControllerOptions options_;
  pipeline::DataPlane& data_plane_;
  snapshot::Publisher& publisher_;
  std::shared_ptr<const config::Config> config_;  ///< the one the process started with
  Log log_;
  EventLoop loop_;
  UniqueFd signals_;
  std::optional<netlink::RequestSocket> requests_;
  std::optional<ExceptionInterfaces> interfaces_;
  std::unique_ptr<NetlinkMirror> mirror_;
  std::optional<NeighborKeeper> keeper_;
  std::optional<StateKeeper> state_;
  BuildThread build_thread_;
  Acknowledgements acknowledgements_;
  SlotShares shares_;
  Explainer explainer_;
  std::optional<AffinityKeeper> affinity_;
  std::optional<HealthMonitor> health_;
  std::optional<Drains> drains_;
  std::optional<Reloader> reloader_;
  std::optional<CommandContext> context_;
  std::optional<Dispatcher> dispatcher_;
  std::unique_ptr<CommandServer> server_;
  std::string socket_path_;
  ServiceState service_;
  LoopQuestions questions_;
  std::shared_ptr<HttpEndpoint> metrics_;
  bool sockets_move_ = false;
  bool is_stopping_ = false;
  bool hops_changed_ = false;
  bool was_busy_ = false;
  Clock::time_point hops_published_{};
};

EventLoopController::~EventLoopController() {
  // Clients first: no command may find half of the parts gone.
  questions_.close();
  metrics_.reset();
  server_.reset();
}

Result<void> EventLoopController::open() {
  block_signals();
  if (!pin_this_thread(config_->runtime.main_cpu)) {
    spdlog::warn("CPU {} is not open to this process: the control thread is not pinned", config_->runtime.main_cpu);
  }
  const auto set = loop_signals();
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  // The socket tells a second instance of this name before it touches an interface.
  if (auto done = open_control_socket(config_->control.socket); !done) return done;
  if (auto done = open_kernel_side(); !done) return done;
  if (auto done = open_state(); !done) return done;
  service_.observe(Clock::now());
  if (auto done = open_metrics(config_->control.metrics); !done) return done;
  return watch();
}

Result<void> EventLoopController::open_control_socket(const std::string& path) {
  // Lines are only read by run(), when everything behind the dispatcher is there.
  auto server = CommandServer::open(
      loop_, path, [this](auto line, auto peer, auto reply) { dispatcher_->handle(line, peer, std::move(reply)); });
  if (!server) return tl::unexpected(server.error());
  server_ = std::move(*server);
  socket_path_ = path;
  return {};
}

Result<void> EventLoopController::open_metrics(const std::optional<Endpoint>& at) {
  if (!at) return {};
  auto endpoint = HttpEndpoint::open(*at, config_->runtime.main_cpu, service_pages(questions_, *context_));
  if (!endpoint) return tl::unexpected(endpoint.error());
  metrics_ = std::move(*endpoint);
  return {};
}

config::Control EventLoopController::listening() const {
  return {socket_path_, metrics_ ? std::optional(metrics_->address()) : std::nullopt, {}};
}

void EventLoopController::move_metrics() {
  const auto& wanted = state_->config()->control.metrics;
  const auto current = metrics_ ? std::optional(metrics_->address()) : std::nullopt;
  if (wanted == current) return;
  if (metrics_) {
    // First, as the new address may hold the old one's port. Its threads may wait for this loop: another one joins
    // them.
    metrics_->stop_listening();
    build_thread_.submit([old = std::exchange(metrics_, nullptr)]() mutable {
      old.reset();
      return [] {};
    });
  }
  const auto name_of = [](const std::optional<Endpoint>& at) { return at ? at->to_string() : std::string("nowhere"); };
  if (auto done = open_metrics(wanted); !done) {
    spdlog::error("{}", done.error().text);
    if (!open_metrics(current)) return spdlog::error("metrics are served nowhere: {} is taken", name_of(current));
    return spdlog::error("metrics are still served on {}", name_of(current));
  }
  spdlog::info("metrics moved from {} to {}", name_of(current), name_of(wanted));
}

void EventLoopController::move_control_socket() {
  const auto& wanted = state_->config()->control.socket;
  if (wanted == socket_path_) return;
  const auto old_path = socket_path_;
  if (auto done = open_control_socket(wanted); !done) {
    spdlog::error("{}; still listening on {}", done.error().text, old_path);
    return;
  }
  spdlog::info("control socket moved from {} to {}", old_path, wanted);
}

Result<void> EventLoopController::open_kernel_side() {
  auto requests = netlink::RequestSocket::open();
  if (!requests) return tl::unexpected(requests.error());
  requests_.emplace(std::move(*requests));
  interfaces_.emplace(*requests_, data_plane_);
  if (auto done = interfaces_->create(*config_); !done) return done;
  std::map<int, PortIndex> ports;
  for (const auto& interface : interfaces_->all()) ports.emplace(interface->tap.ifindex(), interface->port);
  auto mirror = NetlinkMirror::open(std::move(ports));
  if (!mirror) return tl::unexpected(mirror.error());
  mirror_ = std::move(*mirror);
  keeper_.emplace(*requests_, *interfaces_);
  return {};
}

Result<void> EventLoopController::open_state() {
  std::vector<std::string> warnings;
  auto keys = snapshot::load_keyring(*config_, warnings);
  if (!keys) return tl::unexpected(keys.error());
  for (const auto& warning : warnings) spdlog::warn("{}", warning);
  state_.emplace(publisher_, config_, *keys);
  const auto ports = data_plane_.ports();
  for (std::size_t i = 0; i < std::min(ports.size(), kMaxPorts); ++i) state_->runtime().macs[i] = ports[i].mac;
  state_->runtime().next_hops = build_next_hops(*config_, mirror_->tables());
  if (auto published = state_->republish(); !published) return tl::unexpected(published.error());
  keeper_->keep(*config_, *state_->runtime().next_hops, mirror_->tables());
  affinity_.emplace(publisher_.latest()->affinity, publisher_.latest()->backend_states);
  health_.emplace(*state_, data_plane_, random_number);
  drains_.emplace(*state_, Clock::now());
  interfaces_->set_control_sink(
      [this](PortIndex port, ByteSpan frame) { return health_->take(port, frame, Clock::now()); });
  reloader_.emplace(Reloader::Parts{options_.config_path, build_thread_, *state_, *interfaces_, *mirror_,
                                    acknowledgements_, data_plane_, [this] { return listening(); },
                                    [this] {
                                      keeper_->keep(*state_->config(), *state_->runtime().next_hops, mirror_->tables());
                                      // In a later turn: the answer to the reload leaves by the old socket.
                                      sockets_move_ = true;
                                    }});
  context_.emplace(CommandContext{options_.version, options_.config_path, Clock::now(), data_plane_, *state_,
                                  *interfaces_, *mirror_, *keeper_, acknowledgements_, *reloader_, explainer_, shares_,
                                  service_, *affinity_, *health_, *drains_});
  dispatcher_.emplace(*context_);
  return {};
}

Result<void> EventLoopController::watch() {
  if (auto done = loop_.add(signals_.get(), EPOLLIN, [this](std::uint32_t) { read_signal(); }); !done) return done;
  auto watched = loop_.add(mirror_->fd(), EPOLLIN, [this](std::uint32_t) { hops_changed_ |= mirror_->read_events(); });
  if (!watched) return watched;
  for (const auto& interface : interfaces_->all()) {
    auto* raw = interface.get();
    auto done = loop_.add(raw->tap.fd(), EPOLLIN, [this, raw](std::uint32_t) { interfaces_->carry_from_kernel(*raw); });
    if (!done) return done;
  }
  return {};
}

void EventLoopController::read_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP) {
      spdlog::info("reload asked for by SIGHUP");
      const Peer sender{info.ssi_uid, static_cast<std::int32_t>(info.ssi_pid)};
      reloader_->request({}, {std::make_shared<AuditLine>(sender, "SIGHUP"), [](const rpc::Outcome&) {}});
    } else {
      spdlog::info("stopping on signal {}", info.ssi_signo);
      is_stopping_ = true;
    }
  }
}

void EventLoopController::publish_hops_if_due(Clock::time_point now) {
  if (!hops_changed_ || now - hops_published_ < kHopInterval) return;
  hops_changed_ = false;
  auto hops = build_next_hops(*state_->config(), mirror_->tables());
  if (is_same(*hops, *state_->runtime().next_hops)) return;
  hops_published_ = now;
  state_->runtime().next_hops = hops;
  state_->publish_found(now);
  keeper_->keep(*state_->config(), *hops, mirror_->tables());
}

void EventLoopController::turn(int timeout_ms) {
  const auto woke = loop_.turn(timeout_ms);
  if (std::exchange(sockets_move_, false)) {
    move_control_socket();
    move_metrics();
  }
  was_busy_ = interfaces_->carry_punted(kPuntBudget) > 0;
  const auto now = Clock::now();
  keeper_->resolve(data_plane_.take_unresolved(), now);
  keeper_->renew(mirror_->tables(), now);
  publish_hops_if_due(now);
  acknowledgements_.poll(now);
  affinity_->turn(data_plane_.now_ms(), publisher_.latest()->affinity_ages);
  reloader_->poll(now);
  health_->turn(now);
  drains_->turn(now);
  state_->turn(now);
  service_.observe(now);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - woke).count();
  context_->slowest_turn_us = std::max(context_->slowest_turn_us, static_cast<std::uint64_t>(took));
}

void EventLoopController::say_ready() const {
  spdlog::info("ready name={} node={} generation={} ports={} workers={} socket={}", config_->runtime.name,
               config_->node.name, publisher_.latest()->generation, config_->ports.size(),
               config_->runtime.worker_cpus.size(), config_->control.socket);
  notify_manager("READY=1");
}

void EventLoopController::run() {
  say_ready();
  while (!is_stopping_) turn(was_busy_ ? 0 : kTickMs);
  notify_manager("STOPPING=1");
}

}  // namespace

Result<std::unique_ptr<Controller>> Controller::start(const ControllerOptions& options,
                                                      std::shared_ptr<const config::Config> config,
                                                      pipeline::DataPlane& data_plane, snapshot::Publisher& publisher) {
  auto controller = std::make_unique<EventLoopController>(options, std::move(config), data_plane, publisher);
  if (auto done = controller->open(); !done) return tl::unexpected(done.error());
  return controller;
}

}  // namespace dialplane::control
