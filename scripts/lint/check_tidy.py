#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy, with the checks of .clang-tidy, over every source under src/ (or those named)."""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tree import REPOSITORY, build_dir, compile_database, finish

# Options of g++ that clang refuses.
_GCC_ONLY = re.compile(r" '?-mmemset-strategy=[^ ']+'?")
_FINDING = re.compile(r"^(/[^:]+:\d+:\d+: (?:error|warning): .*)$", re.M)


def tidy(source, database):
    result = subprocess.run(
        ["clang-tidy-14", "-p", database, "--quiet", "--extra-arg=-Wno-unknown-warning-option",
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
    with tempfile.TemporaryDirectory() as database, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        commands = (build / "compile_commands.json").read_text()
        Path(database, "compile_commands.json").write_text(_GCC_ONLY.sub("", commands))
        found = pool.map(lambda s: tidy(s, database), sources)
        findings = sorted({f.replace(str(REPOSITORY) + "/", "") for some in found for f in some})
    finish(findings, len(sources), "sources")


if __name__ == "__main__":
    main()
