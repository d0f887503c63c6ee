# SPDX-License-Identifier: Apache-2.0
"""A caller and a server made of bare sockets, so that every byte on either side is known."""

from harness.netns_socket import udp_endpoint
from harness.siplog import parse_message
from harness.topology import CALLER, INSIDE_LISTENER, VIP

CALLER_PORT = 5099
# Another address than the one it sends from: asks for received and rport.
SENT_BY = "192.0.2.55:5070"
BODY = "v=0\r\no=- 1 1 IN IP4 192.0.2.55\r\ns=-\r\nc=IN IP4 192.0.2.55\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"


class RawCall:
    def __init__(self, test, bench, call_id="raw-1@192.0.2.55"):
        topology = bench.topology
        self.caller = udp_endpoint(topology.callers_ns, CALLER, CALLER_PORT)
        self.server = udp_endpoint(topology.backends_ns, topology.backend_addresses[0], 5060)
        test.addCleanup(self.caller.close)
        test.addCleanup(self.server.close)
        self.inside = (VIP if topology.one_network else INSIDE_LISTENER, 5060)
        self.server_address = topology.backend_addresses[0]
        self.call_id = call_id

    def request(self, method, branch, cseq, uri=f"sip:bob@{VIP}", to_tag="", extra=(), body=""):
        """A caller's request as text."""
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {SENT_BY};rport;branch={branch}", *extra,
                 "Max-Forwards: 70", "From: \"Alice\" <sip:alice@192.0.2.55>;tag=a1",
                 f"To: <sip:bob@{VIP}>{';tag=' + to_tag if to_tag else ''}", f"Call-ID: {self.call_id}",
                 f"CSeq: {cseq} {method}", f"Contact: <sip:alice@{CALLER}:{CALLER_PORT}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])

    def invite(self, branch="z9hG4bKraw1", cseq=1):
        return self.request("INVITE", branch, cseq, body=BODY)

    def from_caller(self, text):
        """Sends to the listener; returns what the server got, as text."""
        self.caller.sendto(text.encode(), (VIP, 5060))
        return self.at_server()

    def at_server(self):
        data, source = self.server.recvfrom(65536)
        self.last_server_source = source
        return data.decode()

    def from_server(self, text):
        """Sends to the inside; returns what the caller got, as text."""
        self.server.sendto(text.encode(), self.inside)
        data, source = self.caller.recvfrom(65536)
        self.last_caller_source = source
        return data.decode()

    @staticmethod
    def answer(request_text, status, to_tag="b1", extra=()):
        """A response as a server writes it: Via and Record-Route repeated in order."""
        request = parse_message(request_text)
        lines = [f"SIP/2.0 {status}"] + [f"Via: {via}" for via in request.headers["via"]]
        lines += [f"Record-Route: {route}" for route in request.headers.get("record-route", [])]
        to = request.first("to")
        lines += [f"From: {request.first('from')}", f"To: {to}" if ";tag=" in to else f"To: {to};tag={to_tag}",
                  f"Call-ID: {request.call_id}", f"CSeq: {request.first('cseq')}", *extra, "Content-Length: 0", "", ""]
        return "\r\n".join(lines)


def without(text, *prefixes):
    """The lines of a message that do not begin with one of `prefixes`."""
    return [line for line in text.split("\r\n") if not line.lower().startswith(tuple(p.lower() for p in prefixes))]
