# SPDX-License-Identifier: Apache-2.0
"""What follows from health beside up and down: panic, slow start, suspicion by traffic, probes over IPv6, a reset."""

import math
import time

from harness.config import Settings
from harness.flows import FLOWS
from harness.process import wait_until

from .answerer import Answerer, Messages
from .support import BenchTest

_QUICK = 'interval = "200ms"\ntimeout = "100ms"\nfall = 3\nrise = 2\nhold_down = "0s"\n'
_PANIC = _QUICK + 'slow_start = "0s"\npanic = 0.3\npanic_hold = "3s"\n'
_RAMP = _QUICK + 'slow_start = "3s"\n'
# Three probes that nothing hurries take 27 s at least.
_RARE = 'interval = "12s"\ntimeout = "100ms"\nfall = 3\nslow_start = "0s"\n'
_HURRIED_S = 10
_MESSAGES = 100
# A state is seen before the workers have the snapshot with it; this is more than they take.
_SETTLED_S = 0.5


def least_and_most(share, count=_MESSAGES):
    """Six standard deviations of chance round `share` of `count`: beyond lies one run in five hundred million."""
    spread = 6 * math.sqrt(count * share * (1 - share)) + 1
    return count * share - spread, count * share + spread


class HealthRules(BenchTest):
    def start(self, backends, health):
        bench = self.bench(backends=backends, settings=Settings(health=health))
        answerers = [Answerer(self, bench.topology, address) for address in bench.topology.backend_addresses]
        bench.start_daemon()
        self.wait_states(bench, {f"server{number}": "up" for number in range(1, backends + 1)})
        return bench, answerers, Messages(self, bench.topology)

    def rows(self, bench):
        return {row["name"]: row for row in bench.daemon.ctl.rows("health")}

    def wait_states(self, bench, states):
        wait_until(lambda: {name: self.rows(bench)[name]["observed"] for name in states} == states, 10, f"{states}",
                   every_s=0.02, watch=bench.check)

    def wait_counted(self, bench, answerers, count):
        """Each backend's messages once all `count` have come."""
        wait_until(lambda: sum(answerer.messages for answerer in answerers) >= count, 5, f"{count} messages arrive",
                   watch=bench.check)
        return [answerer.messages for answerer in answerers]

    def test_panic_uses_silent_backends_for_a_while_and_not_when_none_is_healthy(self):
        bench, answerers, messages = self.start(4, _PANIC)
        silent = answerers[1:]
        for answerer in silent:
            answerer.status = ""
        wait_until(lambda: all(row["in_panic"] for name, row in self.rows(bench).items() if name != "server1"), 10,
                   "the silent ones are used", every_s=0.02, watch=bench.check)
        self.assertFalse(self.rows(bench)["server1"]["in_panic"])
        notes = [row["note"] for row in bench.daemon.ctl.rows("backends")]
        self.assertEqual(notes, ["", *["used in panic"] * 3])
        time.sleep(_SETTLED_S)
        messages.send(_MESSAGES)
        self.wait_counted(bench, answerers, _MESSAGES)
        self.assertGreater(sum(answerer.messages for answerer in silent), 0, "messages at silent backends in panic")

        wait_until(lambda: not any(row["in_panic"] for row in self.rows(bench).values()), 10, "the panic is over",
                   watch=bench.check)
        time.sleep(_SETTLED_S)
        before = [answerer.messages for answerer in answerers]
        messages.send(_MESSAGES)
        after = self.wait_counted(bench, answerers, 2 * _MESSAGES)
        self.assertEqual([now - then for now, then in zip(after, before)], [_MESSAGES, 0, 0, 0])

        answerers[0].status = ""
        self.wait_states(bench, {"server1": "down"})
        self.assertFalse(any(row["in_panic"] for row in self.rows(bench).values()), "none healthy is no panic")
        wait_until(lambda: messages.ask() == 503, 5, "callers get 503", watch=bench.check)

    def test_a_backend_that_comes_back_gets_its_share_little_by_little(self):
        bench, answerers, messages = self.start(2, _RAMP)
        answerers[0].status = ""
        self.wait_states(bench, {"server1": "down"})
        answerers[0].status = "200 OK"
        wait_until(lambda: 0 < self.rows(bench)["server1"]["ramp_ratio"] < 1, 10, "server1 is back with part of its share",
                   every_s=0.02, watch=bench.check)
        messages.send(_MESSAGES)
        early = self.wait_counted(bench, answerers, _MESSAGES)[0]
        # The share may have grown until the last of them, and no further.
        ramp = self.rows(bench)["server1"]["ramp_ratio"]
        self.assertLess(early, least_and_most(ramp / 2)[1], f"of {_MESSAGES} at {ramp} of its share")
        wait_until(lambda: self.rows(bench)["server1"]["ramp_ratio"] == 1, 10, "it has its whole share",
                   watch=bench.check)
        time.sleep(_SETTLED_S)
        messages.send(_MESSAGES)
        late = self.wait_counted(bench, answerers, 2 * _MESSAGES)[0] - early
        self.assertGreater(late, least_and_most(0.5)[0])
        self.assertEqual(self.rows(bench)["server2"]["ramp_ratio"], 1)

    def test_traffic_without_answers_brings_the_probes_forward(self):
        bench, answerers, messages = self.start(2, _RARE)
        answerers[0].status = ""
        probes = self.rows(bench)["server1"]["sent"]
        began = time.monotonic()

        def is_down():
            messages.send(4)
            return self.rows(bench)["server1"]["observed"] == "down"

        wait_until(is_down, _HURRIED_S, "the silent backend is down", watch=bench.check)
        self.assertLess(time.monotonic() - began, _HURRIED_S)
        row = self.rows(bench)["server1"]
        self.assertGreater(row["suspicions"], 0)
        self.assertIn(row["suspicion"], ("nothing comes from it", "few responses"))
        self.assertGreaterEqual(row["sent"], probes + 3)
        self.assertEqual((self.rows(bench)["server2"]["observed"], self.rows(bench)["server2"]["suspicions"]), ("up", 0))

    def test_probes_over_ipv6(self):
        bench = self.bench(backends=2, families=(6, 6), settings=Settings(health=_QUICK + 'slow_start = "0s"\n')).start()
        self.wait_states(bench, {"server1": "up", "server2": "up"})
        self.assertGreater(self.rows(bench)["server1"]["rtt_avg_us"], 0)
        killed = bench.servers[0]
        bench.supervisor.forget(killed.process)
        killed.process.kill_group()
        self.wait_states(bench, {"server1": "down"})
        row = self.rows(bench)["server1"]
        self.assertGreater(row["unreachable"], 0, "ICMPv6 said that nobody listens")
        bench.call(FLOWS[0], 10, 20)
        bench.wait_callers(30)
        self.assert_all_good(bench)

    def test_a_reload_with_reset_forgets_states_and_keeps_calls(self):
        bench = self.bench(settings=Settings(backend_states={"server3": "drain"}, health=_QUICK + 'slow_start = "0s"\n'))
        bench.start()
        self.wait_states(bench, {"server1": "up", "server2": "up", "server3": "up"})
        killed = bench.servers[2]
        bench.supervisor.forget(killed.process)
        killed.process.kill_group()
        self.wait_states(bench, {"server3": "down"})
        bench.call(FLOWS[0], 40, 80, hold_ms=4000)
        wait_until(lambda: sum(self.open_dialogs(bench)) == 40, 5, "40 calls are open", watch=bench.check)
        bench.daemon.ctl.call("backend.set", backend="servers/server2", state="drain")
        before = self.open_dialogs(bench)
        was_down = self.rows(bench)["server3"]
        self.assertGreater(was_down["rtt_avg_us"], 0)
        bench.daemon.ctl.call("reload", reset=True)
        wait_until(lambda: self.rows(bench)["server3"]["transitions"] < was_down["transitions"], 5,
                   "what probes had found is forgotten", every_s=0.02, watch=bench.check)
        self.assertEqual(self.rows(bench)["server3"]["rtt_avg_us"], 0, "nothing has answered since")
        wait_until(lambda: [(row["admin"], row["admin_by"]) for row in bench.daemon.ctl.rows("backends")] ==
                   [("ready", "file"), ("ready", "file"), ("drain", "file")], 5, "the file's states hold", watch=bench.check)
        self.assertEqual(self.open_dialogs(bench), before)
        self.assertGreaterEqual(self.rows(bench)["server3"]["sent"], was_down["sent"], "counters are kept")
        self.wait_states(bench, {"server1": "up", "server2": "up", "server3": "down"})
        bench.wait_callers(30)
        self.assert_all_good(bench)

    def open_dialogs(self, bench):
        return [row["open_dialogs"] for row in bench.daemon.ctl.rows("backends")]
