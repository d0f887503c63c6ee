#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source begins with its licence line, and no file names a machine or a package server of its author's."""

import re

from tree import files, finish, is_text, relative, scripts

SPDX = "SPDX-License-Identifier: Apache-2.0"
# Put together from pieces so that this file passes its own check.
FOREIGN = [
    (re.compile(r"(?<![\w.-])/" + r"work(?![\w-])"), "a path of one machine"),
    (re.compile(r"(?<![\w.-])/(home|Users)/(?!USER|\$)[a-z]\w*"), "somebody's home folder"),
    (re.compile("|".join(("deb\\.deb" + "ian\\.org", "py" + "pi\\.org", "npm" + "js\\.", "crates" + "\\.io",
                          "arti" + "factory", "proxy\\.go" + "lang"))), "a package server"),
]
_DATA = (".pcap", ".pcapng", ".dat", ".bin", ".case", ".sip", ".txt", ".json")


def main():
    found, checked = [], 0
    sources = {*files(".cpp", ".hpp", ".h", ".def", ".py", ".xml"), *scripts()}
    for path in sorted(files()):
        if path.is_symlink() or not is_text(path):
            continue
        text = path.read_text(errors="replace")
        checked += 1
        if path in sources and not (path.name == "__init__.py" and not text) \
                and SPDX not in "\n".join(text.split("\n")[:3]) and path.suffix != ".def":
            found.append(f"{relative(path)}: the first lines lack '{SPDX}'")
        if path.suffix in _DATA:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            found += [f"{relative(path)}:{number}: names {what}" for pattern, what in FOREIGN if pattern.search(line)]
    finish(found, checked, "files")


if __name__ == "__main__":
    main()
