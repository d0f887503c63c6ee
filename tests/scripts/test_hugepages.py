# SPDX-License-Identifier: Apache-2.0
"""scripts/hugepages on fake sysfs trees, and for real when root."""

import os
import pathlib
import tempfile
import threading
import unittest

import tree

SCRIPT = tree.ROOT / "scripts" / "hugepages"
REAL = pathlib.Path("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages")


class FakeMachine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.sysfs = self.top / "sys"
        self.etc = self.top / "etc"
        self.etc.mkdir()

    def make_node(self, number, pages_2m=0, free_kb=4 * 1024 * 1024, with_1g=True):
        node = self.sysfs / f"devices/system/node/node{number}"
        for size in ["2048", "1048576"] if with_1g else ["2048"]:
            pages = pages_2m if size == "2048" else 0
            tree.write(node / f"hugepages/hugepages-{size}kB/nr_hugepages", f"{pages}\n")
            tree.write(node / f"hugepages/hugepages-{size}kB/free_hugepages", f"{pages}\n")
        tree.write(node / "meminfo", f"Node {number} MemTotal: 9999999 kB\nNode {number} MemFree: {free_kb} kB\n")

    def pages_file(self, number, size="2048"):
        return self.sysfs / f"devices/system/node/node{number}/hugepages/hugepages-{size}kB/nr_hugepages"

    def script(self, *words):
        return tree.run([SCRIPT, *words, "--sysfs", self.sysfs, "--etc", self.etc])

    def assert_refused(self, words, code, text):
        before = tree.picture(self.top)
        result = self.script(*words)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(tree.picture(self.top), before)


class Reserve(FakeMachine):
    def test_spreads_evenly_and_gives_the_odd_page_to_the_first_node(self):
        self.make_node(0)
        self.make_node(1)
        result = self.script("reserve", "7")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.pages_file(0).read_text(), "4\n")
        self.assertEqual(self.pages_file(1).read_text(), "3\n")
        self.assertIn("node 0: 4 pages of 2M (before: 0)", result.stdout)

    def test_one_node_leaves_the_other_alone(self):
        self.make_node(0, pages_2m=5)
        self.make_node(1)
        self.assertEqual(self.script("reserve", "9", "--node", "1").returncode, 0)
        self.assertEqual(self.pages_file(0).read_text(), "5\n")
        self.assertEqual(self.pages_file(1).read_text(), "9\n")

    def test_size_1g_writes_the_other_folder_and_names_the_kernel_command_line(self):
        self.make_node(0)
        result = self.script("reserve", "2", "--size", "1G", "--persistent")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.pages_file(0, "1048576").read_text(), "2\n")
        self.assertEqual(self.pages_file(0).read_text(), "0\n")
        self.assertIn("hugepagesz=1G hugepages=2", result.stdout)
        self.assertEqual(list(self.etc.rglob("*")), [])

    def test_persistent_on_one_node_writes_that_node_only(self):
        self.make_node(0)
        self.make_node(1)
        self.assertEqual(self.script("reserve", "6", "--node", "1", "--persistent").returncode, 0)
        lines = (self.etc / "tmpfiles.d/dialplane-hugepages.conf").read_text().splitlines()
        self.assertEqual(
            lines[1], "w /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages - - - - 6"
        )
        self.assertEqual(len(lines), 2)

    def test_fewer_pages_than_asked_puts_back_what_was_there(self):
        self.make_node(0, pages_2m=3)
        file = self.pages_file(0)
        file.unlink()
        os.mkfifo(file)
        written = []
        kernel = threading.Thread(target=self.play_kernel, args=(file, written), daemon=True)
        kernel.start()
        result = self.script("reserve", "100")
        kernel.join(timeout=10)
        self.assertFalse(kernel.is_alive())
        self.assertEqual(result.returncode, 1)
        self.assertIn("asked for 100 pages of 2M, the kernel gave 60", result.stderr)
        self.assertEqual(written, ["100", "3"])

    @staticmethod
    def play_kernel(file, written):
        """A kernel that has 3 pages and can give 60: read, write, read, write."""
        for answer in ["3", None, "60", None]:
            if answer is None:
                with open(file, encoding="ascii") as pipe:
                    written.append(pipe.read().strip())
            else:
                with open(file, "w", encoding="ascii") as pipe:
                    pipe.write(answer + "\n")


class Refusals(FakeMachine):
    def test_more_than_the_node_can_free(self):
        self.make_node(0, free_kb=1024 * 1024)
        self.assert_refused(["reserve", "600"], 1, "can free 1024 MiB at most")

    def test_second_node_too_small_leaves_the_first_untouched(self):
        self.make_node(0)
        self.make_node(1, free_kb=1024)
        self.assert_refused(["reserve", "100", "--persistent"], 1, "node 1 can free 1 MiB")

    def test_unknown_node(self):
        self.make_node(0)
        self.assert_refused(["reserve", "1", "--node", "4"], 1, "there is no NUMA node 4")

    def test_size_the_machine_does_not_offer(self):
        self.make_node(0, with_1g=False)
        self.assert_refused(["reserve", "1", "--size", "1G"], 1, "no 1G pages")

    def test_zero_is_no_number_of_pages(self):
        self.make_node(0)
        self.assert_refused(["reserve", "0"], 2, "not a number of pages")

    def test_arithmetic_in_the_number_is_not_evaluated(self):
        self.make_node(0)
        self.assert_refused(["reserve", "1+1"], 2, "not a number of pages")

    def test_other_size(self):
        self.make_node(0)
        self.assert_refused(["reserve", "1", "--size", "4K"], 2, "--size is 2M or 1G")

    def test_no_huge_pages_in_the_kernel(self):
        (self.sysfs / "devices/system/node/node0").mkdir(parents=True)
        self.assert_refused(["show"], 1, "no NUMA node with huge pages")

    def test_dry_run_changes_nothing(self):
        self.make_node(0)
        before = tree.picture(self.top)
        result = self.script("reserve", "4", "--persistent", "--dry-run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("would write 4 to", result.stdout)
        self.assertEqual(tree.picture(self.top), before)


class Release(FakeMachine):
    def test_puts_every_node_to_zero_and_removes_the_persistent_files(self):
        self.make_node(0)
        self.make_node(1)
        self.script("reserve", "8", "--node", "0", "--persistent")
        self.script("reserve", "8", "--persistent")
        result = self.script("release", "--persistent")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.pages_file(0).read_text(), "0\n")
        self.assertEqual(self.pages_file(1).read_text(), "0\n")
        self.assertEqual([path for path in self.etc.rglob("*") if path.is_file()], [])

    def test_without_persistent_keeps_the_files(self):
        self.make_node(0)
        self.script("reserve", "8", "--node", "0", "--persistent")
        self.assertEqual(self.script("release").returncode, 0)
        self.assertTrue((self.etc / "tmpfiles.d/dialplane-hugepages.conf").exists())


class Show(FakeMachine):
    def test_prints_total_free_and_used(self):
        self.make_node(0, pages_2m=10)
        tree.write(self.pages_file(0).parent / "free_hugepages", "4\n")
        row = self.script("show").stdout.splitlines()[1].split()
        self.assertEqual(row, ["0", "2M", "10", "4", "6"])


@unittest.skipUnless(os.geteuid() == 0 and REAL.exists(), "needs root and a kernel with 2M huge pages")
class RealMachine(unittest.TestCase):
    def test_reserves_and_gives_back(self):
        before = REAL.read_text().strip()
        self.addCleanup(REAL.write_text, before + "\n")
        wanted = str(int(before) + 4)
        result = tree.run([SCRIPT, "reserve", wanted, "--node", "0"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(REAL.read_text().strip(), wanted)
        back = ["release"] if before == "0" else ["reserve", before]
        result = tree.run([SCRIPT, *back, "--node", "0"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(REAL.read_text().strip(), before)


if __name__ == "__main__":
    unittest.main()
