// SPDX-License-Identifier: Apache-2.0
// What `explain` says of a message, and that it leaves no trace. Real pipeline, real snapshot. Test thread.
#include "explain.hpp"

#include "controller_fixture.hpp"
#include "input.hpp"
#include "pipeline_fixture.hpp"
#include "two_networks.hpp"

#include "dialplane/base/base64.hpp"
#include "dialplane/control/text_table.hpp"

#include <gtest/gtest.h>

namespace dialplane::control {
namespace {

const std::string kRule = "[[rule]]\nname = \"r1\"\nfield = \"from\"\nregex = \"alice\"\naction = \"reject 403\"\n";

Json explain(const std::string& message, const std::string& more = "", std::optional<Endpoint> from = std::nullopt) {
  const auto snapshot = test::make_snapshot(test::kTwoNetworks + more);
  Explainer explainer;
  const auto outcome = explainer.explain(*snapshot, {message, from, std::nullopt, 0});
  EXPECT_TRUE(outcome.has_value()) << outcome.error().message;
  return outcome ? (*outcome)["explain"] : Json();
}

TEST(Explain, TellsListenerKeySlotAndBackendOfAnInvite) {
  const auto told = explain(test::request("INVITE"));
  EXPECT_EQ(told["listener"]["name"], "public");
  EXPECT_EQ(told["listener"]["from"], "10.1.1.5:5060");
  EXPECT_EQ(told["placement"]["key_bytes"], "7f3@10.1.1.5");
  EXPECT_EQ(told["placement"]["first_choice"], "sbc1");
  EXPECT_EQ(told["placement"]["slots"], 65536);
  EXPECT_EQ(told["decision"]["found_by"], "policy");
  EXPECT_EQ(told["decision"]["backend"], "sbc1");
  EXPECT_EQ(told["decision"]["verdict"], "forward");
  EXPECT_EQ(told["decision"]["target"], "10.0.0.11:5060");
  EXPECT_EQ(told["output"]["port"], "core0");
}

TEST(Explain, TheHashAndSlotAreThoseOfTheTable) {
  const auto snapshot = test::make_snapshot(test::kTwoNetworks);
  const auto told = explain(test::request("INVITE"));
  const auto hash = SipHash13::of(snapshot->keys.call_id, "7f3@10.1.1.5");
  EXPECT_EQ(told["placement"]["slot"], snapshot->pools[0].table->slot_of(hash));
  EXPECT_EQ(std::stoull(told["placement"]["table_checksum"].get<std::string>(), nullptr, 16),
            snapshot->pools[0].table->checksum());
}

TEST(Explain, ShowsEveryEditAndTheLinesThatDiffer) {
  const auto told = explain(test::request("INVITE"));
  ASSERT_FALSE(told["edits"].empty());
  const auto& lines = told["lines"];
  ASSERT_EQ(lines["+"].size(), 5U) << lines["+"].dump();
  EXPECT_TRUE(lines["+"][0].get<std::string>().starts_with("Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK"));
  EXPECT_EQ(lines["-"].dump(),
            R"(["Via: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bKabc;rport\\r\\n","Max-Forwards: 70\\r\\n"])");
}

TEST(Explain, NamesTheRuleThatHits) {
  const auto told = explain(test::request("INVITE"), kRule);
  EXPECT_EQ(told["rules"]["hit"], "r1");
  EXPECT_EQ(told["decision"]["verdict"], "reply");
  EXPECT_EQ(told["decision"]["status"], 403);
  EXPECT_TRUE(told["lines"]["+"][0].get<std::string>().starts_with("SIP/2.0 403 Forbidden"));
}

TEST(Explain, NamesTheFaultOfAMalformedMessage) {
  auto message = test::request("INVITE");
  message.replace(message.find("CSeq: 1"), 7, "CSeq: x");
  const auto told = explain(message);
  EXPECT_EQ(told["message"]["fault"], "cseq");
  EXPECT_EQ(told["decision"]["status"], 400);
}

TEST(Explain, TellsARequestOfABackendApart) {
  const auto told = explain(test::request("INVITE"), "", Endpoint::parse("10.0.0.11:5080"));
  EXPECT_EQ(told["listener"]["name"], "core");
  EXPECT_EQ(told["listener"]["direction"], "from a backend");
}

TEST(Explain, TellsADroppedResponse) {
  const auto told = explain(
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx\r\n"
      "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
      "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(told["decision"]["reason"], "foreign_response");
}

TEST(Explain, RefusesAListenerThatIsNotThere) {
  const auto snapshot = test::make_snapshot(test::kTwoNetworks);
  Explainer explainer;
  const auto outcome =
      explainer.explain(*snapshot, {test::request("INVITE"), std::nullopt, Endpoint::parse("203.0.113.99:5060"), 0});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_NE(outcome.error().message.find("show listeners"), std::string::npos);
}

TEST(Explain, ControlCharactersNeverReachTheTerminal) {
  auto message = test::request("INVITE");
  message.replace(message.find("alice"), 5, "al\x1b[e");
  const auto snapshot = test::make_snapshot(test::kTwoNetworks);
  Explainer explainer;
  const auto outcome = explainer.explain(*snapshot, {message, std::nullopt, std::nullopt, 0});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(format_table(*outcome, TableHeader::kShown).find('\x1b'), std::string::npos);
}

TEST(Explain, SaysTheSameTwice) {
  const auto snapshot = test::make_snapshot(test::kTwoNetworks + kRule);
  Explainer explainer;
  const ExplainInput input{test::request("OPTIONS", "a@b"), std::nullopt, std::nullopt, 0};
  const auto first = explainer.explain(*snapshot, input);
  static_cast<void>(explainer.explain(*snapshot, {"no sip", std::nullopt, std::nullopt, 0}));
  EXPECT_EQ(first->dump(), explainer.explain(*snapshot, input)->dump());
}

/// All that one more message of each kind could leave in what workers share.
TEST_F(ControllerTest, ExplainingLeavesNoTrace) {
  const auto untouched = std::make_unique<pipeline::WorkerCounters>();
  for (const char* method : {"INVITE", "OPTIONS", "REGISTER", "ACK", "BYE"}) {
    const auto answer = ask({"explain", "to", "10.9.0.10:5060", "base64", encode_base64(test::request(method))});
    ASSERT_TRUE(answer.has_value()) << answer.error().text;
    EXPECT_FALSE((*answer)["rows"].empty());
  }
  EXPECT_EQ(std::memcmp(data_plane_.counters_.get(), untouched.get(), sizeof *untouched), 0);
  EXPECT_EQ(publisher_.latest()->generation, 1U);
}

TEST_F(ControllerTest, ExplainTakesTheLargestMessage) {
  auto message = test::request("INVITE");
  message.resize(Explainer::kMaxMessage, 'x');
  EXPECT_TRUE(ask({"explain", "base64", encode_base64(message)}).has_value());
  EXPECT_FALSE(ask({"explain"}).has_value());
  EXPECT_FALSE(ask({"explain", "base64", "?"}).has_value());
}

TEST(CtlInput, GivesATextOfAnEditorTheLineEndsOfSip) {
  EXPECT_EQ(ctl::with_sip_line_ends("a\nb\n\n"), "a\r\nb\r\n\r\n");
  EXPECT_EQ(ctl::with_sip_line_ends("a\r\nb\n"), "a\r\nb\n");
}

TEST(CtlInput, SaysThatAFileIsNotThere) {
  const TempFolder folder;
  EXPECT_FALSE(ctl::read_message(folder.file("none")).has_value());
}

}  // namespace
}  // namespace dialplane::control
