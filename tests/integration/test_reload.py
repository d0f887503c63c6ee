# SPDX-License-Identifier: Apache-2.0
"""A reload under calls loses nothing; a refused one leaves everything as it was."""

import json
import time

from harness.analysis import analyse
from harness.config import Settings
from harness.flows import FLOWS
from harness.process import wait_until

from .support import BenchTest


class Reload(BenchTest):
    def start_calls(self):
        bench = self.bench(settings=Settings(backend_states={"server3": "maint"})).start()
        for flow in FLOWS[:2]:
            bench.call(flow, 100, 10, hold_ms=1500)
        return bench

    def generation(self, bench):
        return bench.daemon.ctl.rows("info")[0]["config_generation"]

    def pause(self, bench, seconds):
        until = time.monotonic() + seconds
        wait_until(lambda: time.monotonic() > until, seconds + 5, "a pause", watch=bench.check)

    def test_by_signal_and_by_command_under_calls(self):
        bench = self.start_calls()
        before = self.generation(bench)
        self.pause(bench, 2)
        bench.daemon.settings.backend_states = {}
        bench.daemon.write_config()
        bench.daemon.reload_signal()
        wait_until(lambda: self.generation(bench) != before, 5, "SIGHUP makes a new generation", watch=bench.check)
        self.pause(bench, 2)
        bench.daemon.settings.backend_states = {"server1": "drain"}
        bench.daemon.write_config()
        result = bench.daemon.ctl_command("reload")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        bench.wait_callers(60)
        self.assert_all_good(bench)
        found = analyse(bench.caller_logs(), bench.server_logs())
        self.assertEqual(found.dialogs_split, 0, found.split_examples)
        self.assertGreater(found.calls_per_backend["server3"], 0, "calls after the first reload")

    def test_a_refused_reload_changes_nothing(self):
        bench = self.bench(backends=2).start()
        before = (self.generation(bench), bench.daemon.ctl.rows("backends"))
        good = bench.daemon.config_path.read_text()
        bench.daemon.config_path.write_text(good + "\n[nonsense]\nkey = 1\n")
        result = bench.daemon.ctl_command("reload")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("nonsense", result.stdout + result.stderr)
        bench.daemon.config_path.write_text(good.replace("mbufs       = 16384", "mbufs       = 8192"))
        result = bench.daemon.ctl_command("reload")
        self.assertEqual(result.returncode, 1, "a change of [runtime] is refused")
        self.assertIn("mbufs", result.stdout + result.stderr)
        after = (self.generation(bench), bench.daemon.ctl.rows("backends"))
        self.assertEqual(before[0], after[0])
        self.assertEqual([row["admin"] for row in before[1]], [row["admin"] for row in after[1]])
        bench.call(FLOWS[0], 5, 10)
        bench.wait_callers(40)
        self.assert_all_good(bench)


class Drain(BenchTest):
    def calls_at(self, bench):
        found = analyse({}, bench.server_logs(), expect_routes=False)
        return found.calls_per_backend

    def set_state(self, bench, state):
        result = bench.daemon.ctl_command("backend", "set", "servers/server1", "state", state)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_drain_and_maint_move_new_calls_and_keep_old_ones(self):
        bench = self.bench().start()
        bench.call(FLOWS[0], 60, 30, hold_ms=4000)
        wait_until(lambda: sum(s.stat("TotalCallCreated") for s in bench.servers) >= 60, 20, "60 calls begun",
                   watch=bench.check)
        first = self.calls_at(bench)
        self.assertGreater(first["server1"], 0)
        for state in ("drain", "maint"):
            self.set_state(bench, state)
            bench.call(FLOWS[0], 40, 40)
            bench.wait_callers(40)
            self.assertEqual(self.calls_at(bench)["server1"], first["server1"], f"new calls at a server in {state}")
        self.assert_all_good(bench)
        self.set_state(bench, "ready")
        # Its share grows over slow_start, ten seconds: of the calls of the first five some twenty are its own.
        bench.call(FLOWS[0], 300, 60)
        bench.wait_callers(40)
        self.assertGreater(self.calls_at(bench)["server1"], first["server1"])
        self.assert_all_good(bench)

    def test_the_client_keeps_its_exit_codes(self):
        bench = self.bench(backends=1)
        bench.start_servers()
        bench.start_daemon()
        shown = bench.daemon.ctl_command("show", "backends", json_output=True)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        json.loads(shown.stdout)
        self.assertEqual(bench.daemon.ctl_command("backend", "set", "servers/nobody", "state", "drain").returncode, 1)
        self.assertEqual(bench.daemon.ctl_command("frobnicate").returncode in (1, 2), True)
        bench.daemon.stop()
        self.assertEqual(bench.daemon.ctl_command("show", "info").returncode, 3)
