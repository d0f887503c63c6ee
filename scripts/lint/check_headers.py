#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, with the compile arguments of its own folder."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from check_layers import module_of
from tree import REPOSITORY, build_dir, compile_database, files, finish, relative


def arguments_by_module(build):
    """Module → (directory, arguments) of one of its sources."""
    found = {}
    for source, entry in sorted(compile_database(build).items()):
        if not source.is_relative_to(REPOSITORY / "src"):
            continue
        found.setdefault(module_of(source), entry)
    return found


def compile_alone(header, entry):
    directory, arguments = entry
    arguments = [a for a in arguments if not a.startswith("-fsanitize")]
    result = subprocess.run(["g++", *arguments, "-fsyntax-only", "-include", str(header), "-x", "c++", "/dev/null"],
                            cwd=directory, capture_output=True, text=True, check=False)
    return None if result.returncode == 0 else f"{relative(header)} does not compile alone:\n{result.stderr[:1500]}"


def main():
    build = build_dir()
    modules = arguments_by_module(build)
    headers = [h for h in files(".hpp", ".h", under="include") + files(".hpp", ".h", under="src") if module_of(h)]
    if not modules:
        sys.exit("no compile database: run scripts/build")
    fallback = modules.get("app") or next(iter(modules.values()))
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda h: compile_alone(h, modules.get(module_of(h), fallback)), headers)
        finish([r for r in results if r], len(headers), "headers")


if __name__ == "__main__":
    main()
