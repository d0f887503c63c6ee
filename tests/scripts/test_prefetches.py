# SPDX-License-Identifier: Apache-2.0
"""The compiler has left in the daemon what asks for cache lines ahead: GCC may take it for code without effect."""

import os
import pathlib
import unittest

import tree
import vector_registers

BUILD = pathlib.Path(os.environ.get("DIALPLANE_BUILD") or tree.ROOT / "build" / "release")

# Frames of a burst, slots, entries.
ASKING = ("dialplane::pipeline::process(", "dialplane::pipeline::hash_call_ids(",
          "dialplane::balance::AffinityTable::prefetch(")


def functions_that_ask(program):
    return [name for name, code in vector_registers.functions(program)
            if any(instruction.startswith("prefetcht0") for _, instruction in code)]


class Prefetches(unittest.TestCase):
    def test_daemon_asks_ahead(self):
        asking = functions_that_ask(BUILD / "dialplane")
        self.assertEqual([wanted for wanted in ASKING if not any(name.startswith(wanted) for name in asking)], [])


if __name__ == "__main__":
    unittest.main()
