# SPDX-License-Identifier: Apache-2.0
"""Counts tests and prints one line each; the last line of a run comes from here."""

import time


class Results:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, name, status, seconds, detail="", quiet=False):
        """`status`: passed, failed or skipped; `quiet` prints nothing for a pass."""
        if status == "passed":
            self.passed += 1
        elif status == "skipped":
            self.skipped.append(name)
        else:
            self.failed.append(name)
        if quiet and status == "passed":
            return
        mark = {"passed": "ok", "skipped": "skip"}.get(status, "FAIL")
        note = f"  ({detail})" if status == "skipped" and detail else ""
        print(f"  {mark:4} {seconds:7.1f} s  {name}{note}", flush=True)
        if status == "failed" and detail:
            print("\n".join(f"       | {line}" for line in detail.rstrip().splitlines()[-60:]), flush=True)

    def last_line(self):
        text = f"{self.passed} passed, {len(self.failed)} failed"
        return text + (f", {len(self.skipped)} skipped" if self.skipped else "")


class Stopwatch:
    def __init__(self):
        self.began = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self.began
