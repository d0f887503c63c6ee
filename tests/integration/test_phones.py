# SPDX-License-Identifier: Apache-2.0
"""SIPp phones register with Kamailio behind dialplane and call each other: registrar, proxy and NAT in one go."""

from harness.analysis import analyse
from harness.config import Settings
from harness.counts import unaccounted_quiet
from harness.siplog import param
from harness.topology import INSIDE_LISTENER
from harness.topology import bracketed

from .support import BenchTest

_PHONES = 4
_CALLS_EACH = 125
_RATE = 15
# By this key four users are not all of one registrar.
_PLACEMENT = "00112233445566778899aabbccddeeff" * 2
_WITH_PATH = "Supported: path"
_WITHOUT_PATH = "Supported: replaces"


class Phones(BenchTest):
    """500 calls, half of them hung up by the phone that was called; each phone is one socket."""

    def play(self, supported=_WITH_PATH, kamailios=1, defines=(), settings=None, placement="", **topology):
        bench = self.bench(backends=kamailios, settings=settings, **topology)
        bench.start_kamailios("kamailio_registrar.cfg", lambda number: ("WITH_RECORD_ROUTE", *defines))
        if placement:
            bench.daemon.write_config()
            key = bench.daemon.directory / "state" / "placement.key"
            key.write_text(placement + "\n")
            key.chmod(0o600)
        bench.start_daemon()
        bench.start_phones(_PHONES, _CALLS_EACH, _RATE, supported)
        bench.wait_callers(90)
        self.assert_all_good(bench)
        logs = bench.caller_logs()
        found = analyse(logs, {})
        self.assertEqual(found.route_errors, [])
        self.assertEqual({method: found.methods.get(method) for method in ("REGISTER", "INVITE", "BYE")},
                         {"REGISTER": 2 * _PHONES * _CALLS_EACH, "INVITE": _PHONES * _CALLS_EACH, "BYE": _PHONES * _CALLS_EACH})
        self.assert_right_phone_called(logs)
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        return bench, logs

    def assert_right_phone_called(self, logs):
        """Each phone got the calls, ACKs included, that the one before it in the ring made."""
        users = list(logs)
        for caller, callee in zip(users, users[1:] + users[:1]):
            made = {m.call_id for m in logs[caller] if m.sent and m.is_request and m.method == "INVITE"}
            for method in ("INVITE", "ACK"):
                got = {m.call_id for m in logs[callee] if not m.sent and m.is_request and m.method == method}
                self.assertEqual(made, got, f"{method}s of {caller} to {callee}")

    def paths(self, logs):
        """How many REGISTERs were answered with a Path, however often each was sent."""
        return len({(m.call_id, m.cseq) for log in logs.values() for m in log
                    if not m.sent and m.status == 200 and m.cseq[1] == "REGISTER" and m.values("path")})

    def test_phones_that_support_path(self):
        _, logs = self.play()
        self.assertEqual(self.paths(logs), _PHONES * _CALLS_EACH)

    def test_phones_without_path_are_called_at_their_address(self):
        bench, logs = self.play(_WITHOUT_PATH, defines=(f'OUTBOUND="sip:{INSIDE_LISTENER}:5060"',))
        self.assertEqual(self.paths(logs), 0)

    def test_phones_behind_nat_that_support_path(self):
        self.assert_behind_nat(*self.play(nat=True))

    def test_phones_behind_nat_without_path_get_one_all_the_same(self):
        bench, logs = self.play(_WITHOUT_PATH, nat=True, defines=("PATH_OF_ANYONE",),
                                settings=Settings(listener_extra='path = "always"\n'))
        self.assert_behind_nat(bench, logs)

    def assert_behind_nat(self, bench, logs):
        """What the phones got shows that another address and other ports spoke for them."""
        seen = {param(m.values("via")[0], "received") for log in logs.values() for m in log if not m.sent and m.status == 200
                and m.cseq[1] == "REGISTER"}
        self.assertEqual(seen, {bench.topology.outside.caller})

    def test_two_registrars_that_share_no_location(self):
        """REGISTER and INVITE of a user meet by name: default is the Call-ID, which would part them."""
        bench, logs = self.play(kamailios=2, placement=_PLACEMENT, settings=Settings(
            pool_extra='key = { default = "call-id", REGISTER = "to-user", INVITE = "request-user" }\n'))
        self.assertEqual(self.paths(logs), _PHONES * _CALLS_EACH)
        requests = {row["name"]: row["requests"] for row in bench.daemon.ctl.rows("backends")}
        self.assertTrue(all(requests.values()), f"one registrar got everything: {requests}")
