# SPDX-License-Identifier: Apache-2.0
"""Sockets that live in another network namespace than this process."""

import ctypes
import os
import socket

from .errors import BenchError

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def _setns(descriptor):
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        raise BenchError(f"setns: {os.strerror(ctypes.get_errno())}")


def open_socket(netns, kind=socket.SOCK_DGRAM, family=socket.AF_INET):
    """A socket of `netns`; this thread is back in its own namespace afterwards."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(f"/run/netns/{netns}", os.O_RDONLY)
        try:
            _setns(there)
            return socket.socket(family, kind)
        finally:
            os.close(there)
            _setns(home)
    finally:
        os.close(home)


def udp_endpoint(netns, address, port, timeout_s=3.0):
    """A bound UDP socket of `netns`."""
    sock = open_socket(netns, family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.settimeout(timeout_s)
    sock.bind((address, port))
    return sock
