# SPDX-License-Identifier: Apache-2.0
"""Two nodes with one configuration behind a router that spreads flows by their ports: either can take any message."""

import os
import unittest

from harness.fleet import Fleet

from .dialog_rows import ROWS
from .dialogs import Cast, Dialog
from .move_rows import MOVES, first_half
from .support import BenchTest, is_long

_PHONES = 64
_BACKENDS = 4
_LEAST_SHARE = 0.3


class Ecmp(BenchTest):
    def fleet(self):
        BenchTest._made += 1
        fleet = Fleet(f"dpit{os.getpid() % 100000}-{BenchTest._made}", _BACKENDS)
        fleet.__enter__()
        self.addCleanup(fleet.close)
        self.benches.append(fleet)
        cast = Cast(fleet.topology, _PHONES)
        self.addCleanup(cast.exchange.close)
        fleet.start_daemon()
        return fleet, cast

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
            self.assertEqual(node.unaccounted(), 0)

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
        self.assertEqual(fleet.nodes[1].unaccounted(), 0)


if __name__ == "__main__":
    unittest.main()
