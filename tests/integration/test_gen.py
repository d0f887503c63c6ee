# SPDX-License-Identifier: Apache-2.0
"""dialplane-gen counts what it sends, and what comes back from another program is as much."""

import json
import os
import tempfile
import unittest
from pathlib import Path

from harness.daemon import binary
from harness.process import Supervisor, run, wait_until

_FRAMES = 20000


def _generate(*arguments):
    done = run([binary("dialplane-gen"), "run", "--profile", "invite", "--cpus", "0", "--json", "-", *arguments],
               timeout_s=40)
    return json.loads(done.stdout)


class Generator(unittest.TestCase):
    def test_what_a_ring_returns_is_what_was_sent(self):
        """everything sent on a ring comes back once"""
        report = _generate("--tx", "net_ring0", "--rate", "0", "--frames", "500000")
        self.assertEqual(report["tx"]["sent"], 500000)
        self.assertEqual(report["rx"]["distinct"], 500000)
        self.assertEqual(report["rx"]["frames"], 500000)

    def test_testpmd_returns_every_frame(self):
        """testpmd's macswap over memif returns every frame"""
        with tempfile.TemporaryDirectory() as folder:
            socket = Path(folder) / "memif.sock"
            device = f"socket={socket},socket-abstract=no"
            supervisor = Supervisor()
            self.addCleanup(supervisor.stop_all)
            # testpmd ends with its input, so it gets one that stays open.
            testpmd = supervisor.start("testpmd", [
                "sh", "-c", "sleep 60 | exec stdbuf -oL dpdk-testpmd \"$@\"", "testpmd",
                "-l", "0,1", "--no-huge", "-m", "256", "--file-prefix", f"gen{os.getpid()}", "--no-pci",
                "--vdev", f"net_memif0,role=server,{device}", "--", "--forward-mode=macswap", "--no-flush-rx",
                "--auto-start", "--total-num-mbufs=8192"], Path(folder) / "testpmd.log")
            wait_until(lambda: "Press enter to exit" in testpmd.log.read_text(), 20, "testpmd forwards",
                       watch=supervisor.check)
            report = _generate("--tx", f"net_memif0,role=client,{device}", "--rate", "10000", "--frames", str(_FRAMES))
        self.assertEqual(report["tx"]["sent"], _FRAMES)
        self.assertEqual(report["rx"]["distinct"], _FRAMES)
        self.assertEqual(report["rx"]["frames"], _FRAMES)
