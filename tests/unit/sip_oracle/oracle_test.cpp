// SPDX-License-Identifier: Apache-2.0
// Our reading of method, Call-ID, CSeq, top Via and tags against that of libosip2 and Sofia-SIP, on every message that
// we and the other accept. DIALPLANE_LONG=1 reads a million messages instead of twenty thousand of each kind.
#include "causes.hpp"
#include "disagreements.hpp"
#include "fields.hpp"
#include "sip_generator.hpp"
#include "sip_mutator.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace dialplane::oracle {
namespace {

constexpr std::size_t kShown = 5;

std::size_t message_count() {
  const char* const wanted = std::getenv("DIALPLANE_LONG");
  return wanted != nullptr && std::string_view(wanted) == "1" ? 1'000'000 : 20'000;
}

std::optional<Fields> read_with(Oracle oracle, std::string_view datagram) {
  return oracle == Oracle::kOsip ? read_with_osip(datagram) : read_with_sofia(datagram);
}

/// Control bytes and what is beyond ASCII as hex, line ends as line ends.
std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    if ((c >= ' ' && c <= '~') || c == '\n') {
      shown += c;
    } else if (c != '\r') {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      shown += hex.data();
    }
  }
  return shown;
}

/// Compares many messages and keeps what it saw.
class Comparison {
 public:
  void read(std::string_view name, std::string_view datagram) {
    const auto ours = read_with_dialplane(datagram);
    if (!ours) return;
    std::size_t accepted = 0;
    for (const auto oracle : {Oracle::kOsip, Oracle::kSofia}) {
      const auto theirs = read_with(oracle, datagram);
      if (!theirs) continue;
      ++accepted;
      compare(name, datagram, oracle, *ours, *theirs);
    }
    all_accept_ += accepted == 2 ? 1U : 0U;
  }

  /// Messages that all three accept.
  [[nodiscard]] std::size_t all_accept() const { return all_accept_; }
  [[nodiscard]] const std::set<std::string, std::less<>>& causes() const { return causes_; }
  /// Nothing was seen that is not in the list.
  [[nodiscard]] std::size_t unknown() const { return unknown_; }

 private:
  void compare(std::string_view name, std::string_view datagram, Oracle oracle, const Fields& ours,
               const Fields& theirs) {
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      if (ours.text[i] == theirs.text[i]) continue;
      const auto cause = find_cause(datagram, oracle, static_cast<Field>(i));
      if (!cause.empty()) {
        causes_.emplace(cause);
      } else if (++unknown_ <= kShown) {
        ADD_FAILURE() << name << ": " << kFieldNames[i] << " is '" << printable(ours.text[i]) << "' for us, '"
                      << printable(theirs.text[i]) << "' for " << oracle_name(oracle) << " in\n"
                      << printable(datagram);
      }
    }
  }

  std::set<std::string, std::less<>> causes_;
  std::size_t all_accept_ = 0;
  std::size_t unknown_ = 0;
};

std::set<std::string, std::less<>> listed_causes() {
  std::set<std::string, std::less<>> causes;
  for (const auto& known : read_disagreements()) causes.insert(known.cause);
  return causes;
}

/// Causes that explain something must be in the list with a judgement.
void expect_listed(const Comparison& comparison) {
  const auto listed = listed_causes();
  for (const auto& cause : comparison.causes()) EXPECT_TRUE(listed.contains(cause)) << cause;
  EXPECT_EQ(comparison.unknown(), 0U);
}

TEST(Oracle, ReadsTheTortureCorpusAsOthersDo) {
  Comparison comparison;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(DP_TORTURE_FOLDER)) {
    if (entry.path().extension() != ".dat") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    comparison.read(entry.path().stem().string(), text);
  }
  EXPECT_GE(comparison.all_accept(), 50U);
  expect_listed(comparison);
}

TEST(Oracle, ReadsGeneratedMessagesAsOthersDo) {
  Comparison comparison;
  test::SipGenerator generator(11);
  for (std::size_t i = 0; i < message_count(); ++i) comparison.read("message " + std::to_string(i), generator.next());
  // The others refuse some legal spellings; most they must accept, or nothing was compared.
  EXPECT_GE(comparison.all_accept(), message_count() / 2);
  expect_listed(comparison);
}

TEST(Oracle, ReadsDamagedMessagesAsOthersDo) {
  Comparison comparison;
  test::SipGenerator generator(12);
  test::SipMutator mutator(13);
  for (std::size_t i = 0; i < message_count(); ++i) {
    const auto damaged = mutator.mutate(generator.next());
    std::string name = "message " + std::to_string(i);
    for (const auto mutation : mutator.applied()) name += " " + std::string(test::mutation_name(mutation));
    comparison.read(name, damaged);
  }
  EXPECT_GE(comparison.all_accept(), message_count() / 10);
  expect_listed(comparison);
}

class Listed : public ::testing::TestWithParam<Disagreement> {};

TEST_P(Listed, StillHappensAsJudged) {
  const auto& known = GetParam();
  const auto message = message_with(known.row);
  const auto ours = read_with_dialplane(message);
  const auto theirs = read_with(known.oracle, message);
  ASSERT_TRUE(ours);
  ASSERT_TRUE(theirs);
  EXPECT_EQ((*ours)[known.field], known.ours);
  EXPECT_EQ((*theirs)[known.field], known.theirs);
  EXPECT_NE(known.ours, known.theirs);
  EXPECT_EQ(find_cause(message, known.oracle, known.field), known.cause);
  EXPECT_EQ(known.right, "ours") << "where others are right, the code is to be changed and the line to go";
}

INSTANTIATE_TEST_SUITE_P(Oracle, Listed, ::testing::ValuesIn(read_disagreements()));

TEST(Oracle, AgreesOnTheMessageAroundEachListedRow) {
  Comparison comparison;
  comparison.read("plain", message_with(""));
  EXPECT_EQ(comparison.all_accept(), 1U);
  EXPECT_TRUE(comparison.causes().empty());
  EXPECT_EQ(comparison.unknown(), 0U);
}

TEST(Oracle, NoticesAnotherReading) {
  const auto first = read_with_osip(message_with("To: <sip:b@example.com>;tag=t1"));
  const auto second = read_with_dialplane(message_with("To: <sip:b@example.com>;tag=t2"));
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->text, second->text);
}

}  // namespace
}  // namespace dialplane::oracle
