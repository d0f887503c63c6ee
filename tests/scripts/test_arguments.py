# SPDX-License-Identifier: Apache-2.0
"""scripts/test and scripts/demo tell a mistake in their arguments before they install or build anything."""

import pathlib
import shutil
import sys
import tempfile
import unittest

import tree



def run_alone(script, *words):
    """Without package tool, compiler and ninja: what goes on past the arguments ends otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        for tool in ("bash", "basename", "cat", "dirname"):
            (pathlib.Path(folder) / tool).symlink_to(shutil.which(tool))
        (pathlib.Path(folder) / "python3").symlink_to(sys.executable)
        return tree.run(["/bin/bash", tree.ROOT / "scripts" / script, *words], env={"PATH": folder})


class Test(unittest.TestCase):
    def refuse(self, *words):
        done = run_alone("test", *words)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr.splitlines()[0]

    def test_refuses_an_unknown_suite(self):
        self.assertEqual(self.refuse("--suite", "nosuch"), "test: unknown suite: nosuch")
        self.assertEqual(self.refuse("--quick", "--suite=nosuch"), "test: unknown suite: nosuch")

    def test_refuses_a_suite_without_a_name(self):
        self.assertEqual(self.refuse("--suite"), "test: --suite needs a name")

    def test_refuses_an_unknown_argument(self):
        self.assertEqual(self.refuse("--quik"), "test: unknown argument: --quik")
        self.assertEqual(self.refuse("unit"), "test: unknown argument: unit")


class Demo(unittest.TestCase):
    def refuse(self, *words):
        done = run_alone("demo", *words)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr.splitlines()[-1]

    def test_refuses_an_unknown_argument(self):
        self.assertEqual(self.refuse("--bogus"), "scripts/demo: error: unrecognized arguments: --bogus")

    def test_refuses_no_calls(self):
        self.assertIn("--calls and --rate are positive", self.refuse("--calls", "0"))

    def test_tells_its_help(self):
        done = run_alone("demo", "--help")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("usage: scripts/demo", done.stdout)


if __name__ == "__main__":
    unittest.main()
