# SPDX-License-Identifier: Apache-2.0
"""The machine of a run: what it is, how busy it was, and its huge pages while the run lasts."""

import hashlib
import os
import platform
import time
from pathlib import Path

from harness.daemon import REPOSITORY
from harness.errors import BenchError
from harness.process import run

_PAGES = 512
_COUNT = Path("/sys/kernel/mm/hugepages/hugepages-2048kB")


class HugePages:
    """Pages for both programs; afterwards there are as many as before."""

    def __init__(self):
        self.previous = None
        self.mode = "none"
        self.reason = ""

    def __enter__(self):
        try:
            free = int((_COUNT / "free_hugepages").read_text())
            total = int((_COUNT / "nr_hugepages").read_text())
            if free < _PAGES:
                run([REPOSITORY / "scripts" / "hugepages", "reserve", total - free + _PAGES])
                self.previous = total
            self.mode = "hugepages"
        except (OSError, BenchError) as error:
            self.reason = str(error).strip().splitlines()[-1]
        return self

    def __exit__(self, *_):
        if self.previous is not None:
            words = ["reserve", self.previous] if self.previous else ["release"]
            run([REPOSITORY / "scripts" / "hugepages", *words], check=False)


def cpuinfo(field):
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(field):
            return line.split(":", 1)[1].strip()
    return ""


def tsc_ghz():
    """Frequency of the time-stamp counter: the kernel derives its BogoMIPS from it, two for each cycle."""
    return float(cpuinfo("bogomips")) / 2000


def load_average():
    return [round(value, 2) for value in os.getloadavg()]


def steal_s(cpu):
    """Time the hypervisor has given to others while this CPU had work."""
    for line in Path("/proc/stat").read_text().splitlines():
        words = line.split()
        if words[0] == f"cpu{cpu}":
            return int(words[8]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def describe(pages, program):
    """What stands beside every figure. The commit is the source tree's; the digest says which program was measured."""
    commit = run(["git", "-C", REPOSITORY, "-c", f"safe.directory={REPOSITORY}", "describe", "--always", "--dirty"],
                 check=False).stdout.strip() if (REPOSITORY / ".git").exists() else ""
    described = {"cpu": cpuinfo("model name"), "cores": os.cpu_count(), "tsc_ghz": round(tsc_ghz(), 3),
                 "kernel": platform.release(), "memory": pages.mode, "source_commit": commit,
                 "dialplane": run([program, "--version"]).stdout.strip(),
                 "dialplane_sha256": hashlib.sha256(program.read_bytes()).hexdigest(),
                 "date": time.strftime("%Y-%m-%d %H:%M:%S %z"), "load_average_before": load_average()}
    if pages.reason:
        described["memory_reason"] = pages.reason
    return described
