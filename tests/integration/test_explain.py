# SPDX-License-Identifier: Apache-2.0
"""`explain` on a running dialplane: it sees the entry that traffic made, and makes and counts nothing itself."""

import json

from harness.config import Settings
from harness.topology import CALLER

from .raw_call import CALLER_PORT, RawCall
from .support import BenchTest

_TABLES = ("steering", "methods", "responses", "answers", "rules")
_COUNTS = ("requests", "dialogs", "responses", "requests_from", "open_dialogs", "second_chances_lost", "second_chances_won")


class Explain(BenchTest):
    def explain(self, bench, text):
        path = bench.directory / "message.sip"
        path.write_bytes(text.encode())
        result = bench.daemon.ctl_command("explain", "--from", f"{CALLER}:{CALLER_PORT}", "--file", path, json_output=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return json.loads(result.stdout)["explain"]

    def counts(self, bench):
        """Whatever a message of traffic would change."""
        rows = bench.daemon.ctl.rows
        return {**{table: rows(table) for table in _TABLES},
                "affinity": [row for row in rows("affinity") if row["kind"] == "event"],
                "backends": [[row[name] for name in _COUNTS] for row in rows("backends")],
                "drops": bench.daemon.drops(), "generation": rows("info")[0]["generation"]}

    def test_it_shows_the_entry_of_a_call_and_leaves_no_trace(self):
        bench = self.bench(backends=1, settings=Settings(policy="least-calls"))
        call = RawCall(self, bench)
        bench.start_daemon()
        invite = call.invite()
        told = self.explain(bench, invite)
        self.assertEqual((told["affinity"]["entry"], told["decision"]["found_by"]), ("none", "policy"))
        self.assertEqual(told["placement"]["candidate"][0]["load"], 0.01)
        arrived = call.from_caller(invite)
        before = self.counts(bench)
        told = self.explain(bench, invite)
        self.assertEqual((told["affinity"]["entry"], told["affinity"]["backend"]), ("early", "server1"))
        self.assertEqual((told["affinity"]["decides"], told["decision"]["found_by"]), (True, "affinity"))
        for method in ("INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE", "CANCEL", "BYE", "OPTIONS", "NOSUCH"):
            for branch in ("z9hG4bKraw1", "z9hG4bKother"):
                self.explain(bench, call.request(method, branch, 1))
        self.explain(bench, "no SIP\r\n\r\n")
        self.assertEqual(self.counts(bench), before)
        call.from_server(call.answer(arrived, "200 OK"))
        self.assertEqual(self.explain(bench, invite)["affinity"]["entry"], "answered")
        self.assertNotEqual(self.counts(bench), before, "a message of traffic leaves a trace")
