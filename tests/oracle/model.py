# SPDX-License-Identifier: Apache-2.0
"""What Dialplane must do with a datagram, from the rules alone (docs/sip-conformance.md, docs/wire-formats.md).

Tokens are opaque: the model learns from what leaves which token stands for what, and holds the program to it."""

import re

from . import grammar
from .checks import (check_cseq, check_fields, check_routes, check_single, check_uri, cseq, cut_body, tag, tokens,
                     vias)
from .expected import Expected, Hop, Request, endpoint, is_unicast, marks, split_endpoint
from .grammar import Bad, Unclear
from .routing import Routing

_CODES = {200: "options_ok", 400: "bad_request", 403: "forbidden", 405: "method_not_allowed", 416: "uri_scheme",
          420: "bad_extension", 482: "loop", 483: "too_many_hops", 501: "not_implemented", 505: "version"}


class Model:
    def __init__(self, world):
        self.world = world
        self.tokens = {}  # dp in lower case -> Token
        self.vouched = {}  # dps in lower case -> (branch, Call-ID, sent-by, received, rport, listener)
        self.written = {}  # what a token of ours says -> its text
        self.branches = {}  # key of a transaction -> branch
        self.keys = {}  # branch -> key
        self.answers = {}  # key of an answer -> To tag
        self.homes = {}  # (pool, Call-ID) -> backends that had messages of it
        self.picked = {}  # the same, of those that policy or table picked

    # -- what a message is ------------------------------------------------------------------------------------------

    def expect(self, text, source, listener):
        """What must become of the datagram `text` from `source` to `listener`."""
        if any(one.address == split_endpoint(source)[0] for one in self.world.listeners):
            return Expected("drop", {"bad_source"})
        if not text.strip("\r\n\0"):
            return Expected("drop", {"keepalive"})
        if text[0] in "\0\1\2\3":
            return Expected("drop", {"malformed_request", "malformed_stun"})
        try:
            message, faults = grammar.split_message(text)
        except Bad as bad:
            return Expected("drop", {"malformed_request", "malformed_ack", "malformed_response"}, why=str(bad))
        if "\x7f" in text:
            return Expected("any", why="DEL is no text, but does no harm either")
        if re.match(r"SIP/[0-9]", message.start, re.I):
            try:
                expected = self._expect_response(message, faults)
            except Unclear as unclear:
                return Expected("any", why=str(unclear))
            sender = split_endpoint(source)[0]
            expected.strip_retry_after = (self.world.retry_after == "strip" and " 503 " in message.start
                                          and bool(self.world.pool_of(sender)))
            return expected
        try:
            expected = self._expect_request(message, faults, source, listener)
        except Unclear as unclear:
            return Expected("any", why=str(unclear))
        if expected.request:
            expected.request.size = len(text)
        return expected

    def lose_sight_of(self, text):
        """Where this message's dialog is cannot be said any more."""
        for call_id in re.findall(r"(?im)^(?:call-id|i)[ \t]*:\s*([^\r\n]*)", text):
            for pool in self.world.pools:
                self.homes.setdefault((pool, call_id.strip(" \t")), set()).add("")

    def _expect_response(self, message, faults):
        malformed = Expected("drop", {"malformed_response"})
        start = re.fullmatch(r"SIP/2\.0 ([1-6][0-9][0-9]) (.*)", message.start, re.I | re.S)
        try:
            if faults or not start or grammar.has_stray_control(message.start):
                raise Bad("framing")
            check_single(message)
            body = cut_body(message)
            cseq(message)
            values = vias(message)
            call_id = message.first("call-id")
            if not grammar.is_call_id(call_id):
                raise Bad("call-id")
            for name in ("from", "to"):
                tag(message.first(name))
            via = grammar.parse_via(values[0])
        except Unclear:
            raise
        except (Bad, TypeError) as bad:
            malformed.why = str(bad)
            return malformed
        if not self.is_listener(via.host, via.port):
            return Expected("drop", {"foreign_response"})
        if len(values) < 2:
            return Expected("drop", {"single_via", "forged_response"})
        try:
            below = grammar.parse_via(values[1])
        except Unclear:
            raise
        except Bad:
            return Expected("drop", {"malformed_response", "forged_response", "bad_next_hop"})
        known = self.vouched.get((via.get("dps") or "").lower())
        received = grammar.address(below.get("received") or "")
        claimed = ((via.get("branch") or "").lower(), call_id, self.sent_by(below), received, below.get("rport") or "0")
        if known is None or known[:5] != claimed:
            return Expected("drop", {"forged_response"}, why=f"{known} != {claimed}")
        return self._send_response(message, below, known[5], body, start)

    def _send_response(self, message, below, listener, body, start):
        target = grammar.address(below.get("received") or "") or grammar.address(below.host)
        if target is None:
            return Expected("drop", {"bad_next_hop"})
        port = int(below.get("rport") or 0) or below.port or 5060
        if not is_unicast(target) or any(one.address == target for one in self.world.listeners):
            return Expected("drop", {"bad_next_hop"})
        message.start = f"SIP/2.0 {start[1]} {start[2]}"
        return Expected("forward", message=message, body=body, hop=Hop({endpoint(target, port)}, [listener]))

    # -- requests: checks -------------------------------------------------------------------------------------------

    def _expect_request(self, message, faults, source, listener):
        start = re.fullmatch(r"([^ ]+) ([^ ]+) ([^ ]+)", message.start, re.S)
        method = message.start.split(" ")[0]
        request = Request(message, method, start[2] if start else "", source, listener)
        try:
            request.via = grammar.parse_via(vias(message)[0])
        except Unclear:
            raise
        except Bad as bad:
            return Expected("drop", {"malformed_request", "malformed_ack"}, why=str(bad))
        if grammar.has_stray_control(message.start):
            raise Unclear("control bytes in the start line")
        if not re.match(r"[A-Za-z0-9\-.!%*_+`'~]+ ", message.start):
            return Expected("drop", {"malformed_request", "malformed_ack"}, why="start")
        if any(grammar.has_stray_control(row.raw.replace("\r\n", "")) for row in message.rows if row.name == "via"):
            return Expected("drop", {"malformed_request", "malformed_ack"}, why="a Via that no answer may repeat")
        codes = list(faults)
        if not start or not re.fullmatch(r"[A-Za-z0-9\-.!%*_+`'~]+", method):
            codes.append(400)
        elif start[3].upper() != "SIP/2.0":
            codes += [505] if re.fullmatch(r"SIP/[0-9]+\.[0-9]+", start[3], re.I) else [400, 505]
        for check in (check_single, check_fields, check_cseq, check_uri, check_routes):
            try:
                check(request if check != check_single else message)
            except Unclear:
                raise
            except Bad as bad:
                codes.append(bad.code)
        if self._is_own_ack(request):
            return Expected("drop", {"own_ack", "malformed_ack"})
        if codes:
            if method == "ACK":
                return Expected("drop", {"malformed_ack"})
            # Which of several faults is found first is left open.
            codes += [420] if message.values("proxy-require") else []
            return self._reply(request, codes, "malformed")
        return self._admit(request)

    # -- requests: what is ours -------------------------------------------------------------------------------------

    def is_listener(self, host, port):
        found = grammar.address(host)
        return any(one.address == found and one.port == (port or 5060) for one in self.world.listeners)

    def is_ours(self, uri):
        """A URI that names a listener: address or name, port (5060 if absent), and no other transport."""
        if uri.scheme != "sip" or (uri.get("transport") or "udp").lower() != "udp":
            return False
        if self.is_listener(uri.host, uri.port):
            return True
        return self.is_named(uri.host, uri.port)

    def is_named(self, host, port):
        """A name means all of us, on every port that is served."""
        served = any(one.port == (port or 5060) for one in self.world.listeners)
        return served and any(host.lower() in one.names for one in self.world.listeners)

    def names_us(self, uri):
        """As above, by whatever transport."""
        if uri.scheme != "sip" or uri.get("maddr") is not None:
            return False
        return self.is_named(uri.host, uri.port) or self.is_listener(uri.host, uri.port)

    def token(self, uri, request):
        """The token of a URI of ours, if it verifies for this request."""
        known = self.tokens.get((uri.get("dp") or "").lower())
        if known is None or (known.kind == "rr" and known.call_id != request.call_id):
            return None
        return known

    def _is_own_ack(self, request):
        if request.method != "ACK" or not request.to_tag:
            return False
        return self.answers.get(self.answer_key(request)) == request.to_tag.lower()

    @staticmethod
    def answer_key(request):
        return (request.call_id, request.from_tag, request.cseq, (request.via.get("branch") or "").lower())

    @staticmethod
    def sent_by(via):
        found = grammar.address(via.host)
        return (str(found) if found else via.host.lower(), via.port or 5060)

    def transaction_key(self, request):
        """What the branch may depend on, and must (docs/wire-formats.md)."""
        branch = request.via.get("branch") or ""
        if branch.lower().startswith("z9hg4bk") and len(branch) > 7:
            return (branch.lower(), self.sent_by(request.via), request.call_id, request.from_tag, request.cseq)
        # Another spelling of the same Via may give the same branch or another one.
        plain = re.sub(r";[ \t\r\n]*(received|rport)\b[^;]*", "", request.via.raw, flags=re.I)
        return ("plain", plain, request.from_tag, request.call_id, request.cseq, request.uri_text)

    # -- requests: decisions ----------------------------------------------------------------------------------------

    def _reply(self, request, codes, why=""):
        names = {_CODES.get(code, code) for code in codes}
        expected = Expected("reply", names, why=why, message=request.message, request=request)
        expected.marks = marks(request, forced=False)
        return expected

    def refuse(self, request, codes, why=""):
        if request.method == "ACK":
            return Expected("drop", {"unanswered_ack"}, why=why)
        return self._reply(request, codes, why)

    def _admit(self, request):
        """§16.3 after the syntax: who sends, and what can be decided without a target."""
        listener = request.listener
        sender = split_endpoint(request.source)[0]
        pools = self.world.pool_of(sender)
        backend = bool(pools)
        request.inside = backend and listener.side == "inside" or listener.side == "both" and listener.pool in pools
        unsupported = request.method not in ("ACK", "CANCEL") and tokens(request.message, "proxy-require")
        if listener.side == "inside" and not backend:
            return self.refuse(request, [403] + ([420] if unsupported else []))
        route = Routing(self, request)
        refused = []
        allowed = [*listener.methods, "ACK", "CANCEL"]
        if not request.inside and "*" not in listener.methods and request.method not in allowed:
            refused.append(405)
        if self._is_options_for_us(request, route) and not refused:
            tags = tokens(request.message, "require")
            if unsupported:
                # It is for us, and so no proxy is asked; but that is found out late.
                return self._reply(request, [420] + ([200] if request.forwards == 0 else []))
            return self._reply(request, [420] if tags and not request.inside else [200])
        if request.forwards == 0:
            return self.refuse(request, [483] + refused)
        if unsupported or refused:
            return self._reply(request, ([420] if unsupported else []) + refused)
        return route.decide()

    def _is_options_for_us(self, request, route):
        if request.method != "OPTIONS" or request.to_tag is not None or not self.names_us(route.uri):
            return False
        if route.left:
            return False
        if request.inside:
            return not route.uri.user or request.listener.options == "answer-any"
        if request.listener.options == "forward":
            return False
        return request.listener.options == "answer-any" or route.uri.user is None
