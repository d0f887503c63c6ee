# SPDX-License-Identifier: Apache-2.0
"""Runs every scripts/lint/check_*.py; each counts as one test."""

import subprocess
import sys

from .results import Stopwatch

_TIMEOUT_S = 600
# Needs minutes, on a slow machine ten; left out by --quick.
_SLOW = {"check_tidy"}
_SLOW_TIMEOUT_S = 1200


def run_lint(results, repository, quick=False):
    for check in sorted((repository / "scripts" / "lint").glob("check_*.py")):
        name = f"lint: {check.stem.removeprefix('check_')}"
        if quick and check.stem in _SLOW:
            results.add(name, "skipped", 0, "--quick")
            continue
        watch = Stopwatch()
        timeout_s = _SLOW_TIMEOUT_S if check.stem in _SLOW else _TIMEOUT_S
        try:
            done = subprocess.run([sys.executable, check], capture_output=True, text=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            results.add(name, "failed", watch.seconds, f"no end after {timeout_s} s")
            continue
        results.add(name, "failed" if done.returncode else "passed", watch.seconds, done.stdout + done.stderr)
