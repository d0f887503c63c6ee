# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: a bench per test, marks, and the logs of a test that failed."""

import os
import unittest

from harness.bench import Bench
from harness.errors import BenchError


def slow(test):
    """Left out by scripts/test --quick."""
    test.slow = True
    return test


def also_sanitized(test):
    """Runs against the AddressSanitizer build too."""
    test.also_sanitized = True
    return test


def is_long():
    """True if scripts/test was asked for the long run: full rates and durations instead of the short form."""
    return bool(os.environ.get("DIALPLANE_LONG"))


class BenchTest(unittest.TestCase):
    """Benches made by a test are closed at its end, whatever happened."""

    _made = 0

    def setUp(self):
        self.benches = []

    def bench(self, **settings):
        BenchTest._made += 1
        bench = Bench(f"dpit{os.getpid() % 100000}-{BenchTest._made}", **settings)
        bench.__enter__()
        self.addCleanup(bench.close)
        self.benches.append(bench)
        return bench

    def context(self):
        """The end of each dialplane's log and what it dropped, for the report of a failure."""
        parts = []
        for bench in self.benches:
            if bench.daemon and bench.daemon.process:
                parts.append(f"log of dialplane in {bench.topology.name}:\n{bench.daemon.process.tail(25)}")
                try:
                    parts.append(f"dropped: {bench.daemon.drops()}")
                except BenchError as error:
                    parts.append(str(error))
        return "\n".join(parts)

    def assert_all_good(self, bench):
        """Every caller's every call succeeded."""
        for caller in bench.callers:
            self.assertEqual((caller.successful, caller.failed), (caller.count, 0),
                             f"{caller.label}: successful, failed (exit {caller.process.exit_code})")

    def assert_sound(self, found):
        """What the logs of callers and servers say: no dialog split, no ACK lost, routes and branches as they must be."""
        self.assertEqual((found.dialogs_split, found.missing_acks), (0, 0), found.split_examples)
        self.assertEqual((found.route_errors, found.branch_errors, found.fragment_errors), ([], [], []))
