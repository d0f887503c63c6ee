# SPDX-License-Identifier: Apache-2.0
"""The demo itself: good runs are called good, a sabotaged one is not."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from harness import demo
from harness.daemon import REPOSITORY
from harness.process import run, wait_until
from harness.report import METHODS

from .support import slow


class DemoRuns(unittest.TestCase):
    def demo(self, *arguments):
        """Runs it; returns exit code, result and what it printed."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "demo.json"
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                status = demo.main(["--name", f"dpdemo{os.getpid() % 100000}", "--json", str(path), *arguments])
            return status, json.loads(path.read_text()) if path.exists() else {}, out.getvalue()

    def assert_good(self, status, result, output):
        self.assertEqual(status, 0, output)
        self.assertEqual((result["failed_calls"], result["dialogs_split"], result["unaccounted_packets"]), (0, 0, 0))
        self.assertEqual(sum(result["calls_per_backend"].values()), result["calls"])
        self.assertEqual(result["rx_kernel"], result["rx_dialplane"])
        self.assertGreater(result["rx_kernel"], result["calls"])
        self.assertEqual(result["port_driver"], "net_af_xdp")
        self.assertEqual(len(METHODS), 14)
        for method in METHODS:
            self.assertGreater(result["methods"].get(method, 0), 0, method)
        self.assertGreater(result["fragmented_invites"], 0)
        self.assertGreater(result["scans_sent"], 0)
        self.assertEqual(result["scans_dropped"], result["scans_sent"])

    def test_two_networks(self):
        self.assert_good(*self.demo("--calls", "60", "--rate", "20"))

    def test_one_network(self):
        self.assert_good(*self.demo("--calls", "60", "--rate", "20", "--one-network"))

    def test_sabotage_is_noticed(self):
        status, result, output = self.demo("--calls", "60", "--rate", "20", "--break")
        self.assertEqual(status, 1, output)
        self.assertGreater(result["dialogs_split"], 0, output)

    @slow
    def test_huge_pages(self):
        pages = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
        if not pages.exists():
            self.skipTest("this kernel has no 2 MiB huge pages")
        before = int(pages.read_text())
        self.addCleanup(lambda: pages.write_text(str(before)))
        pages.write_text(str(before + 256))
        if int(pages.read_text()) < before + 256:
            self.skipTest(f"only {int(pages.read_text()) - before} of 256 huge pages could be reserved")
        if "hugetlbfs" not in Path("/proc/mounts").read_text():
            Path("/dev/hugepages").mkdir(exist_ok=True)
            run(["mount", "-t", "hugetlbfs", "none", "/dev/hugepages"])
            self.addCleanup(lambda: run(["umount", "/dev/hugepages"], check=False))
        self.assert_good(*self.demo("--calls", "60", "--rate", "20", "--hugepages"))
        self.assertEqual([p.name for p in Path("/dev/hugepages").iterdir() if "dpdemo" in p.name], [])


class DemoCleansUp(unittest.TestCase):
    """Whatever ends a demo, nothing of it stays."""

    def setUp(self):
        self.name = f"dpend{os.getpid() % 100000}"
        self.out = tempfile.TemporaryFile("w+")
        self.addCleanup(self.out.close)

    def start(self):
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.demo", "--name", self.name, "--calls", "500", "--rate", "20"],
            cwd=REPOSITORY / "tests", stdout=self.out, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": "."})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until(lambda: "done" in self.printed(), 40, "the demo makes calls")
        return process

    def printed(self):
        self.out.seek(0)
        return self.out.read()

    def dialplane_pid(self):
        for pid in run(["ip", "netns", "pids", f"{self.name}-lb"]).stdout.split():
            if "dialplane" in Path(f"/proc/{pid}/comm").read_text():
                return int(pid)
        self.fail("no dialplane in its namespace")

    def assert_nothing_left(self):
        def nothing():
            namespaces = run(["ip", "netns", "list"]).stdout
            folders = list(Path(tempfile.gettempdir()).glob(f"dialplane-{self.name}-*"))
            return self.name not in namespaces and not folders
        wait_until(nothing, 20, "namespaces and files are gone", every_s=0.2)

    def test_after_an_interrupt(self):
        process = self.start()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(15), 130)
        self.assert_nothing_left()

    def test_after_dialplane_crashed(self):
        process = self.start()
        os.kill(self.dialplane_pid(), signal.SIGKILL)
        self.assertEqual(process.wait(15), 2)
        self.assertIn("dialplane ended with -9", self.printed())
        self.assert_nothing_left()

    def test_after_it_was_killed_itself(self):
        process = self.start()
        process.kill()
        process.wait(5)
        self.assert_nothing_left()

    def test_a_second_one_of_the_same_name_is_refused(self):
        self.start()
        second = run([sys.executable, "-m", "harness.demo", "--name", self.name], check=False, timeout_s=30,
                     env={"PYTHONPATH": str(REPOSITORY / "tests")})
        self.assertEqual(second.returncode, 2)
        self.assertIn("--name", second.stderr)
