# SPDX-License-Identifier: Apache-2.0
"""Replays the corpus of every fuzz target, and with --long fuzzes each for a while; a target counts as one test."""

import subprocess

from .results import Stopwatch

_LONG_S = 120
_TIMEOUT_S = 300


def run_fuzz(results, repository, long_run=False):
    build = repository / "build" / "fuzz"
    targets = sorted(p for p in build.rglob("fuzz_*") if p.is_file() and p.stat().st_mode & 0o100) if build.exists() else []
    for target in targets:
        corpus = repository / "tests" / "fuzz" / "corpus" / target.name.removeprefix("fuzz_")
        found = build / "found" / target.name
        found.mkdir(parents=True, exist_ok=True)
        limits = [f"-max_total_time={_LONG_S}"] if long_run else ["-runs=20000"]
        command = [target, *limits, "-timeout=5", f"-artifact_prefix={found}/", found]
        command += [corpus] if corpus.exists() else []
        watch = Stopwatch()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
            status, detail = ("failed" if done.returncode else "passed"), done.stderr[-4000:]
        except subprocess.TimeoutExpired:
            status, detail = "failed", f"no end after {_TIMEOUT_S} s"
        results.add(f"fuzz: {target.name}", status, watch.seconds, detail)
