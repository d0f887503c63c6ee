#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""shellcheck on every shell script; Python files compile."""

import ast
import subprocess

from tree import REPOSITORY, files, finish, relative, scripts


def main():
    shell = [p for p in scripts() if p.suffix == ".sh" or b"bash" in p.read_bytes()[:40] or b"/sh" in p.read_bytes()[:40]]
    result = subprocess.run(["shellcheck", "-x", "-f", "gcc", *map(relative, shell)], cwd=REPOSITORY,
                            capture_output=True, text=True, check=False)
    found = result.stdout.splitlines()
    if result.returncode != 0 and not found:
        found = [result.stderr]
    python = files(".py")
    for path in python:
        try:
            ast.parse(path.read_text(), str(path))
        except SyntaxError as error:
            found.append(f"{relative(path)}: {error}")
    finish(found, len(shell) + len(python), "scripts")


if __name__ == "__main__":
    main()
