# SPDX-License-Identifier: Apache-2.0
"""Reads SIPp's message logs (-trace_msg) and answers questions about calls from them alone."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

_SEPARATOR = re.compile(r"^-{20,} (\S+)[ \t]+(\S+)\n", re.M)
_KIND = re.compile(r"\w+ message (sent|received) ?\D*(\d+)\D*:\n\n")
_COMPACT = {"v": "via", "i": "call-id", "f": "from", "t": "to", "m": "contact", "l": "content-length"}


@dataclass
class Message:
    sent: bool
    time: float
    """Unix time."""
    text: str
    start_line: str = ""
    headers: dict = field(default_factory=dict)

    @property
    def is_request(self):
        return not self.start_line.startswith("SIP/2.0")

    @property
    def status(self):
        return 0 if self.is_request else int(self.start_line.split(" ", 2)[1])

    @property
    def request_uri(self):
        return self.start_line.split(" ")[1] if self.is_request else ""

    @property
    def cseq(self):
        number, _, method = self.first("cseq").partition(" ")
        return number, method.strip()

    @property
    def method(self):
        return self.start_line.split(" ", 1)[0] if self.is_request else self.cseq[1]

    @property
    def call_id(self):
        return self.first("call-id")

    @property
    def body(self):
        """As long as Content-Length says; the log may hold a line feed more."""
        body = self.text.partition("\r\n\r\n")[2].encode()
        length = self.first("content-length")
        return body[:int(length)].decode("utf-8", "replace") if length.isdigit() else body.decode("utf-8", "replace")

    @property
    def in_dialog(self):
        return ";tag=" in self.first("to")

    def first(self, name):
        return self.headers.get(name, [""])[0]

    def values(self, name):
        """Every value of a header that may be a comma-separated list, in order."""
        found = []
        for line in self.headers.get(name, []):
            found += [part.strip() for part in re.split(r",(?![^<]*>)", line) if part.strip()]
        return found


def parse_message(text, sent=True, time=0.0):
    head = text.partition("\r\n\r\n")[0] if "\r\n\r\n" in text else text.partition("\n\n")[0]
    lines = head.replace("\r\n", "\n").strip("\n").split("\n")
    message = Message(sent, time, text, lines[0].strip())
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            name = name.strip().lower()
            message.headers.setdefault(_COMPACT.get(name, name), []).append(value.strip())
    return message


def read_log(path):
    """All messages of one SIPp process, in order."""
    path = Path(path)
    if not path.exists():
        return []
    text = path.read_bytes().decode("utf-8", "replace")
    marks = list(_SEPARATOR.finditer(text))
    messages = []
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(text)
        block = text[mark.end():end]
        kind = _KIND.match(block)
        if kind:
            seen_at = datetime.fromisoformat(f"{mark.group(1)} {mark.group(2)}").timestamp()
            messages.append(parse_message(block[kind.end():], kind.group(1) == "sent", seen_at))
    return [m for m in messages if m.call_id]


def param(value, name):
    """A parameter of a header value, e.g. the branch of a Via."""
    found = re.search(rf";\s*{name}\s*=\s*([^;,>\s]+)", value, re.I)
    return found.group(1) if found else None


def answered_transactions(messages):
    """Transactions this SIPp began and saw a final response to, counted by method."""
    begun, answered = set(), {}
    for m in messages:
        key = (m.call_id, m.cseq)
        if m.sent and m.is_request:
            begun.add(key)
        elif not m.sent and m.status >= 200 and key in begun:
            begun.discard(key)
            answered[m.cseq[1]] = answered.get(m.cseq[1], 0) + 1
    return answered
