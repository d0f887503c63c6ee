# SPDX-License-Identifier: Apache-2.0
"""No kernel of the daemon hands registers back in a state that slows down what runs after it."""

import os
import pathlib
import tempfile
import unittest

import tree
import vector_registers

BUILD = pathlib.Path(os.environ.get("DIALPLANE_BUILD") or tree.ROOT / "build" / "release")

# The last branch of `half` forgets what its first one does.
PROBE = """
.text
.globl clean, late, half, high
clean: vpaddd %ymm0, %ymm1, %ymm2
  vzeroupper
  ret
late: vpaddd %zmm0, %zmm1, %zmm2
  vmovd %xmm2, %eax
  ret
half: vpaddd %ymm0, %ymm1, %ymm2
  test %edi, %edi
  je 1f
  vzeroupper
  ret
1: ret
high: vpaddd %zmm16, %zmm17, %zmm18
  ret
"""


class VectorRegisters(unittest.TestCase):
    def test_daemon_leaves_none_in_use(self):
        wide = vector_registers.wide_functions(BUILD / "dialplane", "dialplane::")
        self.assertGreater(len(wide), 10)
        self.assertEqual([name for name, used in wide.items() if used], [])

    def test_checker_finds_what_is_left_in_use(self):
        with tempfile.TemporaryDirectory() as folder:
            source, target = pathlib.Path(folder) / "probe.s", pathlib.Path(folder) / "probe.o"
            source.write_text(PROBE)
            done = tree.run(["as", source, "-o", target])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(vector_registers.wide_functions(target, ""), {"clean": False, "late": True, "half": True})


if __name__ == "__main__":
    unittest.main()
