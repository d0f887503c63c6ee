# SPDX-License-Identifier: Apache-2.0
"""Two nodes with one configuration behind a router that spreads flows by their ports: either can take any message."""

import os
import unittest

from harness.config import Settings
from harness.counts import unaccounted_quiet
from harness.fleet import Fleet

from .dialog_rows import ROWS
from .dialogs import Cast, Dialog
from .move_rows import MOVES, first_half
from .support import BenchTest, is_long

_PHONES = 128
_BACKENDS = 4
# Where the router draws its hash seed itself, one run in 200 000 leaves a node less of so many phones.
_LEAST_SHARE = 0.3
# A quarter is at the disputed backend; that one of the kinds has none of so many: one run in four million.
_DISPUTED = 60
_HEALTH = 'interval = "500ms"\ntimeout  = "400ms"\nslow_start = "0s"\n'
# What finds its backend by the hash alone, that is without a token of ours in Route or Via.
_LOST_IN_DISPUTE = {"invite_again", "cancelled", "cancel_sent", "refused", "message_sent", "challenged", "registered"}


class Ecmp(BenchTest):
    def fleet(self):
        BenchTest._made += 1
        settings = Settings(health=_HEALTH)
        fleet = Fleet(f"dpit{os.getpid() % 100000}-{BenchTest._made}", _BACKENDS, settings)
        fleet.__enter__()
        self.addCleanup(fleet.close)
        self.benches.append(fleet)
        cast = Cast(fleet.topology, _PHONES)
        self.addCleanup(cast.exchange.close)
        fleet.start_daemon()
        # Nobody has answered the first probes.
        cast.exchange.serve_until(lambda: all(row["observed"] == "up" for row in self.backends(fleet)), 10,
                                  "both nodes find all backends up")
        return fleet, cast

    def backends(self, fleet):
        return [row for node in fleet.nodes for row in node.ctl.rows("backends")]

    def play(self, cast, scripts, expected):
        finished = cast.exchange.play(scripts, at_once=64)
        self.assertEqual(cast.exchange.failures, [])
        self.assertEqual(finished, expected)

    def test_dialogs_spread_over_both_nodes(self):
        fleet, cast = self.fleet()
        dialogs = 1000 if is_long() else 120
        for row, script in ROWS.items():
            with self.subTest(row=row):
                self.play(cast, ((f"{row} {n}", script(Dialog(cast, row, n))) for n in range(dialogs)), dialogs)
        self.assertEqual(sum(node.drops().get("own_ack", 0) for node in fleet.nodes), dialogs,
                         "ACKs to refusals of either node that either node absorbed")
        received = [node.rx_packets()["edge0"] for node in fleet.nodes]
        self.assertGreater(min(received), _LEAST_SHARE * sum(received), f"packets of callers at each node: {received}")
        for node in fleet.nodes:
            self.assertEqual(unaccounted_quiet(node), 0)

    def test_responses_to_the_other_node_make_no_backend_down(self):
        """A fault-free run: many responses to the other node's requests, and no conclusion drawn from that."""
        fleet, cast = self.fleet()
        dialogs = 5000 if is_long() else 1000
        row = ROWS["in-dialog"]
        self.play(cast, ((f"fault-free {n}", row(Dialog(cast, "fault-free", n))) for n in range(dialogs)), dialogs)
        rows = self.backends(fleet)
        heard = [row for row in rows if row["responses"]]
        foreign = sum(1 - row["own_responses"] for row in heard) / len(heard)
        self.assertGreater(foreign, _LEAST_SHARE, "share of responses to requests of the other node")
        self.assertEqual({row["note"] for row in heard}, {"responses return to other nodes"})
        self.assertEqual([row["name"] for row in rows if row["observed"] != "up"], [], "backends down")
        self.assertEqual(sum(row["second_chances_lost"] for row in rows), 0)

    def test_moving_all_flows_to_the_other_node_fails_nothing(self):
        """Each kind of transaction is in flight when every flow moves from node 1 to node 2 and node 1 dies."""
        fleet, cast = self.fleet()
        fleet.topology.spread((1,))
        dialogs = 200 if is_long() else 40
        scripts = [(f"{move.__name__} {n}", move(Dialog(cast, move.__name__, n))) for move in MOVES for n in range(dialogs)]
        self.play(cast, ((label, first_half(script)) for label, script in scripts), len(scripts))
        fleet.topology.spread((2,))
        fleet.nodes[0].kill()
        self.play(cast, scripts, len(scripts))
        self.assertEqual(fleet.nodes[1].drops().get("own_ack"), dialogs, "ACKs to refusals of node 1 that node 2 absorbed")
        self.assertEqual(unaccounted_quiet(fleet.nodes[1]), 0)

    def test_nodes_that_disagree_lose_what_the_table_says(self):
        """Node 2 takes a backend out of use for new dialogs: docs/operations.md says what that costs when flows move."""
        fleet, cast = self.fleet()
        fleet.topology.spread((1,))
        result = fleet.nodes[1].ctl_command("backend", "set", "servers/server1", "state", "drain")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        scripts = [(f"{move.__name__} {n}", move(Dialog(cast, move.__name__, n))) for move in MOVES for n in range(_DISPUTED)]
        self.play(cast, ((label, first_half(script)) for label, script in scripts), len(scripts))
        fleet.topology.spread((2,))
        cast.exchange.play(scripts, at_once=64, most_failures=len(scripts))
        failures = cast.exchange.failures
        self.assertEqual([failure for failure in failures if "first one server1" not in failure and
                          "moved to" not in failure], [], "dialogs of the other backends, or other failures")
        self.assertEqual({failure.split()[0] for failure in failures}, _LOST_IN_DISPUTE)


if __name__ == "__main__":
    unittest.main()
