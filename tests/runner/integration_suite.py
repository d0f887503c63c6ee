# SPDX-License-Identifier: Apache-2.0
"""Runs tests/integration, tests/scripts and tests/oracle in a process of its own, which reports each test as it ends, with a limit for each."""

import os
import signal
import sys
import time
import unittest
from pathlib import Path

from .results import Results

_TEST_LIMIT_S = 240
_LONG_TEST_LIMIT_S = 900


class TestTimeout(Exception):
    """A test did not end in time."""


class _Reporter(unittest.TestResult):
    def __init__(self, results, label):
        super().__init__()
        self.results = results
        self.label = label
        self.began = 0.0
        self.problem = None

    def startTest(self, test):  # noqa: N802  (unittest's name)
        super().startTest(test)
        self.began = time.monotonic()
        self.problem = ("passed", "")
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(_limit_s())

    def stopTest(self, test):  # noqa: N802
        signal.alarm(0)
        status, detail = self.problem
        self.results.add(self.label + _name(test), status, time.monotonic() - self.began, detail)
        super().stopTest(test)

    def addFailure(self, test, err):  # noqa: N802
        super().addFailure(test, err)
        self.problem = ("failed", self._exc_info_to_string(err, test) + _context(test))

    def addError(self, test, err):  # noqa: N802
        super().addError(test, err)
        detail = self._exc_info_to_string(err, test) + _context(test)
        if self.problem is None:
            self.results.add(self.label + str(test), "failed", 0, detail)
        self.problem = ("failed", detail)

    def addSkip(self, test, reason):  # noqa: N802
        super().addSkip(test, reason)
        self.problem = ("skipped", reason)

    def addSubTest(self, test, subtest, err):  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.problem = ("failed", self._exc_info_to_string(err, test))


def _limit_s():
    return _LONG_TEST_LIMIT_S if os.environ["DIALPLANE_LONG"] else _TEST_LIMIT_S


def _too_long(_number, _frame):
    raise TestTimeout(f"no end after {_limit_s()} s")


def _context(test):
    """What the test has to say about the state of its bench; benches are still open here."""
    try:
        return test.context()
    except Exception:  # the report of a failure must not fail
        return ""


def _name(test):
    text = test.shortDescription() or test.id().split(".")[-1].replace("_", " ").removeprefix("test ")
    return f"{test.__class__.__name__}: {text}"


def _each(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _each(item)
        else:
            yield item


def _wanted(test, quick, sanitized):
    method = getattr(test, test._testMethodName, None)
    if sanitized:
        return getattr(method, "also_sanitized", False)
    return not (quick and getattr(method, "slow", False))


def run_integration(results, repository, quick=False, build=None, only="", long_run=False):
    """`build`: another build than build/release; then only the tests marked for it. `long_run`: full loads (support.is_long)."""
    os.environ["DIALPLANE_LONG"] = "1" if long_run else ""
    os.environ["DIALPLANE_BUILD"] = str(build or os.environ.get("DIALPLANE_BUILD") or repository / "build" / "release")
    label = f"{Path(os.environ['DIALPLANE_BUILD']).name} " if build else ""
    tests = repository / "tests"
    if str(tests) not in sys.path:
        sys.path.insert(0, str(tests))
    suite = unittest.TestSuite([unittest.TestLoader().discover(str(tests / "integration"), top_level_dir=str(tests))])
    if build is None:
        suite.addTest(unittest.TestLoader().discover(str(tests / "scripts")))
        suite.addTest(unittest.TestLoader().discover(str(tests / "oracle"), top_level_dir=str(tests)))
    chosen = unittest.TestSuite(t for t in _each(suite) if _wanted(t, quick, build is not None) and only in t.id())
    chosen.run(_Reporter(results, label))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def main():
    """One test by name, for the person who works on it: python3 -m runner.integration_suite [--long] NAME"""
    names = [argument for argument in sys.argv[1:] if argument != "--long"]
    results = Results()
    run_integration(results, Path(__file__).resolve().parent.parent.parent, only=names[0] if names else "",
                    long_run="--long" in sys.argv)
    print(results.last_line())
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
