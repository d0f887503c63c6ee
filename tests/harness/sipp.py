# SPDX-License-Identifier: Apache-2.0
"""Runs SIPp: servers, one process per backend address, and callers, one process per flow."""

import csv
import ipaddress
from pathlib import Path

from .siplog import read_log
from .topology import bracketed

SCENARIOS = Path(__file__).resolve().parent.parent / "sipp"
PORT = 5060
FIRST_CALLER_PORT = 5080
SIPP_CPU = 0
_TWIN_PORT = 5999


class Sipp:
    """One SIPp process with its statistics and its message log."""

    def __init__(self, supervisor, directory, label, netns, address, port, arguments, scenario, critical=True):
        self.label = label
        self.directory = Path(directory)
        self.stat_file = self.directory / f"{label}.csv"
        self.message_log = self.directory / f"{label}.messages"
        self.address = address
        self.port = port
        argv = ["sipp", *arguments, "-sf", SCENARIOS / scenario, "-i", address, "-p", port, "-nostdin",
                "-trace_msg", "-message_file", self.message_log, "-trace_stat", "-stf", self.stat_file, "-fd", "1",
                "-trace_err", "-error_file", self.directory / f"{label}.errors", "-f", "3600",
                "-buff_size", "4194304"]
        self.process = supervisor.start(f"SIPp {label}", argv, self.directory / f"{label}.out", netns=netns,
                                        cpu=SIPP_CPU, critical=critical, env={"TERM": "dumb"})

    def stats(self):
        """The last line of the statistics as numbers; empty before the first second is over."""
        try:
            with open(self.stat_file, newline="") as file:
                lines = [line for line in file if line.endswith("\n")]
        except OSError:
            return {}
        rows = list(csv.reader([lines[0], lines[-1]], delimiter=";")) if len(lines) > 1 else []
        return {name: int(value) for name, value in zip(*rows) if value.strip().isdigit()} if rows else {}

    def stat(self, name):
        return self.stats().get(name, 0)

    def messages(self):
        return read_log(self.message_log)


class Server(Sipp):
    """A SIP server that plays the callee's part of every flow, or of those its own scenario knows."""

    def __init__(self, supervisor, directory, label, netns, address, port=PORT, scenario="server.xml"):
        super().__init__(supervisor, directory, label, netns, address, port, ["-default_behaviors", "none"], scenario)

    def listening(self):
        return f"{bracketed(self.address)}:{self.port}" in udp_sockets(self.process)

    @property
    def open_calls(self):
        return self.stat("CurrentCall")


class B2buaLeg(Sipp):
    """Half of a back-to-back user agent; the halves speak to each other on loopback (-3pcc)."""

    def __init__(self, supervisor, directory, half, netns, address, arguments=()):
        super().__init__(supervisor, directory, f"b2bua-{half}", netns, address, PORT,
                         [*arguments, "-3pcc", f"127.0.0.1:{_TWIN_PORT}", "-default_behaviors", "none"],
                         f"b2bua_{half}_leg.xml")

    def listening(self):
        return f"{bracketed(self.address)}:{self.port}" in udp_sockets(self.process)

    @property
    def open_calls(self):
        return self.stat("CurrentCall")


class Caller(Sipp):
    """Plays one flow `count` times at `rate` per second towards `target`."""

    def __init__(self, supervisor, directory, flow, netns, address, index, target, count, rate, hold_ms=400,
                 timeout_s=None, label=None, patience_ms=20000):
        period_ms = 10000
        self.flow = flow
        self.count = count
        # patience_ms: how long it waits for a message before the call counts as failed.
        limit = timeout_s or int(count / max(rate, 0.1) + hold_ms / 1000 + 60)
        arguments = [f"{bracketed(target)}:{PORT}", "-m", count, "-r", max(1, round(rate * period_ms / 1000)), "-rp", period_ms,
                     "-d", hold_ms, "-recv_timeout", hold_ms + patience_ms, "-l", min(max(count, 1), 10000),
                     "-timeout", f"{limit}s", "-timeout_error", "-s", flow.user or "listener"]
        super().__init__(supervisor, directory, label or flow.name, netns, address, FIRST_CALLER_PORT + index, arguments,
                         flow.scenario, critical=False)

    @property
    def done(self):
        return not self.process.running

    @property
    def successful(self):
        return self.stat("SuccessfulCall(C)")

    @property
    def failed(self):
        return self.stat("FailedCall(C)")

    @property
    def crashed(self):
        """Ended without having played its calls (SIPp: 0 and 1 are results, others are trouble)."""
        return self.done and self.process.exit_code not in (0, 1, 97, 99)


class Phone(Sipp):
    """A phone on one socket: registers as `user`, calls `peer` `count` times, and answers calls."""

    def __init__(self, supervisor, directory, netns, address, index, target, user, peer, count, rate, hangup, supported):
        self.user = user
        self.count = count
        limit = int(count / rate + 60)
        arguments = [f"{bracketed(target)}:{PORT}", "-m", count, "-r", rate, "-l", 10000, "-d", 300, "-s", peer,
                     "-oocsf", SCENARIOS / "phone_called.xml", "-recv_timeout", 20000, "-timeout", f"{limit}s",
                     "-timeout_error", "-key", "me", user, "-key", "hangup", hangup, "-key", "supported", supported]
        super().__init__(supervisor, directory, user, netns, address, FIRST_CALLER_PORT + index, arguments, "phone.xml",
                         critical=False)

    done = Caller.done
    successful = Caller.successful
    failed = Caller.failed
    crashed = Caller.crashed


def udp_sockets(process):
    """address:port of every UDP socket in the network namespace of a process."""
    found = set()
    for table in ("udp", "udp6"):
        try:
            lines = Path(f"/proc/{process.popen.pid}/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            address, port = line.split()[1].split(":")
            # 32-bit words in the byte order of the machine.
            words = [bytes.fromhex(address[i:i + 8])[::-1] for i in range(0, len(address), 8)]
            found.add(f"{bracketed(str(ipaddress.ip_address(b''.join(words))))}:{int(port, 16)}")
    return found
