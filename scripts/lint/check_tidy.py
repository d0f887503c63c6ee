#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy, with the checks of .clang-tidy, over every source under src/ (or those named).

Most of its time goes to headers, which sources share. So some sources of a folder are read as one, and each alone only if
something is found in them, be it that two of them use one name.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tree import REPOSITORY, build_dir, compile_database, finish

_TOGETHER = 6
# Options of g++ that clang refuses.
_GCC_ONLY = re.compile(r" '?-mmemset-strategy=[^ ']+'?")
# The analyzer gives up on a function at 225 000 states by default, which it reaches in every function that formats a
# string; at 40 000 it takes half the time.
_OPTIONS = ["--quiet", f"--config-file={REPOSITORY / '.clang-tidy'}", "--extra-arg=-Wno-unknown-warning-option",
            "--extra-arg=-Wno-error", "--extra-arg=-Xclang", "--extra-arg=-analyzer-config", "--extra-arg=-Xclang",
            "--extra-arg=max-nodes=40000"]
_FINDING = re.compile(r"^(/[^:]+:\d+:\d+: (?:error|warning): .*)$", re.M)


def tidy(source, database):
    result = subprocess.run(["clang-tidy-14", "-p", database, *_OPTIONS, str(source)], capture_output=True, text=True,
                            check=False)
    if result.returncode == 0:
        return []
    return _FINDING.findall(result.stdout) or [f"{source}: {result.stdout[-800:]}{result.stderr[-800:]}"]


def options_of(command):
    """Of a compile command, what sources of one library share."""
    words = iter(shlex.split(command))
    kept = []
    for word in words:
        if word in ("-c", "-o", "-MF", "-MQ"):
            next(words)
        else:
            kept.append(word)
    return tuple(kept)


def groups_of(sources, commands):
    """Sources of one folder with equal options, some at a time, the largest first."""
    alike = {}
    for source in sources:
        alike.setdefault((source.parent, options_of(commands[source]["command"])), []).append(source)
    groups = [found[at:at + _TOGETHER] for found in alike.values() for at in range(0, len(found), _TOGETHER)]
    return sorted(groups, key=lambda group: -sum(source.stat().st_size for source in group))


def write_together(group, commands, folder, number):
    """Writes a source that includes the group; returns it and its entry of the compile database."""
    together = folder / f"together_{number}.cpp"
    together.write_text("".join(f'#include "{source}"\n' for source in group))
    first = commands[group[0]]
    command = shlex.join([*options_of(first["command"]), "-I", str(group[0].parent), "-c", str(together)])
    return together, {"directory": first["directory"], "command": command, "file": str(together)}


def main():
    build = build_dir()
    chosen = [Path(argument).resolve() for argument in sys.argv[1:]]
    sources = sorted(s for s in compile_database(build) if s.is_relative_to(REPOSITORY / "src")
                     and (not chosen or s in chosen))
    entries = json.loads(_GCC_ONLY.sub("", (build / "compile_commands.json").read_text()))
    commands = {Path(entry["directory"], entry["file"]).resolve(): entry for entry in entries}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        groups = groups_of(sources, commands)
        written = [write_together(group, commands, Path(folder), i) for i, group in enumerate(groups)]
        Path(folder, "compile_commands.json").write_text(json.dumps(entries + [entry for _, entry in written]))
        together = pool.map(lambda pair: tidy(pair[0], folder), written)
        suspects = [source for group, found in zip(groups, together) if found for source in group]
        found = pool.map(lambda source: tidy(source, folder), suspects)
        findings = sorted({f.replace(str(REPOSITORY) + "/", "") for some in found for f in some})
    finish(findings, len(sources), f"sources ({len(suspects)} of them alone)")


if __name__ == "__main__":
    main()
