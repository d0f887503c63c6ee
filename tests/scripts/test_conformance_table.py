# SPDX-License-Identifier: Apache-2.0
"""docs/sip-conformance.md against the tests it names: none is missing, and every parser rule has its own."""

import re
import unittest

import tree

TABLE = tree.ROOT / "docs" / "sip-conformance.md"
RULES = [f"{letter}{number}" for letter, last in (("F", 10), ("H", 15), ("V", 10)) for number in range(1, last + 1)]


def gtest_names():
    names = set()
    folders = [tree.ROOT / "tests" / "unit", tree.ROOT / "tests" / "golden"]
    for path in sorted(path for folder in folders for path in folder.rglob("*_test.cpp")):
        for suite, name in re.findall(r"^TEST(?:_F)?\(\s*(\w+),\s*(\w+)\)", path.read_text(), re.MULTILINE):
            names.add(f"{suite}.{name}")
    return names


def python_names():
    names = set()
    for path in sorted((tree.ROOT / "tests" / "integration").glob("test_*.py")):
        suite = ""
        for line in path.read_text().splitlines():
            if match := re.match(r"class (\w+)", line):
                suite = match.group(1)
            if match := re.match(r"\s+def (test_\w+)", line):
                names.add(f"{suite}.{match.group(1)}")
    return names


def rows():
    """Rule id → its last cell, from every table of the document."""
    found = {}
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and re.match(r"[A-Z]\d", cells[0]):
            found[cells[0]] = cells[3]
    return found


class ConformanceTable(unittest.TestCase):
    def test_every_named_test_exists(self):
        known = gtest_names() | python_names()
        cases = {path.name for path in (tree.ROOT / "tests" / "golden" / "cases").glob("*.case")}
        named = 0
        for rule, cell in rows().items():
            for name in re.findall(r"`(\w+\.\w+\*?)`", cell):
                found = name in known or (name.endswith("*") and any(k.startswith(name[:-1]) for k in known))
                self.assertTrue(found, f"{rule}: no test {name}")
                named += 1
            for name in re.findall(r"[\w-]+\.case", cell):
                # "every `-forwarded.case`"
                self.assertTrue(any(case == name or name.startswith("-") and case.endswith(name) for case in cases),
                                f"{rule}: no case {name}")
                named += 1
        self.assertGreater(named, 100)

    def test_every_parser_rule_has_a_test_of_its_name(self):
        table, known = rows(), gtest_names()
        for rule in RULES:
            self.assertIn(f"`Conformance.{rule}_*`", table.get(rule, ""), rule)
            self.assertTrue(any(name.startswith(f"Conformance.{rule}_") for name in known), rule)

    def test_every_conformance_test_names_a_rule_of_the_table(self):
        table = rows()
        for name in gtest_names():
            if name.startswith("Conformance."):
                self.assertIn(name.split(".")[1].split("_")[0], table, name)


if __name__ == "__main__":
    unittest.main()
