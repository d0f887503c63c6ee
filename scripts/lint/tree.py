# SPDX-License-Identifier: Apache-2.0
"""The files of the repository, for the lint checks: what lies in the tree without build folders and data."""

import json
import os
import shlex
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
_SKIPPED = {".git", "build", "__pycache__", "subprojects"}


def build_dir():
    """The build the checks read; DIALPLANE_BUILD names another."""
    return Path(os.environ.get("DIALPLANE_BUILD", REPOSITORY / "build" / "release")).resolve()


def files(*suffixes, under=""):
    """Every file whose name ends in one of `suffixes` (all if none), sorted."""
    found = []
    for folder, folders, names in os.walk(REPOSITORY / under):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED)
        found += [Path(folder) / name for name in sorted(names) if not suffixes or name.endswith(suffixes)]
    return found


def relative(path):
    return str(Path(path).relative_to(REPOSITORY))


def scripts():
    """Files without a suffix that begin with #!, and *.sh."""
    found = []
    for path in files():
        if path.suffix == ".sh" or (not path.suffix and not path.is_symlink() and starts_with(path, b"#!")):
            found.append(path)
    return found


def starts_with(path, prefix):
    with open(path, "rb") as file:
        return file.read(len(prefix)) == prefix


def is_text(path):
    with open(path, "rb") as file:
        return b"\0" not in file.read(8192)


def compile_database(build):
    """Source path → compile arguments without compiler, input and output."""
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = (Path(entry["directory"]) / entry["file"]).resolve()
        arguments, skip = [], False
        words = shlex.split(entry["command"])
        # Meson puts ccache before the compiler where it is installed.
        for word in words[2 if Path(words[0]).name == "ccache" else 1:]:
            if skip:
                skip = False
            elif word in ("-o", "-MF", "-MQ"):
                skip = True
            elif word not in ("-c", "-MD", entry["file"]):
                arguments.append(word)
        entries[source] = (entry["directory"], arguments)
    return entries


def finish(problems, checked, what):
    """Prints the problems and ends the check."""
    for problem in problems:
        print(problem)
    print(f"{checked} {what} checked, {len(problems)} problems")
    sys.exit(1 if problems or not checked else 0)
