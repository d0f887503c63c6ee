# SPDX-License-Identifier: Apache-2.0
"""scripts/test tells a mistake in its arguments before it installs or builds anything."""

import pathlib
import shutil
import tempfile
import unittest

import tree

SCRIPT = tree.ROOT / "scripts" / "test"


class Arguments(unittest.TestCase):
    def refuse(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            # No package tool, no compiler and no ninja: what goes on past the arguments ends otherwise.
            for tool in ("bash", "basename", "cat", "dirname"):
                (pathlib.Path(folder) / tool).symlink_to(shutil.which(tool))
            done = tree.run(["/bin/bash", SCRIPT, *words], env={"PATH": folder})
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


if __name__ == "__main__":
    unittest.main()
