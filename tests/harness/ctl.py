# SPDX-License-Identifier: Apache-2.0
"""Speaks to dialplane's control socket: JSON-RPC, one object per line."""

import json
import socket

from .errors import BenchError


class Refused(BenchError):
    """dialplane answered with an error."""


class Ctl:
    def __init__(self, path, timeout_s=5.0):
        self.path = str(path)
        self.timeout_s = timeout_s

    def call(self, method, **params):
        """Calls e.g. `show.backends` and returns its result object."""
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(self.timeout_s)
                sock.connect(self.path)
                sock.sendall(request.encode() + b"\n")
                line = _read_line(sock)
        except OSError as error:
            raise BenchError(f"control socket {self.path}: {error}") from error
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(f"{method}: {answer['error'].get('message', answer['error'])}")
        return answer["result"]

    def rows(self, what):
        """The rows of `show WHAT`."""
        return self.call(f"show.{what}")["rows"]

    def answers(self):
        """True if a daemon is there and answers."""
        try:
            self.call("show.info")
            return True
        except BenchError:
            return False


def _read_line(sock):
    data = b""
    while not data.endswith(b"\n"):
        chunk = sock.recv(65536)
        if not chunk:
            break
        data += chunk
    return data.decode()
