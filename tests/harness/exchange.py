# SPDX-License-Identifier: Apache-2.0
"""Plays many dialogs at once over real UDP sockets, in one thread: scripts say what is sent, the loop waits for it.

A script is a generator. It yields an Outgoing and gets back the message as it arrived on the other side and the Station
that got it. What does not arrive is sent again, as a SIP transaction would; every station keeps a log of its own. Probes are answered
and logged nowhere.
"""

import heapq
import select
import time

from .errors import BenchError
from .netns_socket import udp_endpoint
from .process import wait_until
from .siplog import parse_message

# Longer than a busy machine keeps a process waiting, so that a copy is the exception.
_AGAIN_S = (1.0, 1.0, 2.0, 4.0, 4.0)
_POLL_MS = 50
_LARGEST = 65536


class WrongTurn(Exception):
    """A message went where it must not, or did not say what it must."""


class Station:
    """One socket with its log. `side` is outside or inside; what one side sends arrives on the other as a rule."""

    def __init__(self, name, side, netns, address, port):
        self.name = name
        self.side = side
        self.address = (address, port)
        self.sock = udp_endpoint(netns, address, port)
        self.sock.setblocking(False)
        self.log = []
        """Messages sent and received, in order, copies included."""

    def send(self, outgoing):
        self.log.append(outgoing.message)
        self.sock.sendto(outgoing.data, outgoing.destination)

    def receive(self):
        """Everything that waits."""
        while True:
            try:
                data, source = self.sock.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            message = parse_message(data.decode(), sent=False)
            if _is_probe(message):
                self.sock.sendto(_answer(message), source)
                continue
            self.log.append(message)
            yield message


def _is_probe(message):
    """What dialplane itself sends has no Via but its own."""
    return message.is_request and message.method == "OPTIONS" and len(message.values("via")) == 1


def _answer(probe):
    rows = [line for line in probe.text.split("\r\n")[1:] if line.lower().startswith(("via:", "from:", "call-id:", "cseq:"))]
    return "\r\n".join(["SIP/2.0 200 OK", *rows, f"To: {probe.first('to')};tag=up", "Content-Length: 0", "", ""]).encode()


class _Running:
    """One script, and what it waits for."""

    def __init__(self, label, script):
        self.label = label
        self.script = script
        self.outgoing = None
        self.wanted = None
        self.attempts = 0


class Exchange:
    def __init__(self):
        self.stations = []
        self.failures = []
        self.repeats = 0
        """Messages sent again because they had not arrived in time."""
        self._by_descriptor = {}
        self._poll = select.epoll()
        self._waiting = {}
        self._timers = []
        self._timer_count = 0

    def add_station(self, *args):
        station = Station(*args)
        self.stations.append(station)
        self._by_descriptor[station.sock.fileno()] = station
        self._poll.register(station.sock.fileno(), select.EPOLLIN)
        return station

    def close(self):
        for station in self.stations:
            station.sock.close()
        self._poll.close()

    def forget_logs(self):
        for station in self.stations:
            station.log = []

    def play(self, scripts, at_once=48, most_failures=20, limit_s=120):
        """Plays `scripts` (pairs of label and generator), `at_once` at a time; returns how many came to their end."""
        self.failures, self.repeats, self._timers, self._waiting = [], 0, [], {}
        scripts = iter(scripts)
        self._active = self._finished = 0
        deadline = time.monotonic() + limit_s
        while True:
            while self._active < at_once and (pair := next(scripts, None)):
                self._active += 1
                self._advance(_Running(*pair), None)
            if not self._active:
                return self._finished
            if len(self.failures) >= most_failures or time.monotonic() > deadline:
                raise BenchError(f"{len(self.failures)} dialogs failed, {self._active} open: {self.failures[:5]}")
            self._wait()

    def serve_until(self, condition, timeout_s, what):
        """Waits for `condition()` and answers probes meanwhile."""
        wait_until(condition, timeout_s, what, 0.0, self._wait)

    def _wait(self):
        for descriptor, _ in self._poll.poll(_POLL_MS / 1000):
            station = self._by_descriptor[descriptor]
            for message in station.receive():
                kind = message.method if message.is_request else message.status
                running = self._waiting.pop((station.side, message.call_id, kind, message.cseq), None)
                if running:
                    self._advance(running, (message, station))
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, running, outgoing = heapq.heappop(self._timers)
            if running.outgoing is outgoing and running.wanted:
                self._send_again(running)

    def _advance(self, running, arrived):
        running.wanted = None
        try:
            outgoing = running.script.send(arrived)
        except StopIteration:
            self._active -= 1
            self._finished += 1
            return
        except WrongTurn as error:
            self._fail(running, str(error))
            return
        running.outgoing, running.wanted, running.attempts = outgoing, outgoing.arrives, 0
        self._waiting[running.wanted] = running
        self._send(running)

    def _send(self, running):
        running.outgoing.sender.send(running.outgoing)
        self._timer_count += 1
        due = time.monotonic() + _AGAIN_S[running.attempts]
        heapq.heappush(self._timers, (due, self._timer_count, running, running.outgoing))

    def _send_again(self, running):
        running.attempts += 1
        if running.attempts < len(_AGAIN_S):
            self.repeats += 1
            self._send(running)
            return
        self._waiting.pop(running.wanted, None)
        m = running.outgoing.message
        self._fail(running, f"{m.start_line!r} of {m.call_id} ({running.outgoing.sender.name}) never arrived")

    def _fail(self, running, problem):
        running.wanted = None
        running.script.close()
        self._active -= 1
        self.failures.append(f"{running.label}: {problem}")
