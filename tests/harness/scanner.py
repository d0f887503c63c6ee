# SPDX-License-Identifier: Apache-2.0
"""A scanner among the callers: asks for everything, takes no answer, and says who it is in its User-Agent."""

import itertools
import threading
import time

from .netns_socket import udp_endpoint

USER_AGENT = "friendly-scanner"
_METHODS = ("OPTIONS", "REGISTER", "INVITE")
_PORT = 5062
_EVERY_S = 0.05
_MOST = 200_000

DROP_RULE = """[[rule]]
name   = "scanners"
field  = "user-agent"
regex  = "(?i)friendly-scanner|sipvicious|sipcli"
action = "drop"
"""


class Scanner:
    """Sends `rate` requests a second from a thread of its own, between start() and stop()."""

    def __init__(self, netns, address, target, rate):
        self.address = address
        self.target = target
        self.rate = rate
        self.sent = 0
        self._socket = udp_endpoint(netns, address, _PORT)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        """Returns how many it sent."""
        self._ends.set()
        if self._thread.ident:
            self._thread.join(5)
        self._socket.close()
        return self.sent

    def answers(self, wait_s=0.2):
        """What came back so far and comes within `wait_s`, as text."""
        found = []
        until = time.monotonic() + wait_s
        while (left_s := until - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                found.append(self._socket.recv(65536).decode(errors="replace"))
            except TimeoutError:
                break
        return found

    def request(self, number):
        """The request with this number."""
        method = _METHODS[number % len(_METHODS)]
        user = "" if method == "REGISTER" else f"{100 + number % 900}@"
        return (f"{method} sip:{user}{self.target} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.address}:{_PORT};rport;branch=z9hG4bKscan{number}\r\n"
                f"Max-Forwards: 70\r\n"
                f"From: \"scan\" <sip:100@{self.address}>;tag=scan{number}\r\n"
                f"To: \"scan\" <sip:100@{self.target}>\r\n"
                f"Call-ID: scan-{number}@{self.address}\r\n"
                f"CSeq: 1 {method}\r\n"
                f"Contact: <sip:100@{self.address}:{_PORT}>\r\n"
                f"User-Agent: {USER_AGENT}\r\n"
                f"Accept: application/sdp\r\n"
                f"Content-Length: 0\r\n\r\n").encode()

    def _run(self):
        began = time.monotonic()
        for number in itertools.count():
            if self._ends.is_set() or number >= _MOST:
                return
            ahead_s = number / self.rate - (time.monotonic() - began)
            if ahead_s > 0:
                self._ends.wait(max(ahead_s, _EVERY_S))
                if self._ends.is_set():
                    return
            self._socket.sendto(self.request(number), (self.target, 5060))
            self.sent = number + 1
