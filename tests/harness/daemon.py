# SPDX-License-Identifier: Apache-2.0
"""The dialplane under test: starts it in its namespace, knows when it is ready, ends it."""

import os
import shutil
import signal
import time
from pathlib import Path

from .config import Settings, render
from .ctl import Ctl
from .errors import BenchError
from .process import run, wait_until

REPOSITORY = Path(__file__).resolve().parent.parent.parent
READY_TIMEOUT_S = 30
NEIGHBOR_SNAPSHOT_S = 0.05
ASAN_OPTIONS = "detect_leaks=0:abort_on_error=1:handle_segv=0"


def build_dir():
    """Where the binaries lie; DIALPLANE_BUILD names another build, for instance build/asan."""
    return Path(os.environ.get("DIALPLANE_BUILD", REPOSITORY / "build" / "release")).resolve()


def binary(name="dialplane"):
    path = build_dir() / name
    if not path.exists():
        raise BenchError(f"{path} is missing: run scripts/build")
    return path


class Daemon:
    """One instance, restartable, with its configuration and state under `directory`."""

    def __init__(self, supervisor, topology, directory, settings=None, instance=None):
        self.supervisor = supervisor
        self.topology = topology
        self.directory = Path(directory)
        self.settings = settings or Settings()
        self.instance = instance or topology.name
        self.config_path = self.directory / "dialplane.toml"
        self.log = self.directory / "dialplane.log"
        self.ctl = Ctl(self.directory / "control.sock")
        self.process = None

    def write_config(self):
        (self.directory / "state").mkdir(parents=True, exist_ok=True)
        self.config_path.write_text(render(self.instance, self.topology, self.settings, self.directory))

    def start(self):
        if not self.config_path.exists():
            self.write_config()
        env = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ASAN_OPTIONS)}
        # main_cpu and worker_cpus of the configuration pin the threads; nothing is pinned from outside.
        self.process = self.supervisor.start("dialplane", [binary(), "-c", self.config_path], self.log,
                                             netns=self.topology.lb_ns, env=env)
        return self

    def wait_ready(self, timeout_s=READY_TIMEOUT_S):
        """Waits until it answers and knows where the backends and the caller are.

        The caller is made known by a ping: the kernel learns its MAC address, dialplane learns from the kernel, and
        the first response to it is not the one that is lost meanwhile.
        """
        wait_until(self.ctl.answers, timeout_s, "an answer of dialplane on its control socket",
                   watch=self.supervisor.check)
        run(["ping", "-c", "1", "-W", "2", self.topology.outside.vip], netns=self.topology.callers_ns, check=False)
        unknown = {self.topology.backend_addresses[int(name.removeprefix("server")) - 1] for name in self.settings.absent}
        wait_until(lambda: self.topology.neighbors - unknown <= self.known_neighbors(), timeout_s,
                   "dialplane knows the MAC addresses of caller and backends (are the backends up?)",
                   watch=self.supervisor.check)
        # Neighbours reach the workers with the next snapshot, of which there are at most 20 a second.
        time.sleep(3 * NEIGHBOR_SNAPSHOT_S)
        generation = self.ctl.rows("info")[0]["generation"]
        wait_until(lambda: all(row["generation"] >= generation for row in self.ctl.rows("workers")), timeout_s,
                   "every worker has the snapshot", watch=self.supervisor.check)
        return self

    def known_neighbors(self):
        return {row["address"] for row in self.ctl.rows("neighbors") if row["mac"]}

    def reload_signal(self):
        self.process.send_signal(signal.SIGHUP)

    def expect_end(self):
        self.supervisor.forget(self.process)

    def kill(self):
        """As a crash would: no chance to clean up."""
        self.expect_end()
        self.process.kill_group()
        self.process.wait(5.0)

    def stop(self, timeout_s=5.0):
        self.expect_end()
        return self.process.stop(timeout_s)

    def forget_keys(self):
        """Removes the keys it made, so that the next start makes others."""
        shutil.rmtree(self.directory / "state")
        (self.directory / "state").mkdir()

    def rx_packets(self):
        """Frames received so far, by port."""
        return {row["name"]: int(row["rx_packets"]) for row in self.ctl.rows("ports")}

    def unaccounted(self):
        """Packets that came from somewhere and ended nowhere: sources less terminals."""
        rows = self.ctl.rows("drops")
        count = {kind: sum(row["count"] for row in rows if row["kind"] == kind) for kind in ("source", "terminal")}
        return count["source"] - count["terminal"]

    def drops(self):
        """Drop reasons and faults that occurred."""
        return {row["name"]: row["count"] for row in self.ctl.rows("drops")
                if row["kind"] in ("drop", "fault") and row["count"]}

    def ctl_command(self, *words, json_output=False, timeout_s=15):
        """Runs the dialplanectl binary."""
        argv = [binary("dialplanectl"), "--socket", self.ctl.path, *(["--json"] if json_output else []), *words]
        return run(argv, check=False, timeout_s=timeout_s)
