# SPDX-License-Identifier: Apache-2.0
"""perf/compare: interleaved trials of testpmd and dialplane on the same messages."""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from harness.daemon import build_dir
from harness.errors import BenchError
from harness.process import Supervisor

from . import figures, machine
from .cases import CASES, MESSAGES, write_corpus
from .subjects import MAIN_CPU, WORKER_CPU, Dialplane, Testpmd
from .window import MAX_LOST, measure

_QUICK = (7, 1.4)
_FULL = (11, 3.0)
# The daemon without its affinity table.
_STATELESS = "dialplane-stateless"


def _arguments():
    parser = argparse.ArgumentParser(
        prog="perf/compare", allow_abbrev=False,
        description="Measures testpmd (macswap) and dialplane side by side: one worker each on CPU 1, the same "
        "messages from a file, by turns. A ratio is dialplane's rate as a part of testpmd's in the same trial; the "
        "median of the trials is shown. Figures are per second of CPU time of the worker, so that time taken by other "
        "processes does not count.")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK[0]} trials of {_QUICK[1]:g} s instead of "
                        f"{_FULL[0]} of {_FULL[1]:g} s; under two minutes")
    parser.add_argument("--trials", type=int, metavar="N", help="trials of each case and program")
    parser.add_argument("--stateless", action="store_true", help="in the same trials also dialplane-stateless, the "
                        "same program without its affinity table; shown is what part of its rate dialplane keeps")
    parser.add_argument("--json", metavar="FILE", help="write everything measured into FILE")
    parser.add_argument("--build", metavar="DIR", help="where the programs lie (default: build/release)")
    parser.add_argument("--check-arguments", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.trials is not None and not 3 <= arguments.trials <= 1000:
        parser.error("--trials is 3 to 1000: fewer have no median")
    return arguments


class Comparison:
    """All trials of one run."""

    def __init__(self, build, directory, memory, seconds, stateless, out):
        self.build = build
        self.balancers = ["dialplane", *([_STATELESS] if stateless else [])]
        self.directory = directory
        self.memory = memory
        self.seconds = seconds
        self.out = out
        self.supervisor = Supervisor()
        self.corpora = {}
        self.windows = {case.name: {name: [] for name in ("testpmd", *self.balancers)} for case in CASES}
        self.stages = {case.name: [] for case in CASES}
        self.last = {}
        self.dpdk_version = ""

    def prepare(self):
        for case in CASES:
            self.corpora[case.name], said = write_corpus(self.build / "dialplane-gen", case, self.directory)
            print(f"  {case.name}: {said}", file=self.out)

    def trial(self, case):
        corpus, kept = self.corpora[case.name], self.windows[case.name]
        testpmd = Testpmd(self.supervisor, corpus, self.memory, self.directory)
        self.dpdk_version = testpmd.version
        testpmd.pause()
        subjects = [testpmd]
        for name in self.balancers:
            subjects.append(Dialplane(self.supervisor, self.program(name), case, corpus, self.memory, self.directory))
            subjects[-1].pause()
        dialplane = subjects[1]
        for subject, window in zip(subjects, measure(subjects, self.seconds)):
            kept[subject.name].append(window)
        dialplane.resume()
        counts = dialplane.counts()
        self.stages[case.name].append(dialplane.stages())
        self.last[case.name] = {"port_losses": dialplane.port_losses(), "refusals": dialplane.refusals(),
                                "reasons": counts["reasons"], "terminals": counts["terminals"]}
        for subject in reversed(subjects):
            subject.stop()

    def program(self, name):
        return self.build / ("perf/stateless" if name == _STATELESS else "") / name

    def result(self, case):
        kept, last = self.windows[case.name], self.last[case.name]
        ghz = machine.tsc_ghz()
        found = {"case": case.name, "key": case.ratio, "messages_in_corpus": MESSAGES,
                 **{name: figures.summary(windows, ghz) for name, windows in kept.items()}}
        trials = figures.ratios(kept["testpmd"], kept["dialplane"])
        found["trials"] = [round(value, 5) for value in trials]
        void = [f"{name} lost {found[name]['lost']} of {found[name]['messages']} messages"
                for name in kept if found[name]["lost"] > MAX_LOST * found[name]["messages"]]
        if last["port_losses"]:
            void.append(f"the port of dialplane lost {last['port_losses']} packets")
        if last["refusals"]:
            void.append(f"dialplane refused messages: {last['refusals']}")
        if void and last["reasons"]:
            void.append(f"drops: {last['reasons']}")
        found["void"] = "; ".join(void)
        found["ratio"] = None if void else round(median(trials), 5)
        found["spread"] = None if void else round(figures.spread(trials), 4)
        found["range"] = None if void else round(figures.full_range(trials), 4)
        if _STATELESS in kept and not void:
            found["kept"] = figures.of_trials(figures.ratios(kept[_STATELESS], kept["dialplane"]))
        found["terminals"] = {name: count for name, count in last["terminals"].items() if count}
        found["stages"] = figures.stages(self.stages[case.name])
        return found


def _measure_all(arguments, out):
    trials, seconds = _QUICK if arguments.quick else _FULL
    trials = arguments.trials or trials
    build = Path(arguments.build).resolve() if arguments.build else build_dir()
    if arguments.stateless and not (build / "perf" / "stateless" / _STATELESS).exists():
        raise BenchError(f"no perf/stateless/{_STATELESS} in {build}; run scripts/build")
    steal = machine.steal_s(WORKER_CPU)
    with machine.HugePages() as pages, tempfile.TemporaryDirectory(prefix="dp-compare-") as directory:
        about = machine.describe(pages, build / "dialplane")
        print(f"perf/compare: {about['cpu']}, {about['cores']} cores, kernel {about['kernel']}, memory {pages.mode}, "
              f"load {about['load_average_before'][0]:g}", file=out)
        comparison = Comparison(build, Path(directory), pages.mode, seconds, arguments.stateless, out)
        try:
            comparison.prepare()
            for number in range(trials):
                for case in CASES:
                    comparison.trial(case)
                print(f"  trial {number + 1} of {trials} done", file=out, flush=True)
        finally:
            comparison.supervisor.stop_all()
        cases = [comparison.result(case) for case in CASES]
        about.update(dpdk=comparison.dpdk_version, load_average_after=machine.load_average(),
                     steal_seconds=round(machine.steal_s(WORKER_CPU) - steal, 2))
    return {"ratios": {case["key"]: case["ratio"] for case in cases},
            "spread": {case["key"]: case["spread"] for case in cases},
            "range": {case["key"]: case["range"] for case in cases},
            "trials": trials, "seconds_per_trial": seconds, "cases": cases, "machine": about}


def _print(result, took_s, out):
    about = result["machine"]
    print(file=out)
    figures.print_table(result["cases"], out)
    for case in result["cases"]:
        figures.print_stages(case["case"], case["stages"], out)
    print(f"{result['trials']} trials of {result['seconds_per_trial']:g} s in {took_s:.0f} s; load "
          f"{about['load_average_before'][0]:g} before, {about['load_average_after'][0]:g} after; {about['dpdk']}; "
          f"time stolen by the hypervisor: {about['steal_seconds']:g} s", file=out)
    for case in result["cases"]:
        if case["void"]:
            print(f"VOID {case['case']}: {case['void']}", file=out)
        elif case["spread"] > figures.WANTED_SPREAD:
            print(f"UNSTEADY {case['case']}: spread {100 * case['spread']:.1f} %, wanted below "
                  f"{100 * figures.WANTED_SPREAD:g} %; repeat on a quiet machine", file=out)
    for case in result["cases"]:
        if "kept" in case:
            print(f"{case['case']}: with the affinity table {case['kept']['median']:.4f} of the rate without (spread "
                  f"{100 * case['kept']['spread']:.1f} %)", file=out)
    for key, ratio in result["ratios"].items():
        if ratio is not None:
            print(f"{key} {ratio:.4f} (spread {100 * result['spread'][key]:.1f} %)", file=out)


def _end_on_signal(number, _frame):
    sys.exit(128 + number)


def main():
    arguments = _arguments()
    if arguments.check_arguments:
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end_on_signal)
    if (os.cpu_count() or 1) < 2:
        raise BenchError("needs two CPUs: one for the measured worker, one for everything else")
    os.sched_setaffinity(0, {MAIN_CPU})
    began = time.monotonic()
    result = _measure_all(arguments, sys.stdout)
    _print(result, time.monotonic() - began, sys.stdout)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")
    return 1 if any(case["void"] for case in result["cases"]) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as failure:
        print(f"perf/compare: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
