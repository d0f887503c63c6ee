# SPDX-License-Identifier: Apache-2.0
"""dialplane --check names every mistake with its place."""

import re
import tempfile
import unittest
from pathlib import Path

from harness.daemon import REPOSITORY, binary
from harness.process import run

from .support import also_sanitized

ONE_PORT = """\
[runtime]
name        = "checked"
main_cpu    = 0
worker_cpus = [1]
memory      = "none"

[[port]]
name   = "edge0"
device = "net_af_xdp0,iface=wire0"
exception = "edge0"

"""

FIVE_MISTAKES = ONE_PORT + """\
[[listener]]
name    = "public"
address = "udp:198.51.100.10:5060"
side    = "outside"
ports   = ["edge7"]
pool    = "nobody"
inner   = ["nowhere"]

[[listener]]
name    = "public2"
address = "udp:198.51.100.10:5060"
pool    = "servers"

[[pool]]
name = "servers"

  [[pool.backend]]
  name    = "server1"
  address = "10.20.0.21:5060"

  [[pool.backend]]
  name    = "server2"
  address = "10.20.0.21:5060"
"""


class Check(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "dialplane.toml"
            path.write_text(text)
            result = run([binary(), "--check", "-c", path], check=False)
            return result.returncode, result.stdout + result.stderr, path

    @also_sanitized
    def test_five_mistakes_are_five_errors_with_line_and_column(self):
        status, output, path = self.check(FIVE_MISTAKES)
        places = re.findall(rf"^{re.escape(str(path))}:(\d+):(\d+): ", output, re.M)
        self.assertEqual(status, 1, output)
        self.assertEqual(len(places), 5, output)
        self.assertEqual(len({line for line, _ in places}), 5, output)
        self.assertIn("edge7", output)
        self.assertIn("nobody", output)
        self.assertIn("nowhere", output)

    def test_an_unknown_key_is_an_error(self):
        status, output, _ = self.check(FIVE_MISTAKES.replace("main_cpu    = 0", "main_cup    = 0"))
        self.assertEqual(status, 1)
        self.assertIn("main_cup", output)
        self.assertRegex(output, r":3:1: ")

    def test_the_example_is_accepted(self):
        result = run([binary(), "--check", "-c", REPOSITORY / "conf" / "dialplane.toml"], check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_wrong_eal_argument_is_said_to_be_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "dialplane.toml"
            path.write_text(ONE_PORT.replace("checked", Path(folder).name) + """\
[[listener]]
name    = "public"
address = "udp:198.51.100.10:5060"
pool    = "servers"

[[pool]]
name = "servers"

  [[pool.backend]]
  name    = "server1"
  address = "198.51.100.21:5060"
""")
            result = run([binary(), "-c", path, "--", "--no-such-argument"], check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("correct the EAL arguments given after --", result.stderr)

    def test_usage_mistakes_end_with_2(self):
        self.assertEqual(run([binary(), "--no-such-flag"], check=False).returncode, 2)
