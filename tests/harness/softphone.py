# SPDX-License-Identifier: Apache-2.0
"""Runs baresip: a phone that people use, with a SIP stack of its own, told what to do over its control port."""

import json
import socket
import time
from pathlib import Path

from .errors import BenchError
from .netns_socket import open_socket
from .process import wait_until
from .topology import bracketed

_FIRST_SIP_PORT = 5070
# The next one is taken too, for TLS.
_SIP_PORTS = 2
_FIRST_CONTROL_PORT = 4440
_FIRST_RTP_PORT = 10000
_RTP_PORTS = 100
_PASSWORD = "telephone"

# uuid before account: an account with outbound needs the instance it names. No sound card: what is heard is what is said.
_CONFIG = """
sip_listen {address}:{sip_port}
rtp_ports {rtp}-{rtp_end}
ctrl_tcp_listen 127.0.0.1:{control_port}
audio_player aubridge,line
audio_source aubridge,line
audio_alert aubridge,line
module_path /usr/lib/baresip/modules
module g711.so
module aubridge.so
module uuid.so
module stun.so
module account.so
module menu.so
module ctrl_tcp.so
"""
_ACCOUNT = '<sip:{user}@example.org>;auth_user={user};auth_pass={password};outbound="sip:{proxy};lr";regint=60;answermode=auto{extra}\n'


class Softphone:
    """User `user` of example.org; `extra` are further parameters of its account. It answers every call."""

    def __init__(self, supervisor, directory, netns, address, index, proxy, user, extra=""):
        self.user = user
        self._netns = netns
        self._control_port = _FIRST_CONTROL_PORT + index
        self._control = None
        self._received = b""
        self._events = []
        home = Path(directory) / user
        home.mkdir()
        rtp = _FIRST_RTP_PORT + index * _RTP_PORTS
        (home / "config").write_text(_CONFIG.format(
            address=bracketed(address), sip_port=_FIRST_SIP_PORT + index * _SIP_PORTS, rtp=rtp, rtp_end=rtp + _RTP_PORTS,
            control_port=self._control_port))
        (home / "accounts").write_text(_ACCOUNT.format(user=user, password=_PASSWORD, proxy=bracketed(proxy), extra=extra))
        self._process = supervisor.start(f"baresip {user}", ["baresip", "-f", home, "-v"], Path(directory) / f"{user}.out",
                                         netns=netns)

    def wait_registered(self, timeout_s):
        wait_until(self._is_registered, timeout_s, f"{self.user} is registered", every_s=0.1)

    def _is_registered(self):
        if self._control is None and not self._connect():
            return False
        return "OK" in self.tell("reginfo")

    def _connect(self):
        control = open_socket(self._netns, socket.SOCK_STREAM)
        try:
            control.connect(("127.0.0.1", self._control_port))
        except ConnectionRefusedError:
            control.close()
            return False
        control.settimeout(0.1)
        self._control = control
        return True

    def tell(self, command, params="", timeout_s=5):
        """Gives one command; returns what is answered."""
        text = json.dumps({"command": command, "params": params}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))
        answer = self._next(lambda message: message.get("response"), timeout_s, f"an answer to {command}")
        if not answer["ok"]:
            raise BenchError(f"{self.user} refused {command} {params}: {answer['data']}")
        return answer["data"]

    def wait_event(self, kind, timeout_s=10):
        """Waits for an event of this type, or takes the oldest one that came meanwhile; returns its parameter."""
        event = self._next(lambda message: message.get("type") == kind, timeout_s, f"event {kind}")
        return event.get("param", "")

    def _next(self, wanted, timeout_s, what):
        deadline = time.monotonic() + timeout_s
        while True:
            for message in self._events:
                if wanted(message):
                    self._events.remove(message)
                    return message
            if time.monotonic() > deadline:
                raise BenchError(f"{self.user} said nothing of: {what}; it said {[m.get('type') for m in self._events]}; "
                                 f"the end of its log:\n{self._process.tail()}")
            self._read()

    def _read(self):
        """Takes what came: netstrings of JSON."""
        try:
            self._received += self._control.recv(65536)
        except TimeoutError:
            return
        while b":" in self._received:
            length, _, rest = self._received.partition(b":")
            if len(rest) <= int(length):
                return
            self._events.append(json.loads(rest[:int(length)]))
            self._received = rest[int(length) + 1:]

    def close(self):
        if self._control:
            self._control.close()
            self._control = None
