# SPDX-License-Identifier: Apache-2.0
"""Twenty clients change the running configuration at random, under traffic; a serial replay ends in the same place.

20 seconds, 60 with scripts/test --long; also against the AddressSanitizer build.
"""

import random
import threading
import time

from harness.ctl import Ctl, Refused
from harness.netns_socket import udp_endpoint
from harness.process import wait_until

from .support import BenchTest, also_sanitized, is_long

_CLIENTS = 20
_POOL = "servers"
_METHODS = ("INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE", "MESSAGE")


class _Operator:
    """Draws commands as (method, parameters), some of which must be refused."""

    def __init__(self, seed, server):
        self.draw = random.Random(seed)
        self.server = server

    def weight(self):
        return str(70000 if self.draw.random() < 0.1 else self.draw.randrange(300))

    def next(self):
        name = f"n{self.draw.randrange(6)}"
        backend = f"{_POOL}/{name if self.draw.random() < 0.8 else 'server1'}"
        kind = self.draw.randrange(10)
        if kind < 3:
            port = 6000 + self.draw.randrange(8)
            return "backend.add", {"pool": _POOL, "name": name, "address": f"{self.server}:{port}", "weight": self.weight()}
        if kind < 5:
            return "backend.del", {"backend": backend}
        if kind < 7:
            return "backend.set", {"backend": backend, "weight": self.weight()}
        if kind < 8:
            return "backend.set", {"backend": backend, "state": self.draw.choice(("ready", "drain", "maint"))}
        if kind < 9:
            return ("reload", {}) if self.draw.random() < 0.2 else ("backend.add", {"pool": "none", "name": name, "address": "x"})
        return self.draw.choice(("show.backends", "show.drops", "show.changes", "config.diff")), {}


class _Race:
    """What the clients share: the end, and what was accepted by generation."""

    def __init__(self, path, server, seconds):
        self.path = path
        self.server = server
        self.end = time.monotonic() + seconds
        self.lock = threading.Lock()
        self.accepted = {}
        self.refused = 0
        self.asked = 0
        self.troubles = []

    def client(self, seed):
        operator, ctl = _Operator(seed, self.server), Ctl(self.path, timeout_s=30)
        try:
            while time.monotonic() < self.end:
                method, params = operator.next()
                self.ask(ctl, method, params)
        except Exception as error:  # a client that ends early is a failure of the test, told there
            self.troubles.append(repr(error))

    def ask(self, ctl, method, params):
        try:
            rows = ctl.call(method, **params)["rows"]
        except Refused:
            with self.lock:
                self.asked += 1
                self.refused += 1
            return
        with self.lock:
            self.asked += 1
            if method in ("backend.add", "backend.del", "backend.set", "reload") and rows[0].get("result") != "unchanged":
                # Equal reloads that waited together share a generation.
                self.accepted[rows[0]["generation"]] = (method, params)


class ControlRace(BenchTest):
    def state(self, bench):
        return (bench.daemon.ctl.call("show.config")["rows"], bench.daemon.ctl.rows("info")[0]["table_checksums"])

    def send_traffic(self, bench, race):
        """Some 300 requests a second, answers taken by nobody."""
        topology = bench.topology
        with udp_endpoint(topology.callers_ns, topology.outside.caller, 5099) as sock:
            number = 0
            while time.monotonic() < race.end:
                method = _METHODS[number % len(_METHODS)]
                sock.sendto(_request(method, number, topology.outside), (topology.outside.vip, 5060))
                number += 1
                time.sleep(0.003)
        return number

    @also_sanitized
    def test_random_clients_under_traffic_end_where_a_serial_replay_ends(self):
        bench = self.bench(backends=2).start()
        race = _Race(bench.daemon.ctl.path, bench.topology.backend_addresses[1], 60 if is_long() else 20)
        clients = [threading.Thread(target=race.client, args=(seed,)) for seed in range(_CLIENTS)]
        for client in clients:
            client.start()
        sent = self.send_traffic(bench, race)
        for client in clients:
            client.join()
        bench.check()
        self.assertEqual(race.troubles, [])
        self.assertGreater(len(race.accepted), 50)
        self.assertGreater(race.refused, 50)
        wait_until(lambda: bench.daemon.unaccounted() == 0, 5, "every packet is accounted for", watch=bench.check)
        self.assertGreaterEqual(sum(bench.daemon.rx_packets().values()), sent)
        reached = self.state(bench)
        print(f"         {sent} requests, {race.asked} commands, {len(race.accepted)} accepted, {race.refused} refused")

        # A new process with the same keys and the file as it was.
        self.assertEqual(bench.daemon.stop(), 0)
        bench.daemon.write_config()
        bench.daemon.start().wait_ready()
        for generation, (method, params) in sorted(race.accepted.items()):
            try:
                bench.daemon.ctl.call(method, **params)
            except Refused as error:
                self.fail(f"generation {generation}, {params}: {error}")
        self.assertEqual(self.state(bench), reached)
        self.assertEqual(bench.daemon.stop(), 0)
        log = bench.daemon.log.read_text(errors="replace")
        for report in ("AddressSanitizer", "runtime error"):
            self.assertNotIn(report, log)


def _request(method, number, outside):
    return (f"{method} sip:bob@{outside.vip} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {outside.caller}:5099;branch=z9hG4bKrace{number}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:alice@{outside.caller}>;tag=a{number}\r\nTo: <sip:bob@{outside.vip}>\r\n"
            f"Call-ID: race-{number}\r\nCSeq: 1 {method}\r\nContact: <sip:alice@{outside.caller}:5099>\r\n"
            "Content-Length: 0\r\n\r\n").encode()
