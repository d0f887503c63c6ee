# SPDX-License-Identifier: Apache-2.0
"""The programs that are compared. Each runs one worker on CPU 1 and says how many messages it has handled."""

import json
import os
import signal
import socket

from harness.config import quoted
from harness.ctl import Ctl
from harness.errors import BenchError
from harness.process import wait_until

from .cases import BACKENDS, GATEWAY, PORT_ADDRESS, SERVICE, device

MAIN_CPU = 0
WORKER_CPU = 1
MBUFS = 65536
# Both programs move 32 packets at a time.
BURST = 32
NO_HUGE_MIB = 512
# A stray process shall not take turns with the worker; what it still takes is measured.
PRIORITY = -10
# EAL's name of the second thread, where the worker of both programs runs.
WORKER_THREAD = "rte-worker-1"
_START_S = 20


class Subject:
    """A started program and the CPU time of its worker."""

    def __init__(self, name, supervisor, argv, directory):
        self.name = name
        self.supervisor = supervisor
        prefix = ["nice", "-n", PRIORITY, "taskset", "-c", MAIN_CPU]
        self.process = supervisor.start(name, [*map(str, prefix), *map(str, argv)], directory / f"{name}.log",
                                        env={"RUNTIME_DIRECTORY": str(directory)})
        self._schedstat = None
        self._raise_session()

    def _raise_session(self):
        """Where the kernel shares CPUs among sessions first, the priority counts only if the session has it too."""
        try:
            with open(f"/proc/{self.process.popen.pid}/autogroup", "w", encoding="ascii") as file:
                file.write(str(PRIORITY))
        except OSError:
            pass

    def wait(self, condition, what):
        wait_until(condition, _START_S, f"{what} (log: {self.process.log})", every_s=0.02,
                   watch=self.supervisor.check)

    def find_worker(self):
        pid = self.process.popen.pid
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as comm:
                if comm.read().strip() == WORKER_THREAD:
                    self._schedstat = f"/proc/{pid}/task/{task}/schedstat"
                    return
        raise BenchError(f"{self.name} has no thread {WORKER_THREAD}")

    def worker_cpu_ns(self):
        """Time the worker has been on its CPU. The kernel brings it up to date at every tick."""
        with open(self._schedstat, encoding="ascii") as file:
            return int(file.read().split()[0])

    def pause(self):
        """Takes it off all CPUs, so that another can be measured on the same one."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.resume()
        self.supervisor.forget(self.process)
        code = self.process.stop(10.0)
        self.close()
        if code not in (0, -15):
            raise BenchError(f"{self.name} ended with {code}; see {self.process.log}\n{self.process.tail()}")

    def close(self):
        """Releases what belongs to the questions asked, not to the process."""


class Testpmd(Subject):
    """DPDK's own forwarder: receives, swaps the MAC addresses, sends. It reads 12 bytes of each frame."""

    def __init__(self, supervisor, corpus, memory, directory):
        memory_arguments = ["--in-memory"] if memory == "hugepages" else ["--no-huge", "-m", NO_HUGE_MIB]
        prefix = f"compare-testpmd-{os.getpid()}"
        super().__init__("testpmd", supervisor, [
            "dpdk-testpmd", f"--lcores=0@{MAIN_CPU},1@{WORKER_CPU}", "--main-lcore=0", f"--file-prefix={prefix}",
            "--iova-mode=va", *memory_arguments, "-a0000:00:00.0", f"--vdev={device(corpus)}",
            "--log-level=warning", "--", "--forward-mode=macswap", f"--burst={BURST}", "--nb-cores=1",
            f"--total-num-mbufs={MBUFS}", "--no-flush-rx", "--auto-start", "--stats-period=3600"], directory)
        self.folder = directory / "dpdk" / prefix
        self.socket = None
        self.version = ""
        self.wait(self._connected, "the telemetry socket of testpmd")
        self.wait(lambda: self.counts()["received"] > 0, "packets through testpmd")
        self.find_worker()

    def _connected(self):
        for path in sorted(self.folder.glob("dpdk_telemetry.v2*")):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            connection.settimeout(5.0)
            try:
                connection.connect(str(path))
                self.version = json.loads(connection.recv(16384))["version"]
            except OSError:
                connection.close()
                continue
            self.socket = connection
            return True
        return False

    def counts(self):
        """Received, handled (sent) and lost packets so far."""
        try:
            self.socket.send(b"/ethdev/stats,0")
            stats = json.loads(self.socket.recv(65536))["/ethdev/stats"]
        except (OSError, ValueError) as error:
            raise BenchError(f"telemetry of testpmd: {error}") from error
        if not stats:
            return {"received": 0, "handled": 0, "lost": 0}
        lost = sum(stats[name] for name in ("imissed", "ierrors", "oerrors", "rx_nombuf"))
        return {"received": stats["ipackets"], "handled": stats["opackets"], "lost": lost}

    def close(self):
        if self.socket:
            self.socket.close()


class Dialplane(Subject):
    """The balancer as it is shipped: every check, both UDP checksums verified and written, Record-Route, a rule."""

    def __init__(self, supervisor, binary, case, corpus, memory, directory):
        name = binary.name
        directory = directory / name
        directory.mkdir(exist_ok=True)
        self.case = case
        self.ctl = Ctl(directory / "control.sock")
        path = directory / "dialplane.toml"
        path.write_text(_configuration(name, corpus, memory, directory))
        (directory / "state").mkdir(exist_ok=True)
        super().__init__(name, supervisor, [binary, "-c", path], directory)
        self.wait(self.ctl.answers, f"an answer of {name} on its control socket")
        self.wait(lambda: self.counts()["received"] > 0, f"packets through {name}")
        self.find_worker()

    def counts(self):
        """Received, handled (ended in a terminal of this case) and lost packets so far; drops by name."""
        rows = self.ctl.rows("drops")
        by_kind = {kind: {r["name"]: r["count"] for r in rows if r["kind"] == kind}
                   for kind in ("source", "terminal", "drop", "fault")}
        terminals = by_kind["terminal"]
        return {"received": by_kind["source"]["received"],
                "handled": sum(terminals[name] for name in self.case.terminals),
                "lost": sum(count for name, count in terminals.items() if name not in self.case.terminals),
                "terminals": terminals,
                "reasons": {name: count for name, count in {**by_kind["drop"], **by_kind["fault"]}.items() if count}}

    def port_losses(self):
        """What the driver lost, which no counter of the pipeline sees."""
        fields = ("driver_rx_missed", "driver_rx_errors", "driver_rx_nobuf", "driver_tx_errors")
        return sum(row[field] for row in self.ctl.rows("ports") for field in fields)

    def refusals(self):
        """Answers that no honest measurement has: a refused message is a cheap one."""
        return {str(row["code"]): row["answered"] for row in self.ctl.rows("responses")
                if row["answered"] and not 200 <= (row["code"] or 0) < 300}

    def stages(self):
        """Calls and sampled cycles of each stage since the start."""
        kept = ("stage", "calls", "messages", "messages_per_call", "cycles_per_message")
        return [{name: row[name] for name in kept} for row in self.ctl.rows("stages")]


def _configuration(name, corpus, memory, directory):
    parts = [f"""[runtime]
name        = "{name}-{os.getpid()}"
main_cpu    = {MAIN_CPU}
worker_cpus = [{WORKER_CPU}]
memory      = {quoted(memory)}
mbufs       = {MBUFS}
idle        = "poll"
state_dir   = {quoted(directory / "state")}

[node]
name = "compare"

[control]
socket = {quoted(directory / "control.sock")}

[[port]]
name        = "p0"
device      = {quoted(device(corpus))}
addresses   = [{quoted(PORT_ADDRESS)}]
routes      = ["default via {GATEWAY}"]
rx_checksum = "verify"

[[listener]]
name    = "service"
address = "udp:{SERVICE}"
pool    = "servers"

[[pool]]
name = "servers"
[pool.health]
probe = "none"
"""]
    for number, address in enumerate(BACKENDS, 1):
        parts.append(f'  [[pool.backend]]\n  name = "server{number}"\n  address = "{address}:5060"\n')
    parts.append('[[rule]]\nname = "scanners"\nfield = "user-agent"\nregex = "(?i)friendly-scanner|sipvicious"\n'
                 'action = "drop"\n')
    for number, address in enumerate((GATEWAY, *BACKENDS), 1):
        parts.append(f'[[neighbor]]\nport = "p0"\naddress = "{address}"\nmac = "02:00:00:00:01:{number:02x}"\n')
    return "\n".join(parts)
