#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Include directions: nothing includes upward, and outside libraries stay where they belong."""

import re

from tree import REPOSITORY, files, finish, relative

# The allowed edges. A folder may always include itself; anything absent is forbidden.
MAY_INCLUDE = {
    "base": set(),
    "net": {"base"},
    "sip": {"base"},
    "stats": {"base"},
    "config": {"base", "sip"},
    "balance": {"base", "sip"},
    "admit": {"base", "sip"},
    "snapshot": {"base", "config", "balance", "admit", "sip", "stats"},
    "pipeline": {"base", "net", "sip", "stats", "config", "balance", "admit", "snapshot"},
    "dpdk": {"base", "net", "stats", "config", "snapshot", "pipeline"},
    "control": {"base", "net", "sip", "stats", "config", "balance", "admit", "snapshot", "pipeline"},
    "ctl": {"base"},
    "app": {"base", "net", "sip", "stats", "config", "balance", "admit", "snapshot", "pipeline", "dpdk", "control"},
}

# Single headers that may be used across an edge that is not in the table, and by whom.
ALSO = {
    # Tables look alike whether the daemon (words on its socket) or the client prints them, and JSON is what they say.
    "dialplane/control/json.hpp": {"ctl"},
    "dialplane/control/text_table.hpp": {"ctl"},
}

# Outside header → the folders under src/ that may use it.
ONLY_IN = (
    (re.compile(r"^rte_"), {"dpdk"}),
    (re.compile(r"^(hs|ch)(_\w+)?\.h$|^hs/"), {"admit"}),
    (re.compile(r"^jemalloc/"), {"control", "app"}),
    (re.compile(r"^libmnl/"), {"control"}),
    (re.compile(r"^(toml\+\+|toml)/|^toml\.hpp$"), {"config"}),
    (re.compile(r"^httplib\.h$"), {"control"}),
    (re.compile(r"^(spdlog)/"), {"dpdk", "control", "app"}),
    (re.compile(r"^CLI/"), {"app", "ctl"}),
    (re.compile(r"^nlohmann/"), {"control"}),
)

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def module_of(path):
    parts = relative(path).split("/")
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ["include", "dialplane"] and len(parts) > 3:
        return parts[2]
    return None


def homes(path, module):
    """Where a header in quotes may lie: beside its user, or at the top of the user's folder."""
    return [path.parent, REPOSITORY / "src" / module]


def problems_of(path, module):
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = _INCLUDE.match(line)
        if not match:
            continue
        quote, name = match.groups()
        where = f"{relative(path)}:{number}: {name}"
        if name.startswith("dialplane/"):
            target = name.split("/")[1]
            if target != module and target not in MAY_INCLUDE[module] and module not in ALSO.get(name, ()):
                found.append(f"{where}: {module} may not include {target}")
        elif quote == '"' and not any((folder / name).exists() for folder in homes(path, module)):
            found.append(f"{where}: a header in quotes lies in its user's folder or under include/dialplane")
        elif name.startswith("../"):
            found.append(f"{where}: no way into another folder; move the header to include/dialplane")
        for pattern, allowed in ONLY_IN:
            if pattern.search(name) and module not in allowed:
                found.append(f"{where}: only in src/{', src/'.join(sorted(allowed))}")
    return found


def main():
    found, checked = [], 0
    for path in files(".cpp", ".hpp", ".h", ".def", under="src") + files(".cpp", ".hpp", ".h", ".def", under="include"):
        module = module_of(path)
        if module is None:
            continue
        if module not in MAY_INCLUDE:
            found.append(f"{relative(path)}: folder {module} is not in the table of layers")
            continue
        checked += 1
        found += problems_of(path, module)
    finish(found, checked, "files")


if __name__ == "__main__":
    main()
