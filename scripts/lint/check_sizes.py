#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No source file over 600 lines: beyond that it owns more than one thing."""

from tree import files, finish, relative, scripts

MAX_LINES = 600
# File → why it may be longer.
EXEMPT = {}


def main():
    found, checked = [], 0
    for path in sorted({*files(".cpp", ".hpp", ".h", ".def", ".py", "meson.build"), *scripts()}):
        lines = path.read_bytes().count(b"\n")
        checked += 1
        if lines > MAX_LINES and relative(path) not in EXEMPT:
            found.append(f"{relative(path)}: {lines} lines, the limit is {MAX_LINES}")
    finish(found, checked, "files")


if __name__ == "__main__":
    main()
