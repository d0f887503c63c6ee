#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy, with the checks of .clang-tidy, over every source under src/ (or those named)."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tree import REPOSITORY, build_dir, compile_database, finish

_FINDING = re.compile(r"^(/[^:]+:\d+:\d+: (?:error|warning): .*)$", re.M)


def tidy(source, build):
    result = subprocess.run(
        ["clang-tidy-14", "-p", str(build), "--quiet", "--extra-arg=-Wno-unknown-warning-option",
         "--extra-arg=-Wno-error", str(source)], capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return []
    return _FINDING.findall(result.stdout) or [f"{source}: {result.stdout[-800:]}{result.stderr[-800:]}"]


def main():
    build = build_dir()
    chosen = [Path(argument).resolve() for argument in sys.argv[1:]]
    sources = sorted(s for s in compile_database(build) if s.is_relative_to(REPOSITORY / "src")
                     and (not chosen or s in chosen))
    # The largest first, so that no worker is left with one at the end.
    sources.sort(key=lambda s: -s.stat().st_size)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        findings = sorted({f.replace(str(REPOSITORY) + "/", "") for found in pool.map(lambda s: tidy(s, build), sources)
                           for f in found})
    finish(findings, len(sources), "sources")


if __name__ == "__main__":
    main()
