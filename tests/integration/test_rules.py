# SPDX-License-Identifier: Apache-2.0
"""Screening rules under real traffic: a scanner's flood is dropped and counted while calls go on; reloads change them."""

import time

from harness.config import Settings
from harness.counts import unaccounted_quiet
from harness.flows import FLOWS
from harness.process import wait_until
from harness.scanner import DROP_RULE, USER_AGENT, Scanner
from harness.topology import CALLER, VIP

from .support import BenchTest, also_sanitized

_FLOOD_PER_S = 400
_REJECT_RULE = DROP_RULE.replace('"drop"', '"reject 603"')
_OTHER_RULE = """[[rule]]
name   = "premium"
field  = "request-uri"
regex  = "^sip:900"
action = "drop"
"""


class Rules(BenchTest):
    def scanner(self, bench, rate=_FLOOD_PER_S):
        scanner = Scanner(bench.topology.callers_ns, CALLER, VIP, rate)
        self.addCleanup(scanner.stop)
        return scanner

    def hits(self, bench):
        return {row["name"]: row["hits"] for row in bench.daemon.ctl.rows("rules")}

    def reload(self, bench, rules):
        bench.daemon.settings.rules = rules
        bench.daemon.write_config()
        result = bench.daemon.ctl_command("reload")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def seen_by_servers(self, bench):
        """Requests of the scanner that any server logged."""
        return sum(1 for messages in bench.server_logs().values() for m in messages
                   if not m.sent and m.is_request and m.first("user-agent") == USER_AGENT)

    @also_sanitized
    def test_a_flood_is_dropped_while_calls_go_on(self):
        bench = self.bench(settings=Settings(rules=DROP_RULE)).start()
        scanner = self.scanner(bench).start()
        for flow in FLOWS[:4]:
            bench.call(flow, 40, 10)
        bench.wait_callers(60)
        answers = scanner.answers()
        sent = scanner.stop()
        self.assert_all_good(bench)
        self.assertGreater(sent, 500)
        wait_until(lambda: self.hits(bench)["scanners"] == sent, 5, f"all {sent} requests are counted")
        self.assertEqual(bench.daemon.drops()["rule"], sent)
        self.assertEqual(answers, [])
        self.assertEqual(self.seen_by_servers(bench), 0)
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        row = bench.daemon.ctl.rows("rules")[0]
        self.assertEqual((row["field"], row["action"]), ("user-agent", "drop"))
        self.assertLess(row["last_hit_s"], 60)

    def test_reloads_add_change_and_remove_a_rule(self):
        bench = self.bench(settings=Settings()).start()
        bench.call(FLOWS[0], 60, 10, hold_ms=500)
        scanner = self.scanner(bench, 50)
        self.assertEqual(bench.daemon.ctl.rows("rules"), [])

        self.reload(bench, DROP_RULE)
        scanner.start()
        wait_until(lambda: self.hits(bench)["scanners"] > 20, 10, "the new rule hits", watch=bench.check)
        self.reload(bench, _OTHER_RULE + _REJECT_RULE)
        before = self.hits(bench)
        self.assertGreater(before["scanners"], 20, "hits stay with the name")
        self.assertEqual(before["premium"], 0)
        wait_until(lambda: any("SIP/2.0 603 Decline" in text for text in scanner.answers()), 10, "a 603",
                   watch=bench.check)
        answered = {row["code"]: row["answered"] for row in bench.daemon.ctl.rows("responses")}
        self.assertGreater(answered[603], 0)
        self.assertGreater(self.hits(bench)["scanners"], before["scanners"])
        scanner.stop()

        self.reload(bench, "")
        self.assertEqual(bench.daemon.ctl.rows("rules"), [])
        bench.wait_callers(60)
        self.assert_all_good(bench)

    def test_without_the_rule_the_scanner_gets_through(self):
        bench = self.bench(backends=1).start()
        scanner = self.scanner(bench, 100).start()
        wait_until(lambda: self.seen_by_servers(bench) > 10, 10, "a server sees the scanner", watch=bench.check)
        scanner.stop()
        self.assertNotIn("rule", bench.daemon.drops())

    def test_a_bad_expression_is_refused_and_changes_nothing(self):
        bench = self.bench(backends=1, settings=Settings(rules=DROP_RULE)).start()
        good = bench.daemon.config_path.read_text()
        bench.daemon.config_path.write_text(good.replace("(?i)friendly-scanner", "(?i)(friendly-scanner"))
        began = time.monotonic()
        result = bench.daemon.ctl_command("reload")
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(result.returncode, 1)
        line = good[:good.index("regex ")].count("\n") + 1
        self.assertRegex(result.stdout + result.stderr, rf":{line}:10: error: the expression does not compile")
        self.assertEqual(list(self.hits(bench)), ["scanners"])
