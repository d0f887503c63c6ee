# SPDX-License-Identifier: Apache-2.0
"""A crash in the middle of calls costs seconds, not dialogs: nothing is kept that could be lost."""

import time

from harness.analysis import analyse
from harness.flows import FLOWS
from harness.process import wait_until

from .support import BenchTest, slow

_CALLS = 160
_RATE = 10
_HOLD_MS = 20000
# New calls are answered at once after the restart; copies of those that fell into it need not wait for them.
_MORE_THAN_THE_RESTART_S = 1.0


class Restart(BenchTest):
    @slow
    def test_killed_under_calls_and_restarted(self):
        bench = self.bench().start()
        flow = FLOWS[0]
        caller = bench.call(flow, _CALLS, _RATE, hold_ms=_HOLD_MS)
        killed_at = time.monotonic() + 8
        wait_until(lambda: time.monotonic() > killed_at, 20, "eight seconds of calls", watch=bench.check)
        began = time.monotonic()
        bench.daemon.kill()
        bench.daemon.start().wait_ready()
        restart_s = time.monotonic() - began
        bench.wait_callers(90)
        messages = caller.messages()
        answers = sorted(m.time for m in messages if not m.sent and m.status == 200 and m.cseq[1] == "INVITE")
        self.assertEqual(len(answers) >= _CALLS, True, f"{len(answers)} answers to {_CALLS} calls")
        gap = max(later - earlier for earlier, later in zip(answers, answers[1:]))
        print(f"         restarted in {restart_s:.1f} s, {gap:.1f} s without an answer to a new call")
        self.assertLess(gap, restart_s + _MORE_THAN_THE_RESTART_S)
        server_logs = bench.server_logs()
        found = analyse({caller.label: messages}, server_logs)
        self.assertEqual(found.dialogs_split, 0, found.split_examples)
        for server, log in server_logs.items():
            invited = {m.call_id for m in log if not m.sent and m.is_request and m.method == "INVITE"}
            ended = {m.call_id for m in log if not m.sent and m.is_request and m.method == "BYE"}
            self.assertEqual(invited - ended, set(), f"calls at {server} whose BYE did not arrive")
        self.assert_all_good(bench)
