# SPDX-License-Identifier: Apache-2.0
"""The demo: real calls through a real dialplane, judged by what the callers and the servers logged."""

import argparse
import json
import signal
import sys
import time
from pathlib import Path

from .analysis import analyse
from .bench import Bench
from .config import Settings
from .counts import read_quiet, unaccounted_quiet
from .errors import BenchError
from .flows import BREAK_FLOWS, FLOWS, split_calls
from .process import wait_until
from .report import METHODS, LiveLine, print_report, problems
from .scanner import DROP_RULE, Scanner
from .topology import CALLER, VIP

_HOLD_MS = 400
_BREAK_HOLD_MS = 4000
_PATIENCE_MS = 20000
# A sabotaged call gets no answer, however long it waits.
_BREAK_PATIENCE_MS = 5000
_GRACE_S = 90
_SCANS_PER_S = 25


def parse_args(argv):
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--calls", type=int, default=600, metavar="N", help="calls to make (default 600)")
    parser.add_argument("--rate", type=float, default=100, metavar="R", help="calls per second (default 100)")
    parser.add_argument("--backends", type=int, default=3, metavar="K", help="SIP servers behind it (default 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result here")
    parser.add_argument("--name", default="dpdemo", help="prefix of the namespaces; two runs need two names")
    parser.add_argument("--keep", action="store_true", help="leave everything running until Enter, keep the logs")
    parser.add_argument("--break", dest="sabotage", action="store_true",
                        help="make stickiness fail from outside, to see that the checks notice")
    parser.add_argument("--hugepages", action="store_true", help='run with memory = "hugepages"')
    parser.add_argument("--one-network", action="store_true", help="callers, balancer and servers share one network")
    args = parser.parse_args(argv)
    if args.calls < 1 or args.rate <= 0 or not 1 <= args.backends <= 100:
        parser.error("--calls and --rate are positive, --backends is 1 to 100")
    return args


class Demo:
    def __init__(self, args, bench, out=None):
        self.args = args
        self.bench = bench
        self.out = out or sys.stdout
        self.baseline = None
        self.started_at = 0.0
        self.scans_sent = 0

    def step(self, text):
        print(f"  {text}", file=self.out, flush=True)

    def run(self):
        args, bench = self.args, self.bench
        self.step(f"namespaces {', '.join(bench.topology.namespaces)}")
        bench.start_servers()
        self.step(f"{args.backends} SIPp servers: {', '.join(bench.topology.backend_addresses)}")
        bench.start_daemon()
        self.step(f"dialplane ready on {', '.join(bench.topology.wires.values())} (net_af_xdp, memory "
                  f"{bench.daemon.settings.memory}), listener 198.51.100.10:5060")
        self.baseline = read_quiet(bench.topology, bench.daemon)
        if args.sabotage:
            # It restarts dialplane, and with it the counters.
            self._make_calls()
            return self._result()
        self.step(f"a scanner among the callers: {_SCANS_PER_S} requests a second, which a rule drops")
        scanner = Scanner(bench.topology.callers_ns, CALLER, VIP, _SCANS_PER_S).start()
        try:
            self._make_calls()
        finally:
            self.scans_sent = scanner.stop()
        return self._result()

    def _make_calls(self):
        args, bench = self.args, self.bench
        flows = BREAK_FLOWS if args.sabotage else FLOWS
        counts = split_calls(args.calls, flows)
        self.started_at = time.monotonic()
        for flow, count in counts.items():
            bench.call(flow, count, args.rate * flow.share, _BREAK_HOLD_MS if args.sabotage else _HOLD_MS,
                       patience_ms=_BREAK_PATIENCE_MS if args.sabotage else _PATIENCE_MS)
        expected_s = args.calls / args.rate
        sabotage_at = self.started_at + expected_s / 2 if args.sabotage else None
        deadline = self.started_at + expected_s + _GRACE_S
        line = LiveLine(self.out, sum(counts.values()))
        while not all(caller.done for caller in bench.callers):
            bench.check()
            line.update(bench.callers)
            now = time.monotonic()
            if now > deadline:
                raise BenchError(f"the callers are not done {_GRACE_S} s after their time")
            if sabotage_at and now > sabotage_at:
                sabotage_at = None
                self._sabotage()
            time.sleep(0.25)
        self.duration_s = time.monotonic() - self.started_at
        line.finish(bench.callers)
        bench.wait_servers_idle(4 if args.sabotage else 12)

    def _sabotage(self):
        """Other keys from now on: whatever stuck by hash alone goes elsewhere."""
        self.bench.daemon.kill()
        self.bench.daemon.forget_keys()
        self.bench.daemon.start().wait_ready()
        self.baseline = read_quiet(self.bench.topology, self.bench.daemon, settle_s=0.6)

    def _result(self):
        args, bench = self.args, self.bench
        port_driver = self._port_driver()
        delta = read_quiet(bench.topology, bench.daemon, self.baseline).since(self.baseline)
        unaccounted = unaccounted_quiet(bench.daemon)
        found = analyse(bench.caller_logs(), bench.server_logs(), expect_routes=not args.sabotage)
        rx_kernel, rx_dialplane = delta.totals
        planned = sum(caller.count for caller in bench.callers)
        failed = planned - sum(caller.successful for caller in bench.callers)
        return {
            "calls": args.calls, "rate": args.rate, "backends": args.backends,
            "duration_seconds": round(self.duration_s, 2),
            "networks": 1 if args.one_network else 2,
            "failed_calls": failed + found.missing_acks,
            "retransmissions": sum(caller.stat("Retransmissions(C)") for caller in bench.callers),
            "dialogs_seen": found.dialogs_seen,
            "dialogs_split": found.dialogs_split,
            "split_examples": found.split_examples,
            "calls_per_backend": found.calls_per_backend,
            "methods": {method: found.methods.get(method, 0) for method in METHODS},
            "methods_expected": sorted({method for caller in bench.callers for method in caller.flow.methods}),
            "methods_per_backend": found.methods_per_backend,
            "route_errors": found.route_errors[:20],
            "branch_errors": found.branch_errors[:20],
            "fragmented_invites": found.fragmented_invites,
            "fragment_errors": found.fragment_errors[:20],
            "unaccounted_packets": unaccounted,
            "rx_kernel": rx_kernel,
            "rx_dialplane": rx_dialplane,
            "rx_by_port": {port: {"kernel": delta.kernel[port], "dialplane": delta.dialplane[port]}
                           for port in delta.kernel},
            "lost_before_dialplane": {p: d for p, d in bench.topology.wire_drops().items() if d},
            "drops": bench.daemon.drops(),
            "rules": bench.daemon.ctl.rows("rules"),
            "scans_sent": self.scans_sent,
            "scans_dropped": bench.daemon.drops().get("rule", 0),
            "port_driver": port_driver,
        }

    def _port_driver(self):
        drivers = {row["driver"] for row in self.bench.daemon.ctl.rows("ports")}
        return ", ".join(sorted(drivers))


def _end_on_signal(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main(argv=None):
    args = parse_args(argv)
    # SIGINT too: a shell starts background jobs with it ignored, and then Python does not raise by itself.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end_on_signal)
    settings = Settings(memory="hugepages" if args.hugepages else "none", record_route=not args.sabotage,
                        rules=DROP_RULE)
    bench = Bench(args.name, args.backends, args.one_network, settings, args.keep)
    try:
        with bench:
            result = Demo(args, bench).run()
            found = problems(result)
            if args.json:
                args.json.write_text(json.dumps({**result, "problems": found}, indent=2) + "\n")
            print_report(result, found, bench, args)
            if args.keep:
                _keep(bench)
            return 1 if found else 0
    except BenchError as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        if args.keep and bench.directory:
            print(f"logs: {bench.directory}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ndemo: interrupted; cleaned up", file=sys.stderr)
        return 130


def _keep(bench):
    """Leaves it all running until the user has seen enough."""
    if not sys.stdin.isatty():
        print(f"\nLogs kept in {bench.directory}")
        return
    print(f"\nEverything still runs; logs in {bench.directory}. Press Enter to end.")
    wait_until(lambda: sys.stdin.readline() or True, 86400, "Enter")


if __name__ == "__main__":
    sys.exit(main())
