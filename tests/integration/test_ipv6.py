# SPDX-License-Identifier: Apache-2.0
"""Calls over IPv6, and between callers and servers of different versions of IP (RFC 5658 §3, RFC 5118)."""

import unittest

from harness.analysis import analyse
from harness.counts import unaccounted_quiet
from harness.flows import FLOWS
from harness.topology import INSIDE, OUTSIDE, bracketed

from .support import BenchTest, also_sanitized

_CALLS = 100
_NAMES = ("hangup-by-caller", "hangup-by-server")


class Ipv6(BenchTest):
    def play(self, outside, inside, names=_NAMES, calls=_CALLS):
        """Calls of each flow, shared out, with Via and Record-Route looked at in the logs of both sides."""
        bench = self.bench(backends=3, families=(outside, inside)).start()
        flows = [flow for flow in FLOWS if flow.name in names]
        for flow in flows:
            bench.call(flow, calls // len(flows), 50)
        bench.wait_callers(60)
        bench.wait_servers_idle()
        self.assert_all_good(bench)
        found = analyse(bench.caller_logs(), bench.server_logs(), expect_routes=True)
        self.assert_sound(found)
        self.assertEqual(len(found.calls_per_backend), 3)
        invites = [message for log in bench.server_logs().values() for message in log
                   if message.method == "INVITE" and message.is_request]
        self.assertGreaterEqual(len(invites), calls // len(flows) * len(flows))
        for invite in invites:
            self.assertIn(f" {bracketed(INSIDE[inside].listener)}:5060;", invite.values("via")[0])
            routes = invite.values("record-route")
            self.assertIn(f"<sip:{bracketed(INSIDE[inside].listener)}:5060;lr;r2=on", routes[0])
            self.assertIn(f"<sip:{bracketed(OUTSIDE[outside].vip)}:5060;lr;r2=on", routes[1])
        return bench

    def test_100_calls_of_ipv6_callers_to_ipv4_servers(self):
        self.play(6, 4)

    @also_sanitized
    def test_100_calls_of_ipv4_callers_to_ipv6_servers(self):
        self.play(4, 6)

    def test_100_calls_of_ipv6_callers_to_ipv6_servers(self):
        self.play(6, 6)

    def test_every_flow_over_ipv6(self):
        self.play_every_flow(6, 6)

    def test_every_flow_of_ipv4_callers_to_ipv6_servers(self):
        self.play_every_flow(4, 6)

    def play_every_flow(self, outside, inside):
        """Every method there is, large INVITEs in fragments among them."""
        bench = self.bench(backends=2, families=(outside, inside)).start()
        for flow in FLOWS:
            bench.call(flow, 2, 10)
        bench.wait_callers(40)
        self.assert_all_good(bench)

    def test_neighbour_discovery_reaches_the_kernel_behind_the_wire(self):
        bench = self.bench(backends=1, families=(6, 6)).start()
        neighbors = {row["address"]: row["mac"] for row in bench.daemon.ctl.rows("neighbors")}
        self.assertRegex(neighbors[OUTSIDE[6].caller], r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)


if __name__ == "__main__":
    unittest.main()
