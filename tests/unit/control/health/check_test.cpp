// SPDX-License-Identifier: Apache-2.0
// The observed state as a function of probe results and time.
#include "health/check.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace dialplane::control {
namespace {

using namespace std::chrono_literals;
using snapshot::ObservedState;
using Time = HealthCheck::Time;

const Time kStart = Time(1h);
const ProbeResult kGood{HealthReason::kAnswered, 200};
const ProbeResult kRefused{HealthReason::kCode, 503};
const ProbeResult kSilent{HealthReason::kSilent, 0};
const ProbeResult kUnreachable{HealthReason::kUnreachable, 0};

config::ProbeSettings settings() {
  config::ProbeSettings result;
  result.interval = 1s;
  result.timeout = 500ms;
  result.fall = 3;
  result.rise = 2;
  return result;
}

/// A check and a clock: each probe is sent when it is due and ends as told a tenth of a second later.
struct Subject {
  HealthCheck check{settings(), 30s, 0.0, kStart};
  Time now = kStart;

  void probe(ProbeResult result, bool answers_traffic = false, double jitter = 0.5) {
    while (!check.is_due(now)) now += 10ms;
    check.sent(now, jitter);
    now += 100ms;
    check.ended(result, answers_traffic, now);
  }
  void probe(std::initializer_list<ProbeResult> results) {
    for (const auto& result : results) probe(result);
  }
};

TEST(HealthCheck, IsUnknownUntilAProbeEnds) {
  Subject subject;
  EXPECT_EQ(subject.check.state(), ObservedState::kUnknown);
  EXPECT_EQ(subject.check.reason(), HealthReason::kNotProbed);
  subject.probe(kGood);
  EXPECT_EQ(subject.check.state(), ObservedState::kUp);
  EXPECT_EQ(subject.check.reason_text(), "answered 200");
}

TEST(HealthCheck, FallsAfterFailuresInARow) {
  Subject subject;
  subject.probe({kGood, kSilent, kSilent});
  EXPECT_EQ(subject.check.state(), ObservedState::kProbing);
  subject.probe(kSilent);
  EXPECT_EQ(subject.check.state(), ObservedState::kDown);
  EXPECT_TRUE(subject.check.is_down_by_silence());
  EXPECT_EQ(subject.check.reason_text(), "no answer within 500ms");
}

TEST(HealthCheck, OneGoodAnswerForgivesFailures) {
  Subject subject;
  subject.probe({kGood, kSilent, kSilent, kGood, kSilent, kSilent});
  EXPECT_EQ(subject.check.state(), ObservedState::kProbing);
}

TEST(HealthCheck, RisesAfterGoodAnswersInARow) {
  Subject subject;
  subject.probe({kSilent, kSilent, kSilent, kGood});
  EXPECT_EQ(subject.check.state(), ObservedState::kDown);
  subject.probe({kSilent, kGood});
  EXPECT_EQ(subject.check.state(), ObservedState::kDown);
  subject.probe(kGood);
  EXPECT_EQ(subject.check.state(), ObservedState::kUp);
  ASSERT_TRUE(subject.check.returned_at().has_value());
  EXPECT_EQ(*subject.check.returned_at(), subject.now);
}

TEST(HealthCheck, SilentProbesDoNotFellWhoAnswersTraffic) {
  Subject subject;
  subject.probe(kGood);
  for (int i = 0; i < 10; ++i) subject.probe(kSilent, true);
  EXPECT_EQ(subject.check.state(), ObservedState::kProbing);
  EXPECT_EQ(subject.check.reason(), HealthReason::kTraffic);
  subject.probe(kSilent, false);
  EXPECT_EQ(subject.check.state(), ObservedState::kDown);
}

TEST(HealthCheck, WhatTheNetworkRefusesIsNotSilent) {
  Subject subject;
  subject.probe({kGood, kUnreachable, kUnreachable, kUnreachable});
  EXPECT_EQ(subject.check.state(), ObservedState::kDown);
  EXPECT_FALSE(subject.check.is_down_by_silence());
}

TEST(HealthCheck, AnErrorThatOnlySomeProbesBringHoldsForThoseAfterIt) {
  // Hosts send few ICMP errors in a second.
  Subject subject;
  subject.probe({kGood, kUnreachable, kSilent, kSilent, kSilent});
  EXPECT_EQ(subject.check.state(), ObservedState::kDown);
  EXPECT_FALSE(subject.check.is_down_by_silence());
  subject.probe({kGood, kGood});
  subject.probe({kSilent, kSilent, kSilent});
  EXPECT_TRUE(subject.check.is_down_by_silence()) << "an answer ends it";
}

TEST(HealthCheck, ABadCodeFellsAlsoWhoAnswersTraffic) {
  Subject subject;
  for (int i = 0; i < 3; ++i) subject.probe(kRefused, true);
  EXPECT_EQ(subject.check.state(), ObservedState::kDown);
  EXPECT_FALSE(subject.check.is_down_by_silence());
  EXPECT_EQ(subject.check.reason_text(), "answered 503");
}

TEST(HealthCheck, ProbesAreSpreadByAQuarterEitherWay) {
  for (const auto& [jitter, gap] : {std::pair(0.0, 750ms), std::pair(0.5, 1000ms), std::pair(1.0, 1250ms)}) {
    HealthCheck check(settings(), 30s, 0.0, kStart);
    check.sent(kStart, jitter);
    check.ended(kGood, false, kStart + 1ms);
    EXPECT_FALSE(check.is_due(kStart + gap - 1ms));
    EXPECT_TRUE(check.is_due(kStart + gap));
  }
}

TEST(HealthCheck, FirstProbesAreSpreadByTheirPhase) {
  const HealthCheck check(settings(), 30s, 1.0, kStart);
  EXPECT_FALSE(check.is_due(kStart + 249ms));
  EXPECT_TRUE(check.is_due(kStart + 250ms));
}

TEST(HealthCheck, SuspicionAsksAtOnceAndCloser) {
  Subject subject;
  subject.probe(kGood);
  subject.check.suspect(subject.now);
  EXPECT_EQ(subject.check.state(), ObservedState::kProbing);
  EXPECT_EQ(subject.check.reason(), HealthReason::kSuspected);
  const auto began = subject.now;
  subject.probe({kSilent, kSilent, kSilent});
  EXPECT_EQ(subject.check.state(), ObservedState::kDown);
  EXPECT_LT(subject.now - began, 1s);
}

TEST(HealthCheck, SuspicionNeverFellsByItself) {
  Subject subject;
  for (int i = 0; i < 20; ++i) {
    subject.check.suspect(subject.now);
    subject.probe(kGood);
    EXPECT_EQ(subject.check.state(), ObservedState::kUp);
  }
}

TEST(HealthCheck, SuspicionCountsOnceAnInterval) {
  Subject subject;
  subject.probe(kGood);
  subject.check.suspect(subject.now);
  subject.probe(kGood);
  subject.check.suspect(subject.now);
  EXPECT_FALSE(subject.check.is_due(subject.now)) << "the last look is less than an interval old";
}

TEST(HealthCheck, TheFirstFailureIsNotHeldDown) {
  Subject subject;
  subject.probe({kSilent, kSilent, kSilent, kGood, kGood});
  EXPECT_EQ(subject.check.state(), ObservedState::kUp);
}

TEST(HealthCheck, OneThatFailsSoonAfterItsReturnIsHeldDown) {
  Subject subject;
  subject.probe({kSilent, kSilent, kSilent, kGood, kGood, kSilent, kSilent, kSilent});
  const auto fell = subject.now;
  EXPECT_EQ(subject.check.held_until(), fell + 30s);
  while (subject.check.state() == ObservedState::kDown) subject.probe(kGood);
  EXPECT_GE(subject.now - fell, 30s);
  EXPECT_LT(subject.now - fell, 33s);
}

TEST(HealthCheck, TenMinutesOfFlappingAreFewChanges) {
  auto fast = settings();
  fast.interval = 100ms;
  fast.timeout = 50ms;
  fast.fall = 1;
  fast.rise = 1;
  HealthCheck check(fast, 30s, 0.0, kStart);
  int changes = 0;
  auto state = check.state();
  for (auto at = 0ms; at < 10min; at += 10ms) {
    const auto now = kStart + at;
    if (!check.is_due(now)) continue;
    check.sent(now, 0.5);
    check.ended(at.count() / 500 % 2 == 0 ? kGood : kSilent, false, now + 5ms);
    const bool crossed = (check.state() == ObservedState::kDown) != (state == ObservedState::kDown);
    changes += crossed ? 1 : 0;
    state = check.state();
  }
  EXPECT_LE(changes, 20);
  EXPECT_GE(changes, 4);
}

TEST(HealthCheck, ProbesTurnedOffMakeItUnknown) {
  Subject subject;
  subject.probe({kSilent, kSilent, kSilent});
  auto off = settings();
  off.probe = config::Probe::kNone;
  subject.check.configure(off, 30s, subject.now);
  EXPECT_EQ(subject.check.state(), ObservedState::kUnknown);
  EXPECT_EQ(subject.check.reason(), HealthReason::kProbesOff);
  EXPECT_FALSE(subject.check.is_due(subject.now + 1h));
  subject.check.configure(settings(), 30s, subject.now);
  EXPECT_TRUE(subject.check.is_due(subject.now));
}

TEST(HealthCheck, MaintenanceEndsWithASlowStart) {
  Subject subject;
  subject.probe(kGood);
  subject.check.pause(HealthReason::kMaintenance, subject.now);
  EXPECT_FALSE(subject.check.is_due(subject.now + 1h));
  subject.check.resume(subject.now + 1h);
  EXPECT_EQ(subject.check.returned_at(), subject.now + 1h);
}

TEST(HealthCheck, MaintenanceEndsAlsoWhereProbesAreOff) {
  Subject subject;
  auto off = settings();
  off.probe = config::Probe::kNone;
  subject.check.configure(off, 30s, subject.now);
  subject.check.pause(HealthReason::kMaintenance, subject.now);
  subject.check.resume(subject.now + 1h);
  EXPECT_EQ(subject.check.reason(), HealthReason::kProbesOff);
  EXPECT_EQ(subject.check.returned_at(), subject.now + 1h) << "it starts slowly like any other";
  EXPECT_FALSE(subject.check.is_due(subject.now + 2h));
}

TEST(HealthCheck, NewSettingsDoNotEndMaintenance) {
  Subject subject;
  auto off = settings();
  off.probe = config::Probe::kNone;
  subject.check.configure(off, 30s, subject.now);
  subject.check.pause(HealthReason::kMaintenance, subject.now);
  subject.check.configure(settings(), 30s, subject.now);
  EXPECT_EQ(subject.check.reason(), HealthReason::kMaintenance);
  EXPECT_FALSE(subject.check.is_due(subject.now + 1h));
}

TEST(HealthCheck, AfterAChangeItLooksForASourceAgain) {
  Subject subject;
  subject.check.pause(HealthReason::kNoSource, subject.now);
  subject.check.configure(settings(), 30s, subject.now + 1h);
  EXPECT_TRUE(subject.check.is_due(subject.now + 1h));
}

TEST(HealthCheck, AnAnswerAfterTheEndOfAProbeChangesNothing) {
  Subject subject;
  subject.probe(kSilent);
  subject.check.ended(kGood, false, subject.now);
  EXPECT_EQ(subject.check.state(), ObservedState::kProbing);
}

}  // namespace
}  // namespace dialplane::control
