# SPDX-License-Identifier: Apache-2.0
"""Backends that die, refuse, come back or leave, and a node that is taken out of service."""

import re
import time

from harness.config import Settings
from harness.flows import FLOWS
from harness.netns_socket import udp_endpoint
from harness.process import wait_until
from harness.sipp import Server
from harness.topology import CALLER, VIP

from .answerer import Answerer
from .support import BenchTest

_INTERVAL_S = 0.2
_HEALTH = """interval = "200ms"
timeout = "100ms"
fall = 3
rise = 2
slow_start = "0s"
hold_down = "0s"
"""
# Three probes a jittered interval apart and the time-out of the last; and what a busy machine takes.
_DETECTED_S = 3 * _INTERVAL_S * 1.25 + 0.1
_BUSY_S = 2.0


class Health(BenchTest):
    def row(self, bench, name="server1"):
        return next(row for row in bench.daemon.ctl.rows("health") if row["name"] == name)

    def wait_state(self, bench, state, name="server1", timeout_s=5.0):
        wait_until(lambda: self.row(bench, name)["observed"] == state, timeout_s,
                   f"{name} is {state}", every_s=0.02, watch=bench.check)

    def assert_accounted(self, bench):
        wait_until(lambda: bench.daemon.unaccounted() == 0, 5, "every packet ends in a counter", watch=bench.check)

    def play(self, bench, count=30):
        bench.call(FLOWS[0], count, 30, hold_ms=100)
        bench.wait_callers(30)
        self.assert_all_good(bench)

    def test_a_killed_backend_gets_no_calls_until_it_is_back(self):
        bench = self.bench(settings=Settings(health=_HEALTH)).start()
        for name in ("server1", "server2", "server3"):
            self.wait_state(bench, "up", name)
        killed = bench.servers[0]
        bench.supervisor.forget(killed.process)
        killed.process.kill_group()
        began = time.monotonic()
        self.wait_state(bench, "down")
        self.assertLess(time.monotonic() - began, _DETECTED_S + _BUSY_S)
        before = self.row(bench)
        self.play(bench)
        self.assertEqual(bench.daemon.ctl.rows("pools")[0]["usable"], 2)
        bench.servers[0] = Server(bench.supervisor, bench.directory, "server1-again", bench.topology.backends_ns,
                                  bench.topology.backend_addresses[0])
        self.wait_state(bench, "up")
        after = self.row(bench)
        self.assertEqual(before["transitions"] + 1, after["transitions"])
        self.assertGreater(after["rtt_avg_us"], 0)
        self.play(bench)
        self.assert_accounted(bench)

    def test_codes_silence_and_forged_answers(self):
        bench = self.bench(backends=1, behind=1, settings=Settings(health=_HEALTH))
        topology = bench.topology
        backend = Answerer(self, topology, topology.backend_addresses[0])
        bench.start_daemon()
        self.wait_state(bench, "up")
        backend.status = "503 Service Unavailable"
        self.wait_state(bench, "down")
        self.assertEqual(self.row(bench)["reason"], "answered 503")
        # The state is seen a moment before the workers have the snapshot with it.
        wait_until(lambda: self.options(bench) == 503, 2, "callers are told", watch=bench.check)
        ready = {row["check"]: row["ok"] for row in bench.daemon.ctl.rows("service")}
        self.assertFalse(ready["readyz"])
        backend.status = "404 Not Found"
        self.wait_state(bench, "up")
        wait_until(lambda: self.options(bench) == 200, 2, "callers are served again", watch=bench.check)
        # The answer is right, but it comes from another address.
        forger = udp_endpoint(topology.backends_ns, topology.behind_addresses[0], 5060)
        self.addCleanup(forger.close)
        healthy = self.row(bench)["healthy"]
        backend.sender = forger
        self.wait_state(bench, "down")
        self.assertEqual(self.row(bench)["reason"], "no answer within 100ms")
        self.assertLessEqual(self.row(bench)["healthy"], healthy + 1)
        backend.sender = backend.socket
        self.wait_state(bench, "up")
        self.assert_accounted(bench)

    def options(self, bench):
        """What a caller's OPTIONS is answered; 0: nothing."""
        sock = udp_endpoint(bench.topology.callers_ns, CALLER, 5098)
        try:
            number = time.monotonic_ns()
            sock.sendto((f"OPTIONS sip:{VIP} SIP/2.0\r\nVia: SIP/2.0/UDP {CALLER}:5098;branch=z9hG4bK{number}\r\n"
                         f"Max-Forwards: 70\r\nFrom: <sip:a@{CALLER}>;tag=1\r\nTo: <sip:{VIP}>\r\n"
                         f"Call-ID: {number}@{CALLER}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode(),
                        (VIP, 5060))
            return int(sock.recv(65536).split()[1])
        finally:
            sock.close()

    def test_a_node_in_drain_serves_and_says_that_it_leaves(self):
        bench = self.bench(settings=Settings(health=_HEALTH)).start()
        self.assertEqual(self.options(bench), 200)
        answer = bench.daemon.ctl.call("node.drain")["rows"][0]
        self.assertEqual(answer["state"], "drain")
        self.assertEqual(self.options(bench), 503)
        ready = {row["check"]: row["ok"] for row in bench.daemon.ctl.rows("service")}
        self.assertEqual(ready, {"healthz": True, "readyz": False})
        self.play(bench, 10)
        bench.daemon.ctl.call("node.ready")
        self.assertEqual(self.options(bench), 200)

    def test_a_backend_gone_from_the_file_keeps_its_calls(self):
        bench = self.bench(settings=Settings(health=_HEALTH)).start()
        bench.call(FLOWS[0], 40, 40, hold_ms=3000)
        wait_until(lambda: sum(server.open_calls for server in bench.servers) >= 30, 10, "calls are open",
                   watch=bench.check)
        text = bench.daemon.config_path.read_text()
        without = re.sub(r'  \[\[pool\.backend\]\]\n  name    = "server1"\n.*\n.*\n', "", text)
        self.assertNotIn('"server1"', without)
        bench.daemon.config_path.write_text(without)
        bench.daemon.ctl.call("reload")
        rows = {row["name"]: row["admin"] for row in bench.daemon.ctl.rows("backends")}
        self.assertEqual(rows, {"server1": "leaving", "server2": "ready", "server3": "ready"})
        calls = bench.daemon.ctl.rows("backends")[-1]["dialogs"]
        bench.wait_callers(30)
        self.assert_all_good(bench)
        self.play(bench, 20)
        self.assertEqual(bench.daemon.ctl.rows("backends")[-1]["dialogs"], calls, "new calls at the leaving one")
        self.assert_accounted(bench)

    def test_a_deadline_ends_a_drain(self):
        bench = self.bench(backends=1, settings=Settings(health=_HEALTH)).start()
        bench.daemon.ctl.call("backend.set", backend="servers/server1", state="drain", deadline="1s")
        wait_until(lambda: bench.daemon.ctl.rows("backends")[0]["admin"] == "maint", 5, "the deadline comes",
                   watch=bench.check)
        row = bench.daemon.ctl.rows("backends")[0]
        self.assertEqual(row["admin_by"], "deadline")
        bench.daemon.ctl.call("backend.set", backend="servers/server1", state="ready")
        self.assertEqual(bench.daemon.ctl.rows("backends")[0]["admin"], "ready")
