# SPDX-License-Identifier: Apache-2.0
"""One end of a SIP dialog as RFC 3261 §12 keeps it: tags, CSeq, route set, remote target. Writes its messages."""

import re
from dataclasses import dataclass, field

from .siplog import Message, param, parse_message
from .topology import bracketed

_SIP_PORT = 5060
_NUMERIC = re.compile(r"(?:[^@<>;]*@)?(\[[0-9a-fA-F:.]+\]|[0-9.]+)(?::(\d+))?(?=[;>?\s]|$)")


@dataclass
class Outgoing:
    """A message that is about to leave `sender` (a Station) for `destination`."""
    sender: object
    data: bytes
    destination: tuple
    message: Message = field(repr=False)
    side: str = ""
    """Where it arrives, if not on the other side."""
    answered: int = 0
    """Status of the answer that comes instead of an arrival."""

    @property
    def arrives(self):
        """What it, or what is wanted instead, is known by when it arrives, whatever a proxy did to it."""
        m = self.message
        side = self.side or ("inside" if self.sender.side == "outside" else "outside")
        return (side, m.call_id, self.answered or (m.method if m.is_request else m.status), m.cseq)


def host_and_port(uri):
    """Where a numeric SIP URI leads, with or without brackets round it; None if it names a host."""
    found = _NUMERIC.match(uri.partition("sip:")[2])
    return (found.group(1).strip("[]"), int(found.group(2) or _SIP_PORT)) if found else None


def _via_target(via):
    """Where a response with this top Via goes (RFC 3261 §18.2.2, RFC 3581)."""
    host, port = host_and_port("sip:" + via.split(" ", 1)[1].split(";")[0].strip())
    return (param(via, "received") or host, int(param(via, "rport") or port))


def message_text(start_line, headers, body=""):
    return "\r\n".join([start_line, *headers, f"Content-Length: {len(body)}", "", body])


def outgoing(sender, text, destination):
    return Outgoing(sender, text.encode(), destination, parse_message(text, sent=True))


class Party:
    """`station` sends and receives; `first_hop` is where requests go that have no Route (None: to their target)."""

    def __init__(self, station, call_id, user, tag, first_hop=None):
        self.station = station
        self.call_id = call_id
        self.tag = tag
        self.first_hop = first_hop
        self.contact = f"sip:{user}@{bracketed(station.address[0])}:{station.address[1]}"
        self.local = f"<sip:{user}@example.org>"
        self.remote = ""
        self.remote_tag = ""
        self.remote_target = ""
        self.route_set = []
        self.cseq = 0
        self.branches = 0

    def branch(self):
        self.branches += 1
        return f"z9hG4bK{self.tag}.{self.branches}"

    def request(self, method, *, branch="", cseq=0, uri="", to_tag=None, routes=None, vias=(), extra=(), hops=70, body=""):
        """Whatever is not given is what the dialog says; a `cseq` of its own leaves the count alone."""
        if not cseq:
            self.cseq += 1
        cseq = cseq or self.cseq
        uri = uri or self.remote_target
        routes = self.route_set if routes is None else routes
        to_tag = self.remote_tag if to_tag is None else to_tag
        sent_by = f"{bracketed(self.station.address[0])}:{self.station.address[1]}"
        headers = [f"Via: SIP/2.0/UDP {sent_by};rport;branch={branch or self.branch()}", *(f"Via: {via}" for via in vias),
                   f"Max-Forwards: {hops}", *(f"Route: {route}" for route in routes),
                   f"From: {self.local};tag={self.tag}", f"To: {self.remote}" + (f";tag={to_tag}" if to_tag else ""),
                   f"Call-ID: {self.call_id}", f"CSeq: {cseq} {method}", f"Contact: <{self.contact}>", *extra]
        destination = self.first_hop or host_and_port(routes[0] if routes else uri)
        return outgoing(self.station, message_text(f"{method} {uri} SIP/2.0", headers, body), destination)

    def answer(self, request, status, tag=None, extra=()):
        """A response to `request`, which this end has received, with the tag of this end unless the To has one."""
        to = request.first("to")
        if ";tag=" not in to and not status.startswith("100"):
            to += f";tag={tag or self.tag}"
        headers = [f"Via: {via}" for via in request.headers["via"]]
        headers += [f"Record-Route: {route}" for route in request.headers.get("record-route", [])]
        headers += [f"From: {request.first('from')}", f"To: {to}", f"Call-ID: {request.call_id}",
                    f"CSeq: {request.first('cseq')}", f"Contact: <{self.contact}>", *extra]
        return outgoing(self.station, message_text(f"SIP/2.0 {status}", headers), _via_target(request.values("via")[0]))

    def learn_from_request(self, request):
        """Becomes the callee's end of the dialog that `request` begins (§12.1.1)."""
        self.local = request.first("to").partition(";tag=")[0]
        self.remote, _, self.remote_tag = request.first("from").partition(";tag=")
        self._learn(request, request.values("record-route"))

    def learn_from_response(self, response):
        """Becomes the caller's end of the dialog that `response` makes (§12.1.2)."""
        self.remote_tag = response.first("to").partition(";tag=")[2]
        self._learn(response, response.values("record-route")[::-1])

    def _learn(self, message, routes):
        self.route_set = routes
        self.remote_target = message.first("contact").strip("<>")


def again(invite, method, to_tag=""):
    """CANCEL of `invite` (an Outgoing), or the ACK to its failure: same branch, Request-URI, CSeq number and Route (§9.1)."""
    m = invite.message
    to = f"{m.first('to')};tag={to_tag}" if to_tag and not m.in_dialog else m.first("to")
    headers = [f"Via: {m.values('via')[0]}", "Max-Forwards: 70", *(f"Route: {route}" for route in m.values("route")),
               f"From: {m.first('from')}", f"To: {to}", f"Call-ID: {m.call_id}", f"CSeq: {m.cseq[0]} {method}"]
    return outgoing(invite.sender, message_text(f"{method} {m.request_uri} SIP/2.0", headers), invite.destination)


def relayed(station, request, uri, routes, branch, record_route=""):
    """`request` as a proxy at `station` sends it on (§16.6)."""
    head, _, body = request.text.partition("\r\n\r\n")
    kept = [line for line in head.split("\r\n")[1:] if not line.lower().startswith(("route:", "max-forwards:"))]
    sent_by = f"{bracketed(station.address[0])}:{station.address[1]}"
    lines = [f"{request.method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {sent_by};branch={branch}",
             *([f"Record-Route: {record_route}"] if record_route else []), *(f"Route: {route}" for route in routes),
             f"Max-Forwards: {int(request.first('max-forwards')) - 1}", *kept]
    return outgoing(station, "\r\n".join(lines) + "\r\n\r\n" + body, host_and_port(routes[0] if routes else uri))


def returned(station, response):
    """`response` as a proxy at `station` sends it back: without its own Via (§16.7)."""
    lines = response.text.split("\r\n")
    del lines[next(number for number, line in enumerate(lines) if line.lower().startswith("via:"))]
    return outgoing(station, "\r\n".join(lines), _via_target(response.values("via")[1]))
