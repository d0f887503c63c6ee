#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generated pages equal what the program prints now."""

import subprocess
import sys

from tree import REPOSITORY, build_dir, finish

# Page → the command that prints it.
PAGES = {
    "docs/configuration.md": ["dialplane", "--print-reference"],
    "docs/metrics.md": ["dialplane", "--print-metrics"],
}


def main():
    found = []
    for page, (program, *arguments) in PAGES.items():
        binary = build_dir() / program
        if not binary.exists():
            sys.exit(f"{binary} is missing: run scripts/build")
        printed = subprocess.run([binary, *arguments], capture_output=True, text=True, check=False, timeout=30)
        if printed.returncode != 0:
            found.append(f"{program} {' '.join(arguments)} ended with {printed.returncode}: {printed.stderr[:300]}")
            continue
        path = REPOSITORY / page
        if not path.exists() or path.read_text() != printed.stdout:
            found.append(f"{page} is out of date: build/release/{program} {' '.join(arguments)} > {page}")
    finish(found, len(PAGES), "pages")


if __name__ == "__main__":
    main()
