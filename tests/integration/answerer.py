# SPDX-License-Identifier: Apache-2.0
"""Backends made of one socket each, and a caller that sends MESSAGEs, each under a Call-ID of its own."""

import itertools
import threading

from harness.netns_socket import udp_endpoint
from harness.topology import bracketed

_CALLER_PORT = 5097


class Answerer:
    """A backend that answers every request with one status, or not at all; or lets another answer."""

    def __init__(self, test, topology, address):
        self.socket = udp_endpoint(topology.backends_ns, address, 5060, timeout_s=0.1)
        self.status = "200 OK"
        self.sender = self.socket
        self.requests = 0
        self.messages = 0
        """Requests of callers among them, as `Messages` sends them."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        test.addCleanup(self.close)

    def _run(self):
        while not self._stop.is_set():
            try:
                data, source = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            self.requests += 1
            self.messages += data.startswith(b"MESSAGE")
            if self.status:
                rest = data.split(b"\r\n", 1)[1]
                self.sender.sendto(f"SIP/2.0 {self.status}\r\n".encode() + rest, source)

    def close(self):
        self._stop.set()
        self._thread.join(2)
        self.socket.close()


class Messages:
    """Sends MESSAGEs to the listener; answers are left where they are, but for those that are asked for."""

    def __init__(self, test, topology):
        self.outside = topology.outside
        self.socket = udp_endpoint(topology.callers_ns, self.outside.caller, _CALLER_PORT)
        self._numbers = itertools.count()
        test.addCleanup(self.socket.close)

    def send(self, count):
        for _ in range(count):
            self.socket.sendto(self._next(), (self.outside.vip, 5060))

    def ask(self):
        """Status of the answer to one more."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(65536)
        except BlockingIOError:
            self.socket.settimeout(3)
        self.send(1)
        return int(self.socket.recv(65536).split()[1])

    def _next(self):
        number, caller = next(self._numbers), bracketed(self.outside.caller)
        return (f"MESSAGE sip:bob@{bracketed(self.outside.vip)} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {caller}:{_CALLER_PORT};branch=z9hG4bKm{number}\r\nMax-Forwards: 70\r\n"
                f"From: <sip:a@{caller}>;tag=m{number}\r\nTo: <sip:bob@example.com>\r\nCall-ID: m{number}@caller\r\n"
                "CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n").encode()
