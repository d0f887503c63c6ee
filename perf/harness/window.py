# SPDX-License-Identifier: Apache-2.0
"""One trial: programs run by turns, and counters and CPU time of their workers are read."""

import time
from dataclasses import dataclass

from harness.errors import BenchError

# Turns of each program in a trial: what disturbs the machine for a while, disturbs all of them.
SLICES = 7
# Caches are warm after a few milliseconds.
WARM_UP_S = 0.03
# The counters are read within this time, or read again.
_MAX_READING_S = 0.003
_READINGS = 20
_TICK_S = 0.02
MAX_LOST = 0.001


@dataclass
class Window:
    """What one program did in one trial."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    messages: int = 0
    lost: int = 0

    @property
    def ns_per_message(self):
        return self.cpu_seconds * 1e9 / self.messages

    @property
    def cpu_share(self):
        """The part of the time in which the worker was on its CPU; the rest went to other processes."""
        return self.cpu_seconds / self.seconds

    def add(self, first, last):
        """Adds what happened between two readings."""
        self.seconds += last.at_s - first.at_s
        self.cpu_seconds += (last.cpu_ns - first.cpu_ns) / 1e9
        received, messages, lost = (last.counts[name] - first.counts[name] for name in ("received", "handled", "lost"))
        self.messages += messages
        # Packets under way at a reading are two bursts at most.
        self.lost += max(lost, received - messages - 64, 0)


@dataclass
class Reading:
    """Counters and CPU time of a worker at one moment."""
    at_s: float
    cpu_ns: float
    counts: dict


def measure(subjects, seconds):
    """Lets `subjects`, which are paused, run by turns for `seconds` each; returns one Window for each."""
    windows = [Window() for _ in subjects]
    for _ in range(SLICES):
        for subject, window in zip(subjects, windows):
            subject.resume()
            time.sleep(WARM_UP_S)
            first = _read(subject)
            time.sleep(seconds / SLICES)
            window.add(first, _read(subject))
            subject.pause()
            subject.supervisor.check()
    for subject, window in zip(subjects, windows):
        if window.messages <= 0 or window.cpu_seconds <= 0:
            subject.resume()
            raise BenchError(f"{subject.name} handled nothing in {window.seconds:.2f} s: {subject.counts()}")
    return windows


def _read(subject):
    for _ in range(_READINGS):
        cpu_ns = _wait_for_tick(subject)
        before = time.monotonic()
        counts = subject.counts()
        after = time.monotonic()
        if after - before <= _MAX_READING_S:
            break
    # The worker went on while the counters were read: they belong to the middle of it.
    return Reading((before + after) / 2, cpu_ns + (after - before) * 1e9 / 2, counts)


def _wait_for_tick(subject):
    """Returns the worker's CPU time just after the kernel has brought it up to date."""
    old = subject.worker_cpu_ns()
    deadline = time.monotonic() + _TICK_S
    while time.monotonic() < deadline:
        now = subject.worker_cpu_ns()
        if now != old:
            return now
    return old
