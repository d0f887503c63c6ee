// SPDX-License-Identifier: Apache-2.0
// What `explain` says of affinity entries, policies and candidates, and that neither table nor counts change by it.
// Test thread.
#include "call_node.hpp"
#include "explain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace dialplane::control {
namespace {

using balance::AffinityTable;
using balance::Holding;
using test::CallNode;
using test::client_request;
using test::response_to;
using test::Shape;

constexpr std::uint64_t kStart_ms = 10'000'000;
/// Small, so that a test can look at all of it.
const std::string kSmallTable = "[affinity]\nentries = 1024\n";

Shape policy(const std::string& rows) {
  Shape shape;
  shape.pool_rows = rows;
  shape.more = kSmallTable;
  return shape;
}

class ExplainSteering : public testing::Test {
 protected:
  ExplainSteering() { node_.context->now_ms = kStart_ms; }
  Json explain(const std::string& message, const Endpoint& from = test::kClient, const Endpoint& to = test::kPublic) {
    const auto outcome = explainer_.explain(node_.snapshot(), {message, from, to, node_.context->now_ms});
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message;
    return outcome ? (*outcome)["explain"] : Json();
  }
  void pass(std::uint64_t ms) { node_.context->now_ms += ms; }
  static std::string name_of(int backend) { return "b" + std::to_string(backend + 1); }
  static const Json& candidate(const Json& told, int backend) {
    return told["placement"]["candidate"].at(static_cast<std::size_t>(backend));
  }
  void open_dialogs(int backend, int count) {
    for (; count > 0; --count) {
      node_.states().note_opened(balance::StatesWriter(0), node_.cell(backend), Holding::kDialogs);
    }
  }
  /// Route rows of the caller after 200 and ACK, and the backend.
  std::pair<std::string, int> establish(const std::string& call_id) {
    const auto sent = node_.from_client(client_request("INVITE", call_id));
    const auto backend = sent.at(0).backend();
    const auto answer = node_.from_backend(backend, response_to(sent[0].text, "200 OK"));
    const auto routes = test::routes_from(answer.at(0).text);
    node_.ask(client_request("ACK", call_id, routes, "u1"));
    return {routes, backend};
  }
  /// A call whose backend has been silent for long enough; the backend.
  int silent_call(const std::string& call_id) {
    for (int i = 0; i < 4; ++i) {
      node_.states().note_response(balance::StatesWriter(0), node_.cell(i), 2, true);
      node_.states().note_heard(node_.cell(i), node_.context->now_ms);
    }
    node_.states().renew_ratios();
    pass(1);
    const auto backend = node_.ask(client_request("INVITE", call_id));
    pass(700);
    node_.states().note_probe_sent(node_.cell(backend), node_.context->now_ms);
    pass(800);
    return backend;
  }

  CallNode node_{policy("")};
  Explainer explainer_;
};

TEST_F(ExplainSteering, SaysThatThereIsNoEntry) {
  const auto told = explain(client_request("INVITE", "c1"));
  EXPECT_EQ(told["affinity"]["entry"], "none");
  EXPECT_EQ(told["placement"]["policy"], "rendezvous");
  EXPECT_EQ(told["placement"]["sticky_by"], "the message");
  EXPECT_EQ(told["decision"]["found_by"], "policy");
}

TEST_F(ExplainSteering, ShowsTheEntryThatBindsACopy) {
  const auto backend = node_.ask(client_request("INVITE", "c1"));
  pass(9000);
  const auto told = explain(client_request("INVITE", "c1"));
  EXPECT_EQ(told["affinity"]["entry"], "early");
  EXPECT_EQ(told["affinity"]["backend"], name_of(backend));
  EXPECT_NEAR(told["affinity"]["age_s"].get<double>(), 9, 4.2);
  EXPECT_EQ(told["affinity"]["unanswered_s"], 9.0);
  EXPECT_EQ(told["affinity"]["repeats_its_last"], true);
  EXPECT_EQ(told["affinity"]["decides"], true);
  EXPECT_EQ(told["decision"]["found_by"], "affinity");
}

TEST_F(ExplainSteering, ShowsAnEntryThatATokenLeavesAside) {
  const auto [routes, backend] = establish("c1");
  const auto told = explain(client_request("INFO", "c1", routes, "u1", 2));
  EXPECT_EQ(told["affinity"]["entry"], "confirmed");
  EXPECT_EQ(told["affinity"]["backend"], name_of(backend));
  EXPECT_EQ(told["affinity"]["decides"], false);
  EXPECT_EQ(told["decision"]["found_by"], "cookie");
}

TEST_F(ExplainSteering, ShowsTheEntryThatAResponseBelongsTo) {
  const auto sent = node_.from_client(client_request("INVITE", "c1"));
  const auto backend = sent.at(0).backend();
  const auto told = explain(response_to(sent[0].text, "180 Ringing"), test::backend_at(backend), test::kCore);
  EXPECT_EQ(told["affinity"]["entry"], "early");
  EXPECT_EQ(told["affinity"]["backend"], name_of(backend));
  EXPECT_EQ(told["decision"]["verdict"], "forward");
}

TEST_F(ExplainSteering, ShowsTheDialogThatIsToBeReplaced) {
  const auto [routes, backend] = establish("c1");
  const auto told = explain(client_request("INVITE", "c2", "Replaces: c1;to-tag=u1;from-tag=a1\r\n"));
  EXPECT_EQ(told["affinity"]["entry"], "none");
  EXPECT_EQ(told["affinity"]["named_call_id"], "c1");
  EXPECT_EQ(told["affinity"]["named_entry"], "confirmed");
  EXPECT_EQ(told["affinity"]["named_backend"], name_of(backend));
  EXPECT_EQ(told["decision"]["found_by"], "named_dialog");
}

TEST_F(ExplainSteering, PlacesByTheDialogThatIsToBeReplaced) {
  const auto own = explain(client_request("INVITE", "c1"));
  for (int i = 2; i < 20; ++i) {
    const auto id = "c" + std::to_string(i);
    const auto told = explain(client_request("INVITE", id, "Replaces: c1;to-tag=u1;from-tag=a1\r\n"));
    EXPECT_EQ(told["affinity"]["named_entry"], "none");
    EXPECT_EQ(told["placement"]["hash"], own["placement"]["hash"]);
    EXPECT_EQ(told["placement"]["first_choice"], told["decision"]["backend"]);
  }
}

TEST_F(ExplainSteering, ForetellsASecondChance) {
  const auto backend = silent_call("c1");
  const auto told = explain(client_request("INVITE", "c1"));
  EXPECT_EQ(told["decision"]["found_by"], "second_chance");
  EXPECT_EQ(told["affinity"]["backend"], name_of(backend));
  const auto other = node_.ask(client_request("INVITE", "c1"));
  EXPECT_EQ(told["decision"]["backend"], name_of(other));
  // From now on two backends have the call.
  const auto cancel = explain(client_request("CANCEL", "c1"));
  EXPECT_EQ(cancel["affinity"]["entry"], "double");
  EXPECT_EQ(cancel["affinity"]["first_backend"], name_of(backend));
  EXPECT_EQ(cancel["decision"]["copied_to"], name_of(backend));
}

TEST_F(ExplainSteering, ShowsTheLoadsThatLeastCallsCompares) {
  node_.change(policy("policy = \"least-calls\"\n"));
  for (int i = 0; i < 4; ++i) open_dialogs(i, i == 2 ? 3 : 5 + i);
  const auto told = explain(client_request("INVITE", "c1"));
  EXPECT_EQ(told["placement"]["policy"], "least-calls");
  EXPECT_EQ(told["placement"]["sticky_by"], "the affinity table alone");
  EXPECT_EQ(candidate(told, 2)["open_dialogs"], 3);
  EXPECT_EQ(candidate(told, 2)["load"], 0.04);
  EXPECT_EQ(candidate(told, 3)["load"], 0.09);
  EXPECT_EQ(told["decision"]["backend"], "b3");
}

TEST_F(ExplainSteering, ShowsTheLatencyThatTwoChoicesComparesBy) {
  node_.change(policy("policy = \"two-choices\"\n"));
  for (int i = 0; i < 4; ++i) {
    node_.states().note_latency(balance::StatesWriter(0), node_.cell(i), i == 1 ? 1000 : 790'000, kStart_ms);
  }
  const auto told = explain(client_request("INVITE", "c1"));
  EXPECT_EQ(candidate(told, 0)["latency_us"], 790'000);
  EXPECT_EQ(candidate(told, 0)["load"], 8000.0);
  EXPECT_EQ(candidate(told, 1)["load"], 110.0);
  const auto load_of = [&](const std::string& name) { return candidate(told, name[1] - '1')["load"].get<double>(); };
  const auto& placement = told["placement"];
  EXPECT_EQ(load_of(told["decision"]["backend"].get<std::string>()),
            std::min(load_of(placement["first_choice"].get<std::string>()),
                     load_of(placement["second_choice"].get<std::string>())));
}

TEST_F(ExplainSteering, ShowsTheLimitOfBoundedLoad) {
  node_.change(policy("max_load_factor = 1.25\n"));
  const auto before = explain(client_request("INVITE", "c1"));
  const int first = before["decision"]["backend"].get<std::string>()[1] - '1';
  open_dialogs(first, 7);
  const auto told = explain(client_request("INVITE", "c1"));
  EXPECT_EQ(told["placement"]["max_load_factor"], 1.25);
  // 1.25 × a quarter of 8 dialogs.
  EXPECT_EQ(candidate(told, first)["limit"], 2.5);
  EXPECT_EQ(candidate(told, first)["standing"], "no room");
  EXPECT_NE(told["decision"]["backend"], name_of(first));
}

TEST_F(ExplainSteering, SaysWhereCountsSayLittle) {
  node_.change(policy("policy = \"least-calls\"\n"));
  node_.states().note_response(balance::StatesWriter(0), node_.cell(1), 2, false);
  node_.states().note_heard(node_.cell(1), kStart_ms);
  node_.states().renew_ratios();
  const auto told = explain(client_request("INVITE", "c1"));
  EXPECT_NE(told["placement"]["looks_at"].get<std::string>().find("responses return to other nodes"),
            std::string::npos);
  EXPECT_EQ(candidate(told, 1)["own_responses"], 0.0);
  EXPECT_FALSE(candidate(told, 1).contains("load"));
}

TEST_F(ExplainSteering, SaysWhyACandidateTakesNoNewDialogs) {
  auto shape = policy("policy = \"priority\"\n");
  shape.rows = {"state = \"maint\"\n", "state = \"drain\"\n", "", "tier = 7\n"};
  node_.change(shape,
               [](snapshot::RuntimeState& state) { state.observed["sbc/b3"] = {snapshot::ObservedState::kDown}; });
  const auto told = explain(client_request("INVITE", "c1"));
  EXPECT_EQ(told["placement"]["tier"], 7);
  EXPECT_EQ(candidate(told, 0)["standing"], "takes nothing");
  EXPECT_EQ(candidate(told, 1)["standing"], "takes what it has");
  EXPECT_EQ(candidate(told, 2)["observed"], "down");
  EXPECT_EQ(candidate(told, 3)["standing"], "takes new dialogs");
  EXPECT_EQ(told["decision"]["backend"], "b4");
}

/// All that messages could have left in what workers share: every entry, and every count of every backend.
class Traces {
 public:
  explicit Traces(const CallNode& node) : node_(node) {}

  [[nodiscard]] std::string read(const std::vector<std::string>& call_ids) const {
    std::ostringstream all;
    const auto& snapshot = node_.snapshot();
    const AffinityTable::Moment when{node_.context->now_ms, node_.context->now_ms * 1000, snapshot.affinity_ages};
    std::size_t entries = 0;
    for (std::size_t set = 0; set < snapshot.affinity->set_count(); ++set) {
      const auto freed = snapshot.affinity->sweep(set, when, {node_.states(), node_.states().control_writer()},
                                                  [&](balance::AffinityState, BackendCell) { ++entries; });
      EXPECT_EQ(freed, 0U);
    }
    all << entries << " entries\n";
    for (const auto& call_id : call_ids) {
      const auto hash = SipHash13::of(snapshot.keys.call_id, call_id) ^ snapshot.pools[0].affinity_salt;
      write_entry(snapshot.affinity->find(hash, when), all);
    }
    for (int i = 0; i < 4; ++i) write_backend(node_.cell(i), all);
    return all.str();
  }

 private:
  /// Its digest shows by the one that matches.
  void write_entry(const AffinityTable::View& entry, std::ostringstream& all) const {
    if (!entry) {
      all << "none\n";
      return;
    }
    all << static_cast<int>(entry.state()) << ' ' << entry.cell().value << ' ' << entry.age(node_.context->now_ms)
        << ' ' << entry.other_cell().value << ' ' << entry.since_first_us(node_.context->now_ms * 1000);
    std::uint32_t digest = 0;
    while (digest < (1U << 20) && !entry.is_transaction(digest)) ++digest;
    all << ' ' << digest << '\n';
  }
  void write_backend(BackendCell cell, std::ostringstream& all) const {
    const auto& states = node_.states();
    for (const auto what : {Holding::kDialogs, Holding::kRegistrations, Holding::kPending}) {
      all << states.level(cell, what) << ' ' << states.changes(cell, what) << ' ';
    }
    for (unsigned status_class = 1; status_class <= 6; ++status_class) {
      all << states.responses(cell, status_class) << ' ';
    }
    all << states.foreign_responses(cell) << ' ' << states.retransmissions(cell) << ' ' << states.sent_since_heard(cell)
        << ' ' << states.heard_ms(cell) << ' ' << states.probed_ms(cell) << ' ' << states.latency_us(cell) << ' '
        << states.own_response_ratio(cell) << '\n';
  }

  const CallNode& node_;
};

class ExplainLeavesNoTrace : public ExplainSteering {
 protected:
  /// Entries of several states; the Call-IDs, one of which has none.
  std::vector<std::string> prepare() {
    silent_call("silent");
    const auto [routes, backend] = establish("open");
    routes_ = routes;
    const auto ringing = node_.from_client(client_request("INVITE", "ringing"));
    node_.from_backend(ringing.at(0).backend(), response_to(ringing[0].text, "180 Ringing"));
    answered_ = node_.from_client(client_request("INVITE", "answered")).at(0);
    node_.from_backend(answered_.backend(), response_to(answered_.text, "200 OK"));
    node_.ask(client_request("REGISTER", "registering"));
    node_.ask(client_request("MESSAGE", "message"));
    silent_call("double");
    node_.ask(client_request("INVITE", "double"));
    pass(5000);
    return {"silent", "open", "ringing", "answered", "registering", "message", "double", "unknown"};
  }
  void explain_all(const std::vector<std::string>& call_ids) {
    for (const std::string method : {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "SUBSCRIBE",
                                     "NOTIFY", "PUBLISH", "INFO", "REFER", "MESSAGE", "UPDATE"}) {
      for (const auto& call_id : call_ids) {
        for (const int cseq : {1, 2}) {
          explain(client_request(method, call_id, "", "", cseq));
          explain(client_request(method, call_id, "", "u1", cseq));
          explain(client_request(method, call_id, routes_, "u1", cseq));
          explain(client_request(method, call_id, "Replaces: open;to-tag=u1;from-tag=a1\r\n", "", cseq));
          explain(client_request(method, call_id, "", "", cseq), test::backend_at(1), test::kCore);
          explain(client_request(method, call_id, "", "u1", cseq), test::backend_at(1), test::kCore);
        }
      }
    }
    for (const std::string status : {"100 Trying", "180 Ringing", "200 OK", "407 Proxy Authentication Required",
                                     "486 Busy Here", "503 Service Unavailable"}) {
      explain(response_to(answered_.text, status), test::backend_at(answered_.backend()), test::kCore);
    }
  }

  std::string routes_;
  test::Sent answered_;
};

TEST_F(ExplainLeavesNoTrace, InTableAndCountsUnderEveryPolicy) {
  for (const std::string rows : {"policy = \"rendezvous\"\n", "policy = \"maglev\"\n", "policy = \"round-robin\"\n",
                                 "policy = \"least-calls\"\n", "policy = \"two-choices\"\n", "policy = \"priority\"\n",
                                 "max_load_factor = 1.25\nsecond_chance = \"always\"\n"}) {
    SCOPED_TRACE(rows);
    node_.change(policy(rows));
    const auto call_ids = prepare();
    const Traces traces(node_);
    const auto before = traces.read(call_ids);
    explain_all(call_ids);
    EXPECT_EQ(traces.read(call_ids), before);
  }
}

/// The same reading notices a single message of a worker.
TEST_F(ExplainLeavesNoTrace, AndAMessageLeavesOne) {
  const auto call_ids = prepare();
  const Traces traces(node_);
  for (const std::string method : {"INVITE", "MESSAGE", "REGISTER"}) {
    const auto before = traces.read(call_ids);
    node_.ask(client_request(method, "unknown", "", "", 1, method));
    EXPECT_NE(traces.read(call_ids), before) << method;
  }
  const auto before = traces.read(call_ids);
  node_.ask(client_request("INVITE", "ringing"));
  EXPECT_NE(traces.read(call_ids), before) << "a copy";
}

}  // namespace
}  // namespace dialplane::control
