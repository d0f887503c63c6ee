# SPDX-License-Identifier: Apache-2.0
"""What scripts/test runs once everything is installed and built."""

import argparse
import signal
import sys
from pathlib import Path

from .fuzz_suite import run_fuzz
from .integration_suite import run_integration
from .lint_suite import run_lint
from .meson_suites import run_suites
from .results import Results, Stopwatch

SUITES = ("unit", "golden", "integration", "fuzz", "lint")
REPOSITORY = Path(__file__).resolve().parent.parent.parent


def run_all(args, results):
    chosen = args.suite or SUITES
    builds = [REPOSITORY / "build" / "release"]
    if not args.quick:
        builds.append(REPOSITORY / "build" / "asan")
    # The cheap ones first: a mistake shows early.
    tested = [suite for suite in ("unit", "golden") if suite in chosen]
    if tested:
        for build in builds:
            _title(f"{' and '.join(tested)} ({build.name})")
            run_suites(results, build, tested)
    if "unit" in chosen and not args.quick:
        _title("races (tsan)")
        # At a fixed address: ThreadSanitizer's map of the memory does not fit every layout.
        run_suites(results, REPOSITORY / "build" / "tsan", ["races"], ("setarch", "-R"), args.long)
    if "lint" in chosen:
        _title("lint")
        run_lint(results, REPOSITORY, args.quick)
    if "fuzz" in chosen:
        _title("fuzz")
        run_fuzz(results, REPOSITORY, args.long)
    if "integration" in chosen:
        _title("integration")
        run_integration(results, REPOSITORY, args.quick, long_run=args.long)
        if not args.quick:
            _title("integration (asan)")
            run_integration(results, REPOSITORY, build=REPOSITORY / "build" / "asan", long_run=args.long)


def _title(text):
    print(f"\n{text}", flush=True)


def _end_on_signal(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__)
    parser.add_argument("--suite", action="append", choices=SUITES, help="only this suite; may be repeated")
    parser.add_argument("--quick", action="store_true", help="release build only, without what takes minutes")
    parser.add_argument("--long", action="store_true", help="fuzz longer, load tests in full")
    args = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end_on_signal)
    results, watch = Results(), Stopwatch()
    try:
        run_all(args, results)
    except KeyboardInterrupt:
        results.add("interrupted", "failed", watch.seconds)
    print(f"\n{watch.seconds / 60:.1f} minutes")
    for name in results.failed:
        print(f"  failed: {name}")
    print(results.last_line())
    return 0 if not results.failed and results.passed else 1


if __name__ == "__main__":
    sys.exit(main())
