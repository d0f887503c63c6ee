# SPDX-License-Identifier: Apache-2.0
"""Kamailio as the backend: as a proxy in the middle of every flow, and as a registrar that calls its phones back."""

from harness.analysis import analyse
from harness.counts import unaccounted_quiet
from harness.flows import FLOWS, Flow, split_calls
from harness.report import METHODS
from harness.sipp import PORT

from .support import BenchTest, slow

_CALLS = 500
_RATE = 60
_PROXIES = 3
_REGISTER = "register.xml"


class Proxies(BenchTest):
    """Callers – dialplane – three Kamailios – a SIPp server behind each."""

    def play(self, one_network, record_route):
        bench = self.bench(backends=_PROXIES, behind=_PROXIES, one_network=one_network)
        bench.start_servers()
        stay = ("WITH_RECORD_ROUTE",) if record_route else ()
        bench.start_kamailios("kamailio_proxy.cfg", lambda number: (
            f'TARGET="sip:{bench.topology.behind_addresses[number]}:{PORT}"', *stay))
        bench.start_daemon()
        for flow, count in split_calls(_CALLS, FLOWS).items():
            bench.call(flow, count, _RATE * flow.share)
        bench.wait_callers(90)
        self.assert_all_good(bench)
        self.assertEqual(bench.wait_servers_idle(), 0, "calls still open at a server")
        found = analyse(bench.caller_logs(), bench.server_logs())
        self.assert_sound(found)
        self.assertEqual(sum(found.calls_per_backend.values()), _CALLS)
        self.assertEqual([name for name, calls in found.calls_per_backend.items() if not calls], [])
        self.assertEqual([method for method in METHODS if not found.methods.get(method)], [])
        self.assertGreater(found.fragmented_invites, 0)
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        return bench

    def recorded_by(self, bench):
        """How often Kamailio itself stands in the Record-Route of a first INVITE."""
        own = [f"sip:{address}" for address in bench.topology.backend_addresses]
        return sum(any(uri in value for uri in own for value in m.values("record-route"))
                   for log in bench.server_logs().values() for m in log
                   if not m.sent and m.is_request and m.method == "INVITE" and not m.in_dialog)

    def test_two_networks_with_its_own_record_route(self):
        self.assertEqual(self.recorded_by(self.play(one_network=False, record_route=True)), _CALLS)

    def test_two_networks_without_its_own_record_route(self):
        self.assertEqual(self.recorded_by(self.play(one_network=False, record_route=False)), 0)

    @slow
    def test_one_network_with_its_own_record_route(self):
        self.assertEqual(self.recorded_by(self.play(one_network=True, record_route=True)), _CALLS)

    def test_one_network_without_its_own_record_route(self):
        self.assertEqual(self.recorded_by(self.play(one_network=True, record_route=False)), 0)


class Registrar(BenchTest):
    """A phone registers through dialplane; a call to it goes in through dialplane and out through it again."""

    def play(self, one_network):
        bench = self.bench(backends=1, one_network=one_network)
        bench.start_kamailios("kamailio_registrar.cfg", lambda number: ("WITH_RECORD_ROUTE",))
        bench.start_daemon()
        for user in ("talk", "hangup"):
            registration = bench.call(Flow(f"register-{user}", _REGISTER, 1.0, user, is_call=False), 1, 10)
            bench.wait_callers(30)
            self.assert_all_good(bench)
            self.assert_path_returned(registration)
            bench.start_phone(f"phone-{user}", registration.port)
        for flow in FLOWS[:2]:
            bench.call(flow, 20, 10)
        bench.wait_callers(60)
        self.assert_all_good(bench)
        logs = bench.server_logs()
        found = analyse({flow.name: bench.caller_logs()[flow.name] for flow in FLOWS[:2]}, logs)
        self.assertEqual(found.calls_per_backend, {"phone-talk": 20, "phone-hangup": 20})
        self.assert_sound(found)
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        return bench, logs

    def assert_path_returned(self, registration):
        """The registrar repeats the Path it has stored (RFC 3327 section 5.3)."""
        accepted = [m for m in registration.messages() if not m.sent and m.status == 200]
        self.assertEqual(len(accepted), 1)
        self.assertTrue(accepted[0].values("path"), accepted[0].text)
        for value in accepted[0].values("path"):
            self.assertIn(";lr", value)

    def assert_passed_twice(self, bench, logs):
        """Each INVITE at a phone has been through dialplane on both sides of Kamailio."""
        kamailio = f"SIP/2.0/UDP {bench.topology.backend_addresses[0]};"
        for log in logs.values():
            for m in (m for m in log if not m.sent and m.is_request and m.method == "INVITE"):
                vias = m.values("via")
                self.assertEqual(len(vias), 4, m.text)
                self.assertTrue(vias[1].startswith(kamailio), vias[1])
                self.assertEqual([";dps=" in via for via in vias], [True, False, True, False])

    def test_phones_are_called_by_their_path_on_two_networks(self):
        self.assert_passed_twice(*self.play(one_network=False))

    def test_phones_are_called_by_their_path_on_one_network(self):
        self.assert_passed_twice(*self.play(one_network=True))
