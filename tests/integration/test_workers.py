# SPDX-License-Identifier: Apache-2.0
"""Several workers, each with a queue of every wire: what belongs together reaches them apart."""

import unittest

from harness.analysis import analyse
from harness.config import WORKER_CPU, Settings
from harness.counts import unaccounted_quiet
from harness.flows import FLOWS, split_calls

from .support import BenchTest, also_sanitized

_CALLS = 200
_WORKERS = 2


class Workers(BenchTest):
    def play(self, queues):
        """Every flow. Each socket of a caller or server keeps to one queue of its wire, whichever the kernel gave it:
        requests of one side and responses of the other come to different workers as often as not."""
        bench = self.bench(backends=4, queues=queues, settings=Settings(workers=[WORKER_CPU] * _WORKERS)).start()
        for flow, calls in split_calls(_CALLS, FLOWS).items():
            bench.call(flow, calls, max(calls / 2, 1))
        bench.wait_callers(60)
        bench.wait_servers_idle()
        self.assert_all_good(bench)
        found = analyse(bench.caller_logs(), bench.server_logs(), expect_routes=True)
        self.assert_sound(found)
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        workers = bench.daemon.ctl.rows("workers")
        self.assertEqual(len(workers), _WORKERS)
        for row in workers:
            self.assertGreater(row["rx_packets"], 0, row)
        return workers

    @also_sanitized
    def test_200_calls_through_two_workers(self):
        for row in self.play((2, 2)):
            self.assertGreater(row["tx_packets"], 0, row)

    def test_200_calls_where_one_worker_sends_for_both(self):
        first, second = self.play((2, 1))
        self.assertGreater(first["tx_packets"], first["rx_packets"])
        self.assertLess(second["tx_packets"], second["rx_packets"])


if __name__ == "__main__":
    unittest.main()
