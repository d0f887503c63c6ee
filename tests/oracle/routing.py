# SPDX-License-Identifier: Apache-2.0
"""RFC 3261 §16.4 to §16.6 for one request: Route, Request-URI and target."""

import ipaddress
import re

from . import grammar
from .expected import Expected, Hop, endpoint, is_unicast, marks
from .grammar import Unclear


def may_be_request_uri(uri):
    return uri.scheme in ("sip", "tel", "urn") and not uri.headers


class Routing:
    """§16.4 to §16.6 for one request: Route, Request-URI and target."""

    def __init__(self, model, request):
        self.model, self.request = model, request
        self.uri = request.uri
        self.rows = []  # of Route values: (text, Uri, is loose)
        message_rows = request.message.values("route")
        for value in message_rows:
            row = []
            for one in grammar.split_list(value):
                parsed = grammar.parse_name_addr(one, brackets_needed=True)
                uri = grammar.parse_uri(parsed.uri_text)
                row.append((one.strip(" \t"), uri, uri.get("lr") is not None))
            self.rows.append(row)
        self.own = []  # values of ours, in order, with their tokens
        self.undone = False
        self._undo_strict_router()
        self._strip_maddr()
        self._pop()
        if len(self.own) > 8 and len(message_rows) > 8:
            raise Unclear("own Route values in more than eight rows")
        self.left = [one for row in self.rows for one in row]

    def _undo_strict_router(self):
        if self.uri.scheme != "sip" or not self.model.is_ours(self.uri):
            return
        token = self.model.token(self.uri, self.request)
        values = [row for row in self.rows if row]
        if token is None or not values or not may_be_request_uri(values[-1][-1][1]):
            return
        self.own.append((self.uri, token))
        self.uri = values[-1].pop()[1]
        self.undone = True

    def _strip_maddr(self):
        uri, listener = self.uri, self.request.listener
        maddr = uri.get("maddr") if uri.scheme == "sip" else None
        if not maddr or self.undone:
            return
        named = self.model.is_listener(maddr, uri.port) or self.model.is_named(maddr, uri.port)
        if not named or (uri.port or 5060) != listener.port or (uri.get("transport") or "udp").lower() != "udp":
            return
        text = re.sub(r";maddr=[^;]*", "", uri.raw, flags=re.I)
        if uri.port and uri.port != 5060:
            text = re.sub(rf":{uri.port}(?=;|$)", "", text)
        self.uri = grammar.parse_uri(text)

    def _pop(self):
        while True:
            row = next((row for row in self.rows if row), None)
            if row is None or not self.model.is_ours(row[0][1]):
                return
            uri = row.pop(0)[1]
            self.own.append((uri, self.model.token(uri, self.request)))

    # -- targets ----------------------------------------------------------------------------------------------------

    def decide(self):
        hop = self._inside() if self.request.inside else self._outside()
        if isinstance(hop, Expected):
            return hop
        if hop.follows_route and self.left and not self.left[0][2] and may_be_request_uri(self.left[0][1]):
            text = self.left[0][1].raw
            for row in self.rows:
                if row:
                    row.pop(0)
                    break
            self.rows.append([(f"<{self.uri.raw}>", self.uri, False)])
            expected = self._forward(hop, text)
            expected.swapped = True
            return expected
        return self._forward(hop, self.uri.raw)

    def _forward(self, hop, uri_text):
        request = self.request
        expected = Expected("forward", message=request.message, hop=hop, uri=uri_text, routes=self.rows,
                            body=request.body, request=request)
        expected.forwards = 70 if request.forwards is None else request.forwards - 1
        expected.received, expected.rport = marks(request, forced=True)
        return expected

    def _partners(self, names):
        return [self.model.world.listener(name) for name in names] or [self.request.listener]

    def _pool_hop(self, pool, backends):
        listener = self.request.listener
        inner = self._partners(listener.inner)
        if listener.side == "inside":
            # One of the other address family stands beside it.
            inner = [listener, *(one for outer in self._partners(listener.outer) for one in self._partners(outer.inner)
                                 if one.address.version != listener.address.version)]
        return Hop({endpoint(ipaddress.ip_address(one), 5060) for one in backends}, inner, backend=pool)

    def _outside(self):
        model, request = self.model, self.request
        pool = request.listener.pool
        members = model.world.pools[pool]
        back = self._turns_back()
        if back is not None:
            return back
        cookies = [token.backend for _, token in self.own if token is not None and token.backend in members]
        if cookies and self.own[-1][1] is not None:
            return self._pool_hop(pool, [self.own[-1][1].backend or cookies[-1]])
        if cookies:
            return self._pool_hop(pool, {cookies[-1], *members})
        if request.to_tag is not None:
            literal = self._literal(members)
            if literal:
                return self._pool_hop(pool, [literal])
        return self._picked(pool)

    def _picked(self, pool):
        """By the table, by the dialog that the request names, or by policy."""
        named = self._named_dialog()
        if named is None or self.request.to_tag is not None or self.request.method in ("ACK", "CANCEL"):
            # Within a dialog it is the dialog itself that counts, and CANCEL and ACK go where their INVITE went.
            hop = self._pool_hop(pool, self._home(pool))
            hop.picked = True
            return hop
        if (pool, self.request.call_id) in self.model.homes:
            # Whether the table knows this Call-ID hangs on the methods before.
            return self._pool_hop(pool, self.model.world.pools[pool])
        return self._pool_hop(pool, self._home(pool, named))

    def _named_dialog(self):
        for name in ("replaces", "join", "target-dialog"):
            value = self.request.message.first(name)
            if value:
                return value.split(";")[0].strip()
        return None

    def _literal(self, members):
        """A backend that the next Route or the Request-URI names by its address."""
        target = self.left[0][1] if self.left else self.uri
        found = self._numeric(target)
        return str(found[0]) if found and str(found[0]) in members and found[1] == 5060 else None

    def _crosses_back(self):
        """Whether own values, all with tokens that verify, cross an even number of times; a pair crosses once."""
        if any(token is None for _, token in self.own):
            return False
        count, at = 0, 0
        while at < len(self.own):
            token = self.own[at][1]
            at += 2 if token.pair else 1
            count += 1
        return count > 0 and count % 2 == 0

    def _turns_back(self):
        """Own values that cross twice and whose tokens all verify: back outside to the last flow (decision 0015)."""
        last = self.own[-1][1] if self.own else None
        if not self._crosses_back() or last.kind != "rr":
            return None
        if last.flow is None:
            outside = self.request.listener.side == "outside"
            inner = self._partners(self.request.listener.inner) if outside else [self.request.listener]
            found = None if self.left else self._numeric(self.uri)
            if found and any(self._is_allowed(found[0], one) for one in inner) and is_unicast(found[0]):
                return Hop({endpoint(*found)}, self.model.world.listeners)
            return None
        return Hop({last.flow[0]}, [self.model.world.listener(last.flow[1])], flow=last.flow, follows_route=True)

    @staticmethod
    def _numeric(uri):
        if uri.scheme != "sip":
            return None
        found = grammar.address(uri.get("maddr") or uri.host)
        return None if found is None else (found, uri.port or 5060)

    def _inside(self):
        request = self.request
        token = self.own[-1][1] if self.own else None
        if self._crosses_back():
            # Back where it came from: to the backend that the last token names.
            pool = self._partners(request.listener.outer)[0].pool or request.listener.pool
            is_member = token.backend in self.model.world.pools[pool]
            return self._pool_hop(pool, [token.backend] if is_member else self._home(pool))
        if token is not None and token.flow is not None:
            return Hop({token.flow[0]}, [self.model.world.listener(token.flow[1])], flow=token.flow, follows_route=True)
        if self.left:
            return self._to_uri(self.left[0][1], True)
        if self.model.is_ours(self.uri) and self.uri.get("maddr") is None:
            if request.listener.hairpin == "balance":
                return self._picked(request.listener.pool)
            return self.model.refuse(request, [482])
        # The value popped last decides (docs/decisions/0014).
        trusted = token is not None and token.kind == "rr"
        return self._to_uri(self.uri, trusted)

    def _home(self, pool, call_id=None):
        """Where the dialog is: one backend as long as nothing but policy and table sent its messages anywhere."""
        key = (pool, call_id or self.request.call_id)
        homes, picked = self.model.homes.get(key, set()), self.model.picked.get(key, set())
        return picked if len(picked) == 1 and homes == picked else set(self.model.world.pools[pool])

    @staticmethod
    def _is_allowed(address, listener):
        return listener.outbound == "literal" and any(
            address in ipaddress.ip_network(one) for one in listener.outbound_allow)

    def _to_uri(self, uri, trusted):
        request, listener = self.request, self.request.listener
        if uri.scheme == "sips" or (uri.get("transport") or "udp").lower() != "udp":
            return self.model.refuse(request, ["no_transport"])
        found = self._numeric(uri)
        allowed = trusted or (found is not None and self._is_allowed(found[0], listener))
        if found is not None and allowed:
            if any(one.address == found[0] for one in self.model.world.listeners):
                return self.model.refuse(request, [482])
            if not is_unicast(found[0]):
                return self.model.refuse(request, ["no_next_hop"])
            outer = [listener] if listener.side != "inside" else self._partners(listener.outer)
            outer = [one for one in outer if one.address.version == found[0].version]
            if not outer:
                return self.model.refuse(request, ["no_next_hop"])
            return Hop({endpoint(*found)}, outer, follows_route=bool(self.left))
        if listener.outbound.startswith("pool "):
            return self._picked(listener.outbound.split()[1])
        return self.model.refuse(request, ["no_next_hop"])
