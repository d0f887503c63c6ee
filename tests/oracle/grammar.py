# SPDX-License-Identifier: Apache-2.0
"""SIP as RFC 3261 §7 and §25.1 write it: slow, obvious, and sharing no line with the parser under test."""

import functools
import ipaddress
import re
from dataclasses import dataclass, field

_TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]"
_QUOTED = r'"(?:[^"\\]|\\[\x00-\x09\x0b\x0c\x0e-\x7f])*"'
_HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.\-]+"
_PARAM = re.compile(rf"[ \t]*;[ \t]*({_TOKEN}+)(?:[ \t]*=[ \t]*({_QUOTED}|(?:{_TOKEN}|[\[\]:])+))?")
_LOOSE_PARAM = re.compile(rf"[ \t]*;[ \t]*[^ \t;,=\"<>]+(?:[ \t]*=[ \t]*(?:{_QUOTED}|[^ \t;,=\"<>]+))?")
_DISPLAY = re.compile(rf"(?:{_QUOTED}|(?:{_TOKEN}+[ \t]*)*)[ \t]*$")
_VIA = re.compile(rf"({_TOKEN}+)[ \t]*/[ \t]*({_TOKEN}+)[ \t]*/[ \t]*({_TOKEN}+)[ \t]+({_HOST})(?:[ \t]*:[ \t]*(\d+))?")
_SIP_URI = re.compile(rf"(?:([^@]*)@)?({_HOST})(?::(\d+))?((?:;[^?]*)?)(\?.*)?$", re.S)
_URI_PARAM = re.compile(r"[A-Za-z0-9\-_.!~*'()\[\]/:&+$%]+(?:=[A-Za-z0-9\-_.!~*'()\[\]/:&+$%]+)?$")
_LOOSE_URI_PARAM = re.compile(r"[^ \t;=@<>\"]*(?:=[^ \t;@<>\"]*)?$")
_USER = re.compile(r"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/:]|%[0-9A-Fa-f]{2})+$")
_WORD = re.compile(r"""[A-Za-z0-9\-.!%*_+`'~()<>:\\"/\[\]?{}]+(?:@[A-Za-z0-9\-.!%*_+`'~()<>:\\"/\[\]?{}]+)?$""")
_ROW = re.compile(rf"({_TOKEN}+)[ \t]*:(.*)$", re.S)

COMPACT = {"i": "call-id", "v": "via", "t": "to", "f": "from", "l": "content-length", "m": "contact", "c": "content-type",
           "e": "content-encoding", "k": "supported", "s": "subject", "o": "event", "u": "allow-events",
           "r": "refer-to", "b": "referred-by", "x": "session-expires", "a": "accept-contact", "d": "request-disposition",
           "j": "reject-contact"}
SINGLE = {"call-id", "from", "to", "cseq", "max-forwards", "content-length"}


class Bad(Exception):
    """The text is not what the grammar says; `code` is what a request with it gets."""

    def __init__(self, what, code=400):
        super().__init__(what)
        self.code = code


class Unclear(Bad):
    """Against the grammar in a place that a proxy need not read: it may be refused, or passed on as it is."""


@functools.lru_cache
def address(host):
    """The IP address a host names, mapped ones as IPv4; None for a name."""
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    if found.version == 6 and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def split_list(value, brackets=True):
    """Values between the commas that neither quotes nor (unless told) angle brackets protect; each with its blanks."""
    parts, begin, at, quoted, bracket = [], 0, 0, False, False
    while at < len(value):
        c = value[at]
        if quoted:
            if c == "\\":
                at += 1
            elif c == '"':
                quoted = False
        elif bracket:
            bracket = c != ">"
        elif c == '"':
            quoted = True
        elif c == "<" and brackets:
            bracket = True
        elif c == ",":
            parts.append(value[begin:at])
            begin = at + 1
        at += 1
    if quoted or bracket:
        raise Bad("no end of quotes or brackets")
    return parts + [value[begin:]]


def parameters(text):
    """`;a=b;c` as a list of (name in lower case, value or None)."""
    found, at = [], 0
    while at < len(text.rstrip(" \t")):
        match = _PARAM.match(text, at)
        if not match or text[match.end():].lstrip(" \t")[:1] not in ("", ";"):
            raise Unclear(f"parameter {text[at:]!r}") if _LOOSE_PARAM.match(text, at) else Bad(f"parameter {text[at:]!r}")
        found.append((match[1].lower(), match[2]))
        at = match.end()
    return found


@dataclass
class Via:
    protocol: str
    host: str
    port: int
    parameters: list
    raw: str

    def get(self, name):
        """The value; "" where the parameter has none; None where it is missing."""
        for key, value in self.parameters:
            if key == name:
                return value or ""
        return None


def parse_via(raw):
    text = unfold(raw)
    match = _VIA.match(text)
    if not match:
        raise Bad("via")
    port = int(match[5]) if match[5] else 0
    if match[5] and not 1 <= port <= 65535:
        raise Bad("via port")
    found = parameters(text[match.end():])
    if any(name == "branch" and not value for name, value in found):
        raise Bad("branch")
    for name in ("branch", "received", "rport", "dps"):
        if sum(key == name for key, _ in found) > 1:
            raise Bad("via parameter twice")
    if match[4].startswith("[") and address(match[4]) is None:
        raise Unclear("via host") if ":::" in match[4] else Bad("via host")
    if any(name == "received" and address(value or "") is None for name, value in found):
        raise Unclear("received")
    return Via("/".join(match[i].upper() for i in (1, 2, 3)), match[4], port, found, raw)


@dataclass
class Uri:
    scheme: str
    raw: str
    user: str = None
    host: str = ""
    port: int = 0
    parameters: list = field(default_factory=list)
    headers: str = ""

    def get(self, name):
        for key, value in self.parameters:
            if key == name:
                return value or ""
        return None


def parse_uri(raw):
    scheme, colon, rest = raw.partition(":")
    scheme = scheme.lower()
    if not colon or not re.match(r"[a-z][a-z0-9+.\-]*$", scheme):
        raise Bad("uri scheme")
    if scheme not in ("sip", "sips"):
        if not rest or re.search(r"[\x00-\x20<>\"]", rest):
            raise Bad("uri")
        return Uri(scheme, raw)
    match = _SIP_URI.match(rest)
    if not match:
        raise Bad("uri")
    if match[1] is not None and (not _USER.match(match[1]) or match[1].startswith(":")):
        raise Unclear("user") if re.match(r"[^ \x00-\x1f<>\"]+$", match[1]) else Bad("user")
    if match[2].startswith("[") and address(match[2]) is None:
        raise Bad("uri host")
    if match[3] and not 1 <= int(match[3]) <= 65535:
        raise Unclear("uri port") if int(match[3]) == 0 else Bad("uri port")
    if match[5] and re.search(r"[ \t\"<>]", match[5]):
        raise Unclear("uri headers")
    found = []
    for one in match[4].split(";")[1:]:
        if not _URI_PARAM.match(one):
            raise Unclear("uri parameter") if _LOOSE_URI_PARAM.match(one) else Bad("uri parameter")
        key, equals, value = one.partition("=")
        found.append((key.lower(), value if equals else None))
    if len({key for key, _ in found}) < len(found):
        raise Unclear("uri parameter twice")
    return Uri(scheme, raw, match[1], match[2], int(match[3] or 0), found, match[5] or "")


@dataclass
class NameAddr:
    uri_text: str
    parameters: list

    def get(self, name):
        for key, value in self.parameters:
            if key == name:
                return value or ""
        return None


def parse_name_addr(raw, brackets_needed=False):
    text = unfold(raw).strip(" \t")
    at, quoted = 0, False
    while at < len(text) and (quoted or text[at] != "<"):
        if quoted and text[at] == "\\":
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        at += 1
    if at >= len(text):
        if brackets_needed or quoted:
            raise Bad("name-addr")
        uri, semicolon, rest = text.partition(";")
        uri = uri.rstrip(" \t")
        if re.match(r"[^ \t\":;<>]*[^A-Za-z0-9+.\-:][^ \t\":;<>]*:", uri):
            raise Unclear("scheme of an addr-spec")
        if not re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:[^ \t\",?<>]+$", uri):
            raise Bad("addr-spec")
        return NameAddr(uri, parameters(semicolon + rest))
    if not _DISPLAY.match(text[:at]):
        raise Unclear("display name")
    end = text.find(">", at)
    if end < 0:
        raise Bad("name-addr")
    if not text[at + 1:end].strip():
        raise Bad("empty uri")
    if "<" in text[at + 1:end] or re.search(r";[ \t]*(;|$)", text[end + 1:]):
        raise Unclear("name-addr")
    return NameAddr(text[at + 1:end], parameters(text[end + 1:]))


def unfold(text):
    return re.sub(r"\r\n(?=[ \t])", "", text)


@dataclass
class Row:
    name: str  # long and in lower case
    value: str  # unfolded and trimmed
    raw: str  # all bytes with the line end


@dataclass
class Message:
    start: str
    rows: list
    body: str

    def values(self, name):
        return [row.value for row in self.rows if row.name == name]

    def first(self, name):
        found = self.values(name)
        return found[0] if found else None


def has_stray_control(text, comments=False):
    """A control byte, other than HTAB, that is no quoted pair in quotes (or in comments, where the header has them);
    `text` is a row without its line ends."""
    if not re.search(r"[\x00-\x08\x0a-\x1f]", text):
        return False
    quoted, depth, pairs, at = False, 0, False, 0
    while at < len(text):
        c = text[at]
        if (quoted or depth) and c == "\\":
            pairs |= ord(text[at + 1:at + 2] or " ") < 0x20
            at += 2
            continue
        if c == '"' and not depth:
            quoted = not quoted
        elif not quoted and c in "()" and comments:
            depth = max(0, depth + (1 if c == "(" else -1))
        if ord(c) < 0x20 and c != "\t":
            return True
        pairs &= quoted or depth > 0
        at += 1
    # What is not closed was no quotes and no comment.
    return pairs


def split_message(text):
    """The message and the faults of its framing; raises Bad with code 0 where nothing can be answered."""
    while text.startswith("\r\n"):
        text = text[2:]
    end = text.find("\r\n\r\n")
    if end < 0:
        raise Bad("header section without an end", 0)
    head, body = text[:end + 2], text[end + 4:]
    faults = []
    if re.search(r"\r(?!\n)|(?<!\r)\n", head):
        faults.append(400)
    start, _, rest = head.partition("\r\n")
    rows = []
    if rest[:1] in ("\t", " "):
        faults.append(400)
    for raw in re.findall(r"(?:[^\r]|\r(?!\n)|\r\n(?=[ \t]))*\r\n", rest):
        match = _ROW.match(raw[:-2])
        if not match:
            faults.append(400)
            continue
        name = match[1].lower()
        if has_stray_control(unfold(match[2]), name in ("user-agent", "server", "retry-after")):
            faults.append(400)
        rows.append(Row(COMPACT.get(name, name), unfold(match[2]).strip(" \t"), raw))
    return Message(start, rows, body), faults


def is_call_id(text):
    return bool(_WORD.match(text))
