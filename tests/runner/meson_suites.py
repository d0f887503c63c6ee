# SPDX-License-Identifier: Apache-2.0
"""Runs the unit and golden suites of one build by meson and counts every GoogleTest case."""

import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree

from .results import Stopwatch

_TIMEOUT_S = 600


def run_suites(results, build, suites, launcher=(), long_run=False):
    """`suites`: names as in tests/*/meson.build; `launcher`: what runs meson."""
    watch = Stopwatch()
    label = f"{build.name}: {' and '.join(suites)}"
    # Answers of an earlier run must not stand in for this one.
    logs = build / "meson-logs"
    for name in ("testlog.junit.xml", "testlog.json"):
        (logs / name).unlink(missing_ok=True)
    command = [*launcher, "meson", "test", "-C", str(build), "--no-rebuild", "--timeout-multiplier", "4"]
    for suite in suites:
        command += ["--suite", suite]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False,
                              env={**os.environ, "DIALPLANE_LONG": "1"} if long_run else None)
    except subprocess.TimeoutExpired as error:
        results.add(label, "failed", watch.seconds, f"no end after {_TIMEOUT_S} s\n{error.stdout or ''}")
        return
    programs = _programs(logs / "testlog.json")
    if not programs:
        results.add(label, "failed", watch.seconds, f"no test ran\n{done.stdout}{done.stderr}")
        return
    cases = _cases(logs / "testlog.junit.xml")
    for program in programs:
        _count(results, build.name, program, cases.get(program["name"].split(" / ")[-1], []))
    counted = sum(len(found) for found in cases.values())
    print(f"       {label}: {len(programs)} programs, {counted} cases, {watch.seconds:.1f} s", flush=True)


def _programs(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def _cases(path):
    """Test name → [(case, status, detail, seconds)]."""
    if not path.exists():
        return {}
    found = {}
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        # "project.project:suite / test.TestCase", as meson puts GoogleTest's suites under its own test's name.
        name = suite.get("name", "").split(" / ")[-1].split(".")[0]
        for case in suite.iter("testcase"):
            status, detail = "passed", ""
            failure = case.find("failure")
            if failure is None:
                failure = case.find("error")
            if failure is not None:
                status, detail = "failed", (failure.get("message") or "") + "\n" + (failure.text or "")
            elif case.find("skipped") is not None or case.get("status") == "notrun" or case.get("result") == "skipped":
                status = "skipped"
            entry = (f"{case.get('classname', '')}.{case.get('name', '')}", status, detail, float(case.get("time") or 0))
            found.setdefault(name, []).append(entry)
    return found


def _count(results, build, program, cases):
    """A program that failed without a failed case (a crash, a time-out, a sanitizer) counts as one failure more."""
    test = program["name"].split(" / ")[-1]
    for case, status, detail, seconds in cases:
        results.add(f"{build} {test}: {case}", status, seconds, detail, quiet=True)
    failed_cases = any(status == "failed" for _, status, _, _ in cases)
    outcome = program["result"]
    if outcome in ("OK", "EXPECTEDFAIL"):
        if not cases:
            results.add(f"{build} {test}", "passed", program.get("duration", 0), quiet=True)
    elif outcome == "SKIP":
        results.add(f"{build} {test}", "skipped", program.get("duration", 0))
    elif not failed_cases:
        results.add(f"{build} {test}: the program ({outcome})", "failed", program.get("duration", 0),
                    (program.get("stdout") or "") + (program.get("stderr") or ""))
