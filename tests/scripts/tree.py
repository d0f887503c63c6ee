# SPDX-License-Identifier: Apache-2.0
"""Fake sysfs trees for the host-preparation scripts, and a way to compare a tree byte for byte."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def picture(folder):
    """Every path below folder with its kind and content, so that two pictures differ if anything does."""
    entries = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            entries[name] = ("link", os.readlink(path))
        elif path.is_dir():
            entries[name] = ("folder", path.stat().st_mode)
        elif path.is_file():
            entries[name] = ("file", path.stat().st_mode, path.read_bytes())
        else:
            entries[name] = ("other",)
    return entries


def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def run(command, **keywords):
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=30, check=False, **keywords
    )
