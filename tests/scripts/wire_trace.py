# SPDX-License-Identifier: Apache-2.0
"""Packets of golden cases and of docs/wire-formats.md as a capture file, and what tshark says of each."""

import ipaddress
import re
import struct

import tree

CASES = tree.ROOT / "tests" / "golden" / "cases"
_ENDPOINT = r"(\[[0-9a-fA-F:.]+\]|[0-9.]+):(\d+)"
_SECTION = re.compile(rf"^== (in|out) (\S+) {_ENDPOINT} > {_ENDPOINT}(?: (\w+))?.*\n((?:(?!== ).*\n)*)", re.MULTILINE)
_TRACE = re.compile(rf"^```sip (\S+\.case) {_ENDPOINT} > {_ENDPOINT}(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_RAW_IP = 101
_UDP = 17
_WARNING = 0x00600000


def payload(text, escaped):
    """The bytes of a packet as a case or the page writes it."""
    if not escaped:
        return text.replace("\n", "\r\n").encode()

    def plain(match):
        code = match.group(1)
        if code[:1] == b"x":
            return bytes([int(code[1:], 16)])
        return {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0"}.get(code, code)
    return _ESCAPE.sub(plain, text.replace("\n", "").encode())


def _packet(host_a, port_a, host_b, port_b, option, text):
    return ((host_a.strip("[]"), int(port_a)), (host_b.strip("[]"), int(port_b)), payload(text, option == "escaped"))


def case_packets(name, direction=""):
    """(source, destination, payload) of the packets of a case; all, or those in or out."""
    return [_packet(*match.groups()[2:]) for match in _SECTION.finditer((CASES / name).read_text())
            if direction in ("", match.group(1))]


def page_traces(page):
    """Name of the case and the packet, for every trace of a page."""
    return [(match.group(1), _packet(*match.groups()[1:])) for match in _TRACE.finditer(page)]


def _checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def _frame(source, destination, data):
    addresses = [ipaddress.ip_address(host) for host, _ in (source, destination)]
    packed = b"".join(address.packed for address in addresses)
    length = 8 + len(data)
    head = struct.pack(">HHH", source[1], destination[1], length)
    check = _checksum(packed + struct.pack(">II", length, _UDP) + head + b"\0\0" + data)
    datagram = head + struct.pack(">H", check) + data
    if addresses[0].version == 6:
        return struct.pack(">IHBB", 6 << 28, length, _UDP, 64) + packed + datagram
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, _UDP, 0) + packed
    return ip[:10] + struct.pack(">H", _checksum(ip)) + ip[12:] + datagram


def write_capture(path, packets):
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _RAW_IP)]
    for number, packet in enumerate(packets):
        frame = _frame(*packet)
        parts.append(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
    path.write_bytes(b"".join(parts))


def judge(path):
    """For every frame: its protocols, and what tshark warns of or calls malformed."""
    fields = ["frame.number", "frame.protocols", "_ws.expert.severity", "_ws.expert.message", "_ws.malformed"]
    result = tree.run(["tshark", "-r", path, "-T", "fields", "-E", "separator=\t", "-E", "aggregator=|",
                       *(word for field in fields for word in ("-e", field))])
    if result.returncode:
        raise RuntimeError(result.stderr)
    found = []
    # A field may hold a line feed of the packet.
    for record in re.split(r"\n(?=\d+\tr)", result.stdout.rstrip("\n")):
        _, protocols, severities, messages, malformed = (record.split("\t") + [""] * 4)[:5]
        grave = any(int(severity, 0) >= _WARNING for severity in severities.split("|") if severity)
        found.append((protocols.split(":"), (messages or malformed) if grave or malformed else ""))
    return found
