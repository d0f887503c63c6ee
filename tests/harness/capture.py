# SPDX-License-Identifier: Apache-2.0
"""Captures on an interface of a namespace, and reads the frames back."""

import socket
import struct
from dataclasses import dataclass

from .process import wait_until

_ETHERTYPE_IPV4 = 0x0800
_ETHERTYPE_ARP = 0x0806
_UDP = 17


@dataclass(frozen=True)
class Datagram:
    source: tuple
    destination: tuple
    payload: bytes
    ttl: int
    dont_fragment: bool
    checksum_given: bool
    """The UDP checksum field is not zero."""
    checksum_right: bool


class Capture:
    """A running tcpdump; what is read before stop() may lack the last frames."""

    def __init__(self, supervisor, directory, label, netns, interface, filter_text=""):
        self.path = directory / f"{label}.pcap"
        argv = ["tcpdump", "--immediate-mode", "-Z", "root", "-i", interface, "-U", "-n", "-s", "0", "-w", self.path, *filter_text.split()]
        self.process = supervisor.start(f"tcpdump {label}", argv, directory / f"{label}.tcpdump", netns=netns)
        wait_until(lambda: "listening on" in self.process.log.read_text(errors="replace"), 10, "tcpdump listens",
                   watch=supervisor.check)
        self.supervisor = supervisor

    def stop(self):
        self.supervisor.forget(self.process)
        self.process.stop()
        return self

    def timed_frames(self):
        """Pairs of the time a frame was seen (Unix time) and the frame."""
        data = self.path.read_bytes()
        at, found = 24, []
        while at + 16 <= len(data):
            seconds, microseconds, length = struct.unpack_from("<III", data, at)
            if at + 16 + length > len(data):
                break
            found.append((seconds + microseconds / 1e6, data[at + 16:at + 16 + length]))
            at += 16 + length
        return found

    def frames(self):
        return [frame for _, frame in self.timed_frames()]

    def arp_frames(self):
        return [f for f in self.frames() if len(f) >= 42 and struct.unpack_from("!H", f, 12)[0] == _ETHERTYPE_ARP]

    def datagrams(self):
        return [d for d in map(_datagram, self.frames()) if d]

    def timed_datagrams(self):
        return [(time, d) for time, frame in self.timed_frames() if (d := _datagram(frame))]


def _datagram(frame):
    if len(frame) < 42 or struct.unpack_from("!H", frame, 12)[0] != _ETHERTYPE_IPV4 or frame[23] != _UDP:
        return None
    header = (frame[14] & 15) * 4
    total = struct.unpack_from("!H", frame, 16)[0]
    ip, udp = frame[14:14 + header], frame[14 + header:14 + total]
    sport, dport, length, checksum = struct.unpack_from("!HHHH", udp)
    pseudo = ip[12:20] + struct.pack("!BBH", 0, _UDP, length)
    return Datagram((socket.inet_ntoa(ip[12:16]), sport), (socket.inet_ntoa(ip[16:20]), dport), udp[8:length], ip[8],
                    bool(ip[6] & 0x40), checksum != 0, _sum16(pseudo + udp[:length]) == 0xFFFF)


def _sum16(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total
