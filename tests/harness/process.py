# SPDX-License-Identifier: Apache-2.0
"""Starts, watches and ends the processes of one bench; each lives in a process group of its own."""

import ctypes
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .errors import BenchError, ProcessDied

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def run(argv, check=True, timeout_s=20, netns=None, env=None):
    """Runs a short command and returns its result; raises BenchError with its output if it fails."""
    argv = in_netns(argv, netns)
    try:
        result = subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s,
                                env={**os.environ, **env} if env else None)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"no end after {timeout_s} s: {' '.join(argv)}") from error
    except FileNotFoundError as error:
        raise BenchError(f"not installed: {argv[0]} (scripts/setup installs it)") from error
    if check and result.returncode != 0:
        raise BenchError(f"exit {result.returncode}: {' '.join(argv)}\n{(result.stderr or result.stdout).strip()}")
    return result


def in_netns(argv, netns):
    argv = [str(part) for part in argv]
    return ["ip", "netns", "exec", netns, *argv] if netns else argv


def pinned(argv, cpu):
    """The command kept on one CPU, if the machine has it."""
    if cpu is None or not shutil.which("taskset") or cpu >= (os.cpu_count() or 1):
        return argv
    return ["taskset", "-c", str(cpu), *argv]


def wait_until(condition, timeout_s, what, every_s=0.05, watch=None):
    """Waits until `condition()` is true and returns its value; `watch()` may raise early."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if watch:
            watch()
        if time.monotonic() >= deadline:
            raise BenchError(f"not within {timeout_s:g} s: {what}")
        time.sleep(every_s)


class Process:
    """One long-running child with its output in a log file."""

    def __init__(self, name, argv, log, netns=None, cpu=None, env=None, critical=True):
        self.name = name
        self.log = Path(log)
        self.critical = critical
        full_env = {**os.environ, **(env or {})}
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(
                pinned(in_netns(argv, netns), cpu), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env=full_env, start_new_session=True, preexec_fn=_die_with_parent)

    @property
    def running(self):
        return self.popen.poll() is None

    @property
    def exit_code(self):
        return self.popen.poll()

    def send_signal(self, number):
        if self.running:
            self.popen.send_signal(number)

    def kill_group(self, number=signal.SIGKILL):
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            pass

    def wait(self, timeout_s):
        """Waits for the end; returns the exit code, or None if it still runs after `timeout_s`."""
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, timeout_s=3.0):
        """Ends it, gently first; returns the exit code."""
        self.send_signal(signal.SIGTERM)
        if self.wait(timeout_s) is None:
            self.kill_group()
            self.wait(2.0)
        return self.exit_code

    def tail(self, lines=15):
        try:
            text = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return "(no log)"
        return "\n".join(f"    {line[:200]}" for line in text[-lines:]) or "    (the log is empty)"

    def died(self):
        return ProcessDied(f"{self.name} ended with {self.exit_code}; the end of {self.log}:\n{self.tail()}")


class Supervisor:
    """The processes of one bench."""

    def __init__(self):
        self.processes = []

    def start(self, *args, **kwargs):
        process = Process(*args, **kwargs)
        self.processes.append(process)
        return process

    def forget(self, process):
        """Its end is expected from now on."""
        process.critical = False

    def check(self):
        """Raises ProcessDied if a process that must run does not."""
        for process in self.processes:
            if process.critical and not process.running:
                raise process.died()

    def stop_all(self):
        for process in self.processes:
            process.critical = False
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 3.0
        for process in reversed(self.processes):
            process.wait(max(0.05, deadline - time.monotonic()))
            process.kill_group()
        for process in self.processes:
            process.wait(2.0)
