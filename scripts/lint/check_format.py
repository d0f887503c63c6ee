#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-format has nothing to change."""

import subprocess

from tree import files, finish, relative


def main():
    paths = files(".cpp", ".hpp", under="src") + files(".hpp", under="include") + files(".cpp", ".hpp", under="tests") \
        + files(".cpp", ".hpp", under="perf")
    result = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *map(str, paths)], capture_output=True, text=True,
                            check=False)
    wrong = sorted({line.split(":")[0] for line in result.stderr.splitlines() if ": error:" in line})
    found = [f"{relative(path)}: run clang-format-14 -i on it" for path in wrong]
    if result.returncode != 0 and not found:
        found = [result.stderr[:2000]]
    finish(found, len(paths), "files")


if __name__ == "__main__":
    main()
