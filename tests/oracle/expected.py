# SPDX-License-Identifier: Apache-2.0
"""What the model says of a datagram, and the few words that all its parts share."""

import re
from dataclasses import dataclass, field

from . import grammar
from .grammar import Bad


@dataclass
class Token:
    """What a dp of ours stands for."""
    kind: str  # rr or path
    call_id: str
    backend: str = ""
    flow: tuple = None  # endpoint text, listener name
    pair: bool = False


@dataclass
class Hop:
    """Where a request may go: any of `endpoints`, from the address of one of `listeners`."""
    endpoints: set
    listeners: list
    backend: str = ""  # the pool it is a backend of
    picked: bool = False  # by policy or table
    flow: tuple = None
    follows_route: bool = False


@dataclass
class Expected:
    """`kind` is forward, reply or drop; `names` the verdict's names that will do (none: any)."""
    kind: str
    names: set = field(default_factory=set)
    why: str = ""
    message: grammar.Message = None
    hop: Hop = None
    uri: str = ""  # Request-URI that leaves
    routes: list = None  # Route values that leave, by row
    rport: str = None  # of the top Via that leaves
    received: str = None
    forwards: int = None
    body: str = ""
    request: object = None
    strip_retry_after: bool = False
    swapped: bool = False  # for a strict router behind us
    marks: tuple = (None, None)  # received and rport of an answer's top Via


@dataclass
class Request:
    """A request read: what the rules ask of it."""
    message: grammar.Message
    method: str
    uri_text: str
    source: str
    listener: object
    via: grammar.Via = None
    call_id: str = ""
    cseq: int = 0
    from_tag: str = ""
    to_tag: str = None
    forwards: int = None
    uri: grammar.Uri = None
    inside: bool = False
    body: str = ""
    size: int = 0


def endpoint(address, port):
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def split_endpoint(text):
    host, _, port = text.rpartition(":")
    return grammar.address(host), int(port)


def is_unicast(address):
    if address.is_multicast or address.is_loopback or address.is_unspecified:
        return False
    return str(address) != "255.255.255.255"


def number(text, most):
    if not re.fullmatch(r"[0-9]+", text) or int(text) > most:
        raise Bad(f"number {text!r}")
    return int(text)


def marks(request, forced):
    """received and rport that the top Via must have."""
    sender, port = split_endpoint(request.source)
    asked = request.via.get("rport") is not None or (forced and request.listener.force_rport)
    other = grammar.address(request.via.host) != sender
    return str(sender) if asked or other else None, str(port) if asked else None
