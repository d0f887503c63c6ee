# SPDX-License-Identifier: Apache-2.0
"""A stop is quick and leaves nothing behind; instances do not disturb each other."""

import json
import time
from pathlib import Path

from harness.flows import FLOWS
from harness.process import run

from .support import BenchTest, also_sanitized

_MAX_STOP_S = 2.0
# What journald takes for emergency to warning.
_TROUBLE = tuple(f"<{level}>" for level in range(5))


def leftovers(instance):
    """Files of this instance that outlive it."""
    places = [Path("/run/dpdk"), Path("/var/run/dpdk"), Path("/run/dialplane"), Path("/dev/hugepages"), Path("/run")]
    return sorted(str(p) for place in places if place.is_dir() for p in place.iterdir() if instance in p.name)


class Stop(BenchTest):
    @also_sanitized
    def test_sigterm_ends_within_two_seconds_and_leaves_nothing(self):
        bench = self.bench(backends=1)
        bench.start_servers()
        bench.start_daemon()
        began = time.monotonic()
        status = bench.daemon.stop(timeout_s=10)
        self.assertLess(time.monotonic() - began, _MAX_STOP_S)
        self.assertEqual(status, 0)
        links = json.loads(run(["ip", "-n", bench.topology.lb_ns, "-j", "link", "show"]).stdout)
        self.assertEqual(sorted(link["ifname"] for link in links), ["lo", "wire0", "wire1"])
        self.assertEqual([link["ifname"] for link in links if link.get("xdp")], [], "XDP programs left attached")
        self.assertEqual([link["ifname"] for link in links if {"PROMISC", "ALLMULTI"} & set(link["flags"])], [])
        self.assertEqual(leftovers(bench.daemon.instance), [])
        self.assertFalse((bench.directory / "control.sock").exists())

    def test_a_start_and_a_stop_log_no_trouble(self):
        bench = self.bench(backends=1)
        bench.start_servers()
        bench.start_daemon()
        # Workers and pools are looked at ten times a second.
        time.sleep(0.5)
        bench.daemon.stop()
        lines = [line for line in bench.daemon.log.read_text().splitlines() if line[:3] in _TROUBLE]
        self.assertEqual([line for line in lines if "made key file" not in line], [])

    def test_it_starts_again_after_a_stop(self):
        bench = self.bench(backends=1).start()
        self.assertEqual(bench.daemon.stop(), 0)
        bench.start_daemon()
        bench.call(FLOWS[0], 3, 10)
        bench.wait_callers(40)
        self.assert_all_good(bench)


class SideBySide(BenchTest):
    def test_two_instances_serve_at_once(self):
        benches = [self.bench(backends=2).start(), self.bench(backends=2, one_network=True).start()]
        for bench in benches:
            for flow in FLOWS:
                bench.call(flow, 10, 10)
        for bench in benches:
            bench.wait_callers(60)
            self.assert_all_good(bench)
        self.assertEqual(benches[0].daemon.stop(), 0)
        self.assertTrue(benches[1].daemon.ctl.answers(), "the other instance still answers")
