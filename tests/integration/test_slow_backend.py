# SPDX-License-Identifier: Apache-2.0
"""A backend that answers late gets fewer new calls under the policies that look at calls and latency."""

import unittest

from harness.config import Settings
from harness.flows import FLOWS

from .support import BenchTest

_CALLS = 600
_RATE = 120
_HOLD_MS = 300
_SLOW = "server1"
# Chance alone gives a quarter of 600 calls a spread of 1.8 points: below 15 % lies one run in five hundred million.
_LEAST_SHARE = 0.15


class SlowBackend(BenchTest):
    def shares(self, policy, scenarios):
        """Plays calls under `policy`; returns backend → share of the new dialogs."""
        bench = self.bench(backends=4, settings=Settings(policy=policy))
        bench.start_servers(others=scenarios)
        bench.start_daemon()
        bench.call(FLOWS[0], _CALLS, _RATE, hold_ms=_HOLD_MS)
        bench.wait_callers(_CALLS // _RATE + 30)
        self.assertEqual(sum(caller.stat("FailedCall(C)") for caller in bench.callers), 0)
        # By the servers' own logs: each call once, however often its INVITE was repeated.
        calls = {name: len({m.call_id for m in log if m.method == "INVITE"}) for name, log in bench.server_logs().items()}
        bench.close()
        self.assertEqual(sum(calls.values()), _CALLS)
        return {name: count / _CALLS for name, count in calls.items()}

    def before_and_after(self, policy):
        before = self.shares(policy, {})
        after = self.shares(policy, {_SLOW: "server_slow.xml"})
        print(f"\n       {policy:<12} {'all answer at once':>20} {_SLOW + ' after 700 ms':>24}")
        for name in before:
            print(f"       {name:<12} {before[name]:>19.1%} {after[name]:>23.1%}")
        return before[_SLOW], after[_SLOW]

    def test_it_loses_share_under_least_calls(self):
        before, after = self.before_and_after("least-calls")
        self.assertGreater(before, _LEAST_SHARE)
        self.assertLess(after, 0.7 * before)

    def test_it_loses_share_under_two_choices(self):
        before, after = self.before_and_after("two-choices")
        self.assertGreater(before, _LEAST_SHARE)
        self.assertLess(after, 0.7 * before)

    def test_it_keeps_its_share_under_rendezvous(self):
        _, after = self.before_and_after("rendezvous")
        self.assertGreater(after, _LEAST_SHARE)


if __name__ == "__main__":
    unittest.main()
