# SPDX-License-Identifier: Apache-2.0
"""Calls at full rate while backends die, are slow, are drained, added and weighted anew, and the file is reloaded."""

import time
import unittest

from harness.analysis import analyse
from harness.capture import Capture
from harness.config import Settings
from harness.counts import unaccounted_quiet
from harness.flows import FLOWS, Flow
from harness.process import wait_until
from harness.siplog import parse_message

from .support import BenchTest, is_long

_HOLD_MS = 5000
# A caller whose BYE nobody answers gives up after this time and _HOLD_MS.
_PATIENCE_MS = 6000
_RELOADS = 50
_HEALTH = 'interval = "1s"\ntimeout  = "500ms"\nslow_start = "0s"\n'
# A change is with every worker after this time.
_SETTLED_S = 0.5
_BURST = 160
_SLOW_MESSAGE = Flow("slow-message", "message.xml", 1.0, "ping", is_call=False)


def load():
    """Calls per second, and for how long."""
    return (300, 60) if is_long() else (120, 14)


class Lifecycle(BenchTest):
    def start(self, backends=4, scenario="server.xml", **settings):
        bench = self.bench(backends=backends, settings=Settings(health=_HEALTH, **settings))
        bench.start_servers(scenario)
        bench.start_daemon()
        wait_until(lambda: all(row["observed"] == "up" for row in self.rows(bench).values()), 15, "all backends are up",
                   watch=bench.check)
        return bench

    def rows(self, bench):
        return {row["name"]: row for row in bench.daemon.ctl.rows("backends")}

    def calls(self, bench):
        """5-second calls at the full rate; returns the caller and how long it will begin calls."""
        rate, seconds = load()
        return bench.call(FLOWS[0], rate * seconds, rate, hold_ms=_HOLD_MS, patience_ms=_PATIENCE_MS), seconds

    def pause(self, bench, seconds):
        until = time.monotonic() + seconds
        wait_until(lambda: time.monotonic() > until, seconds + 5, "a pause", watch=bench.check)

    def wait_calls(self, bench):
        bench.wait_callers(load()[1] + 60)

    def second_chances(self, bench):
        return sum(row["second_chances_lost"] for row in self.rows(bench).values())

    def assert_nothing_lost(self, bench, allowed_drops=()):
        """Every packet that was received has ended, and none in a drop but those allowed."""
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        self.assertEqual({name: n for name, n in bench.daemon.drops().items() if name not in allowed_drops}, {})

    def assert_counts_empty(self, bench):
        wait_until(lambda: not any(row["open_dialogs"] for row in self.rows(bench).values()), 10,
                   "no backend has an open dialog", watch=bench.supervisor.check)

    def test_drain_add_weights_and_50_reloads_cost_no_call(self):
        bench = self.start(backends=5, absent=("server5",))
        caller, seconds = self.calls(bench)
        began = time.monotonic()
        drain_at, add_at = _RELOADS // 3, _RELOADS // 6
        settings, drained_at = bench.daemon.settings, 0.0
        for number in range(_RELOADS):
            if number == add_at:
                self.command(bench, "backend", "add", "servers", "server5", f"{bench.topology.backend_addresses[4]}:5060")
                settings.absent = ()
            if number == drain_at:
                self.command(bench, "backend", "set", "servers/server1", "state", "drain")
                settings.backend_states, drained_at = {"server1": "drain"}, time.time()
            if number % 5 == 0:
                self.command(bench, "backend", "set", "servers/server2", "weight", str(60 + number))
            settings.backend_weights = {"server2": 60 + number, "server3": 200 - 2 * number}
            bench.daemon.write_config()
            self.command(bench, "reload")
            # However long the commands took: calls go on for _HOLD_MS after the last one has begun.
            self.pause(bench, began + 0.9 * seconds * (number + 1) / _RELOADS - time.monotonic())
        self.assertFalse(caller.done, "calls go on after the last reload")
        self.assertEqual(self.rows(bench)["server1"]["open_dialogs"], 0, "the drained backend is empty")
        self.wait_calls(bench)
        self.assert_all_good(bench)
        self.assert_counts_empty(bench)
        logs = bench.server_logs()
        found = analyse(bench.caller_logs(), logs)
        self.assert_sound(found)
        late = [m.call_id for m in logs["server1"] if is_first_invite(m) and m.time > drained_at + _SETTLED_S]
        self.assertEqual(late, [], "calls begun at the drained backend")
        self.assertGreater(found.calls_per_backend["server5"], 0, "calls at the backend that was added")
        self.assertEqual(self.second_chances(bench), 0)
        self.assert_nothing_lost(bench)

    def command(self, bench, *words):
        result = bench.daemon.ctl_command(*words)
        self.assertEqual(result.returncode, 0, f"{words}: {result.stdout}{result.stderr}")

    def test_the_run_of_the_kill_without_it_gives_no_second_chance(self):
        bench = self.start()
        self.calls(bench)
        self.wait_calls(bench)
        self.assert_all_good(bench)
        self.assertEqual(self.second_chances(bench), 0)
        self.assert_counts_empty(bench)
        found = analyse(bench.caller_logs(), bench.server_logs())
        self.assertEqual((found.dialogs_split, found.missing_acks), (0, 0), found.split_examples)
        self.assert_nothing_lost(bench)

    def test_a_killed_backend_costs_its_own_calls_only(self):
        bench = self.start()
        victim = bench.servers[0]
        capture = Capture(bench.supervisor, bench.directory, "victim", bench.topology.backends_ns, "net0",
                          f"udp and dst host {victim.address} and dst port 5060")
        _, seconds = self.calls(bench)
        self.pause(bench, seconds / 2)
        bench.supervisor.forget(victim.process)
        victim.process.kill_group()
        wait_until(lambda: self.rows(bench)[victim.label]["observed"] == "down", 10, "the killed backend is down",
                   watch=bench.check)
        down_at = time.time()
        self.wait_calls(bench)
        self.judge_kill(bench, victim, capture.stop().timed_datagrams(), down_at)

    def judge_kill(self, bench, victim, datagrams, down_at):
        sent_to_victim = {}
        for seen_at, datagram in datagrams:
            message = parse_message(datagram.payload.decode())
            if is_first_invite(message, sent=True):
                sent_to_victim.setdefault(message.call_id, seen_at)
        late = [call_id for call_id, seen_at in sent_to_victim.items() if seen_at > down_at + _SETTLED_S]
        self.assertEqual(late, [], "calls set up at the killed backend after it was found down")
        log = [m for m in victim.messages() if m.method != "OPTIONS"]
        had_answer = {m.call_id for m in log if m.sent}
        over = {m.call_id for m in log if m.sent and m.status == 200 and m.method == "BYE"}
        unanswered = set(sent_to_victim) - had_answer
        made, finished, connected = outcome(bench.callers[0].messages())
        failed = made - finished
        self.assertGreater(len(unanswered), 5, "INVITEs at the killed backend without an answer: too few to judge")
        saved = unanswered & connected
        self.assertGreaterEqual(len(saved), 0.95 * len(unanswered), f"of {len(unanswered)} answered by another backend")
        self.assertEqual(sorted(failed - (had_answer - over) - unanswered)[:5], [], "calls of other backends that failed")
        self.assertLessEqual(len(failed), len(had_answer - over) + len(unanswered - saved))
        self.assertGreaterEqual(self.second_chances(bench), len(saved))
        split = {call_id for call_id, servers in homes(bench.server_logs()).items() if len(servers) > 1}
        self.assertEqual(sorted(split - unanswered)[:5], [], "calls at two backends, the first of which had answered")
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        print(f"         {len(made)} calls, {len(failed)} failed, {len(had_answer - over)} were open on the killed backend, "
              f"{len(unanswered)} unanswered there, {len(saved)} of them answered by another")

    def test_slow_backends_get_no_copy_elsewhere(self):
        """First answers come after 700 ms and 3 s, to a burst that finds the backends idle; the long form goes on."""
        bench = self.start(scenario="server_slow.xml")
        self.call_slow_servers(bench, _BURST, 2 * _BURST, _BURST)
        if is_long():
            rate, seconds = load()
            self.call_slow_servers(bench, rate * seconds, rate, rate)
        self.assert_all_good(bench)
        found = analyse({}, without_probes(bench.server_logs()), expect_routes=False)
        calls = sum(caller.count for caller in bench.callers)
        self.assertEqual((found.dialogs_seen, found.dialogs_split), (calls, 0), found.split_examples)
        self.assertGreater(sum(caller.stat("Retransmissions(C)") for caller in bench.callers), calls,
                           "every caller had reason to send again")
        self.assertEqual(self.second_chances(bench), 0)
        self.assert_nothing_lost(bench)

    def call_slow_servers(self, bench, count, call_rate, message_rate):
        bench.call(FLOWS[0], count, call_rate, hold_ms=100)
        bench.call(_SLOW_MESSAGE, count, message_rate)
        bench.wait_callers(count / message_rate + 40)


def without_probes(server_logs):
    """Callers send no OPTIONS here; Dialplane does, to see whether the servers live."""
    return {server: [m for m in messages if m.method != "OPTIONS"] for server, messages in server_logs.items()}


def is_first_invite(message, sent=False):
    return message.is_request and message.sent == sent and message.method == "INVITE" and not message.in_dialog


def homes(server_logs):
    """Call-ID → the servers that received a request with it."""
    found = {}
    for server, messages in server_logs.items():
        for m in messages:
            if m.is_request and not m.sent:
                found.setdefault(m.call_id, set()).add(server)
    return found


def outcome(messages):
    """Call-IDs of one caller: those it called with, those that ended with an answered BYE, those that were answered."""
    made, finished, connected = set(), set(), set()
    for m in messages:
        if m.sent and m.method == "INVITE":
            made.add(m.call_id)
        elif not m.sent and m.status == 200:
            (finished if m.method == "BYE" else connected).add(m.call_id)
    return made, finished, connected


if __name__ == "__main__":
    unittest.main()
