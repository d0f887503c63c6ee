# SPDX-License-Identifier: Apache-2.0
"""Runs every scripts/lint/check_*.py; each counts as one test."""

import subprocess
import sys

from .results import Stopwatch

_TIMEOUT_S = 600
# Needs minutes; left out by --quick.
_SLOW = {"check_tidy"}


def run_lint(results, repository, quick=False):
    for check in sorted((repository / "scripts" / "lint").glob("check_*.py")):
        name = f"lint: {check.stem.removeprefix('check_')}"
        if quick and check.stem in _SLOW:
            results.add(name, "skipped", 0, "--quick")
            continue
        watch = Stopwatch()
        try:
            done = subprocess.run([sys.executable, check], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            results.add(name, "failed", watch.seconds, f"no end after {_TIMEOUT_S} s")
            continue
        results.add(name, "failed" if done.returncode else "passed", watch.seconds, done.stdout + done.stderr)
