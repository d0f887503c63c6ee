# SPDX-License-Identifier: Apache-2.0
"""Phones that people use, with a SIP stack that nobody here wrote: baresip in front, Kamailio behind."""

from harness.config import Settings
from harness.counts import unaccounted_quiet

from .support import BenchTest

_REGISTER_TIMEOUT_S = 15
# RFC 5626: REGISTER with an instance and a flow, Contact with a GRUU, keepalives.
_OUTBOUND = ";sipnat=outbound"


class Softphones(BenchTest):
    """Register, call, hold, take back, and hang up from either side."""

    def play(self, extra="", **topology):
        bench = self.bench(backends=1, settings=Settings(listener_extra='path = "always"\n'), **topology)
        bench.start_kamailios("kamailio_registrar.cfg", lambda number: ("WITH_RECORD_ROUTE", "PATH_OF_ANYONE"))
        bench.start_daemon()
        caller, callee = bench.start_softphones(["alice", "bob"], extra)
        for phone in (caller, callee):
            phone.wait_registered(_REGISTER_TIMEOUT_S)
        self.call(caller, callee, caller)
        self.call(caller, callee, callee)
        self.call(callee, caller, callee)
        caller.tell("dial", "sip:nobody@example.org")
        self.assertIn("404", caller.wait_event("CALL_CLOSED"))
        self.assertEqual(set(bench.daemon.drops()) - {"keepalive"}, set())
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)

    def call(self, caller, callee, ends):
        caller.tell("dial", f"sip:{callee.user}@example.org")
        for phone in (caller, callee):
            phone.wait_event("CALL_ESTABLISHED")
        for change in ("hold", "resume"):
            caller.tell(change)
            callee.wait_event("CALL_REMOTE_SDP")
        ends.tell("hangup")
        for phone in (caller, callee):
            phone.wait_event("CALL_CLOSED")

    def test_on_the_network_of_the_listener(self):
        self.play()

    def test_over_ipv6_to_ipv4_servers(self):
        self.play(families=(6, 4))

    def test_behind_nat(self):
        self.play(nat=True)

    def test_behind_nat_with_outbound(self):
        self.play(_OUTBOUND, nat=True)
