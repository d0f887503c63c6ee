# SPDX-License-Identifier: Apache-2.0
"""perf/micro/run: what reading one message costs, by kernel, beside other parsers on the same messages."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from harness.errors import BenchError
from harness.process import run

from perf.harness import machine

from . import report

_QUICK = (5, 0.05)
_FULL = (15, 0.2)
_CPU = 1


def _arguments():
    parser = argparse.ArgumentParser(
        prog="perf/micro/run", allow_abbrev=False,
        description="Runs dialplane-micro: every kernel, libosip2, Sofia-SIP and Kamailio's parser in turns on the same "
        "messages, in random order, many times. Shown are medians of CPU time, so that time taken by other processes "
        "does not count, and ratios of medians of this run.")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK[0]} repetitions of {_QUICK[1]:g} s instead of "
                        f"{_FULL[0]} of {_FULL[1]:g} s")
    parser.add_argument("--filter", metavar="REGEX", help="only benchmarks whose name matches, as scan_hash:avx2/hot")
    parser.add_argument("--json", metavar="FILE", help="write everything measured into FILE")
    parser.add_argument("--build", metavar="DIR", help="where perf/micro/dialplane-micro lies (default: build/release)")
    parser.add_argument("--check-arguments", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(program, arguments):
    repetitions, seconds = _QUICK if arguments.quick else _FULL
    command = [str(program), f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={seconds}",
               "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"]
    if arguments.filter:
        command.append(f"--benchmark_filter={arguments.filter}")
    steal, load = machine.steal_s(_CPU), machine.load_average()
    found = json.loads(run(command, timeout_s=1800).stdout)
    about = {"cpu": machine.cpuinfo("model name"), "tsc_ghz": round(machine.tsc_ghz(), 3),
             "date": found["context"]["date"], "load_average_before": load,
             "load_average_after": machine.load_average(),
             "steal_seconds": round(machine.steal_s(_CPU) - steal, 2), "repetitions": repetitions,
             "seconds_each": seconds,
             "corpora": {key.removeprefix("corpus_"): text for key, text in found["context"].items()
                         if key.startswith("corpus_")}}
    return about, found["benchmarks"]


def main():
    arguments = _arguments()
    if arguments.check_arguments:
        return 0
    build = Path(arguments.build or os.environ.get("DIALPLANE_BUILD", "build/release"))
    os.sched_setaffinity(0, {min(_CPU, (os.cpu_count() or 1) - 1)})
    began = time.monotonic()
    about, runs = _measure(build.resolve() / "perf" / "micro" / "dialplane-micro", arguments)
    result = report.summarise(about, runs)
    report.print_all(result, time.monotonic() - began, sys.stdout)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")
    return 1 if result["void"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as failure:
        print(f"perf/micro/run: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
