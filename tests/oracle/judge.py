# SPDX-License-Identifier: Apache-2.0
"""Holds what left against what the model expects, byte for byte, and tells the model what it can learn from it."""

import re

from . import grammar
from .grammar import Bad
from .checks import KNOWN_METHODS, tokens
from .expected import Token, split_endpoint

_OUR_VIA = re.compile(r"Via: SIP/2\.0/UDP (\S+?);branch=(z9hG4bKd[0-9a-f]{16});dps=([0-9a-f]{31})\r\n")
_OUR_ROUTE = re.compile(r"(Record-Route|Path): <sip:(\S+?);lr(;r2=on)?;dp=([a-z2-7]+)>\r\n")
# Length of a dp by type: without a flow, with one over IPv4, with one over IPv6 (docs/wire-formats.md).
_TOKEN_FLOWS = {"rr": {18: None, 24: None, 36: 4, 42: 4, 55: 6, 61: 6}, "path": {31: None, 48: 4, 68: 6}}


class Wrong(Exception):
    """What left is not what had to leave."""


def need(condition, what):
    if not condition:
        raise Wrong(what)


def judge(model, expected, outcome):
    """`outcome`: what the driver printed, as (verdict, name, source, destination, text). Raises Wrong."""
    verdict, name, *sent = outcome
    need(verdict in ("forward", "reply", "drop"), f"{verdict} {name}")
    if expected.kind == "forward" and name in ("no_neighbor", "no_route") and not expected.hop.backend:
        return
    if expected.kind == "any":
        return
    need(verdict == expected.kind, f"{verdict} {name}, not {expected.kind} {sorted(expected.names)}")
    if expected.names:
        need(name in expected.names, f"{verdict} {name}, not {sorted(expected.names)}")
    if verdict == "forward":
        (judge_request if expected.request else judge_response)(model, expected, *sent)
    elif verdict == "reply":
        judge_answer(model, expected, name, *sent)


def sections(text):
    try:
        message, _ = grammar.split_message(text)
    except Bad as bad:
        raise Wrong(f"unreadable: {bad}") from bad
    need(not re.search(r"\r(?!\n)|(?<!\r)\n", text[:text.find("\r\n\r\n")]), "what left has a stray line end")
    return message


# -- responses ---------------------------------------------------------------------------------------------------------


def judge_response(model, expected, source, destination, text):
    out = sections(text)
    need(destination in expected.hop.endpoints, f"to {destination}, not {expected.hop.endpoints}")
    need(source in [one.endpoint for one in expected.hop.listeners], f"from {source}")
    need(out.start == expected.message.start, f"start line {out.start!r}")
    need(out.body == expected.body, "body")
    rows, removed = [], False
    for row in expected.message.rows:
        if row.name == "via" and not removed:
            removed = True
            values = grammar.split_list(row.value, brackets=False)
            if len(values) > 1:
                rows.append((row, [one.strip() for one in values[1:]]))
            continue
        if row.name == "retry-after" and expected.strip_retry_after:
            continue
        rows.append((row, None))
    need(len(rows) == len(out.rows), f"{len(out.rows)} rows, not {len(rows)}")
    for (row, values), got in zip(rows, out.rows):
        if values is None:
            need(row.raw == got.raw, f"row {got.raw!r}, not {row.raw!r}")
        else:
            need([one.strip() for one in grammar.split_list(got.value, brackets=False)] == values, f"row {got.raw!r}")


# -- answers -----------------------------------------------------------------------------------------------------------

_COPIED = ("via", "from", "to", "call-id", "cseq")


def judge_answer(model, expected, name, source, destination, text):
    request = expected.request
    need(destination == request.source, f"answer to {destination}")
    need(source == request.listener.endpoint, f"answer from {source}")
    out = sections(text)
    need(out.body == "", "an answer with a body")
    code = int(out.start.split(" ")[1])
    need(re.fullmatch(r"SIP/2\.0 [2-5][0-9][0-9] .+", out.start), out.start)
    need(out.rows[-1].raw == "Content-Length: 0\r\n", "no Content-Length")
    need(len(text) - request.size <= 96 or code == 420, f"{len(text)} bytes for {request.size}")
    learn_answer(model, request, out)
    if expected.why == "malformed":
        return
    copied = [row for row in out.rows if row.name in _COPIED]
    # Rows of one name keep their order; between names there is none to keep.
    wanted = [row for name in _COPIED for row in expected.message.rows if row.name == name]
    need([row.name for row in copied] == [row.name for row in wanted], f"rows {[row.name for row in copied]}")
    judge_added_to_answer(expected, out, code, len(text))
    first = True
    for row, got in zip(wanted, copied):
        if row.name == "via" and first:
            first = False
            judge_top_via(row, got, *expected.marks, forced=request.listener.force_rport)
        elif row.name == "to" and request.to_tag is None:
            match = re.fullmatch(r"(.*);tag=(d2[0-9a-f]{18})([ \t\r\n]*)", got.raw, re.S)
            need(match and (match[1] + match[3]).split() == row.raw.split(), f"To {got.raw!r}")
        else:
            need(row.raw == got.raw, f"row {got.raw!r}, not {row.raw!r}")


def judge_added_to_answer(expected, out, code, size):
    """The rows that an answer has of its own."""
    message, request = expected.message, expected.request
    rows = [row.name for row in out.rows[:-1] if row.name not in _COPIED]
    tags = tokens(message, "proxy-require") or tokens(message, "require")
    if code == 420 and all(re.fullmatch(r"[\w.\-]+", tag, re.A) for tag in tags):
        need(tokens(out, "unsupported") == tags, f"Unsupported {out.values('unsupported')}")
    elif code == 405:
        # It may be left out where it would make the answer too long.
        allow = "Allow: " + ", ".join([*request.listener.methods, "ACK", "CANCEL"]) + "\r\n"
        too_long = size + len(allow) - request.size > 96
        need(rows == ["allow"] or too_long and not rows, f"more rows {rows}")
    elif code != 420:
        need(rows == (["accept"] if code == 200 else []), f"more rows {rows}")


def learn_answer(model, request, out):
    """The To tag of an answer of ours belongs to the request's Call-ID, From tag, CSeq number and branch."""
    try:
        tag = grammar.parse_name_addr(out.first("to")).get("tag")
        number = int(re.match(r"[0-9]+", out.first("cseq"))[0])
        key = (out.first("call-id"), grammar.parse_name_addr(out.first("from")).get("tag") or "", number,
               (request.via.get("branch") or "").lower())
    except (Bad, TypeError):
        return
    if key[0] and request.to_tag is None and re.fullmatch("d2[0-9a-f]{18}", tag or ""):
        need(model.answers.setdefault(key, tag) == tag, "another To tag")


def judge_top_via(row, got, received, rport, forced=False):
    """`received` and `rport` as they must be; all else of the row as it was."""
    was, now = (grammar.split_list(one.raw.partition(":")[2], brackets=False) for one in (row, got))
    need(was[1:] == now[1:], f"lower Vias {got.raw!r}")
    need(row.raw.partition(":")[0] == got.raw.partition(":")[0], "name of the Via row")
    before, after = (grammar.parse_via(one[0].strip(" \t\r\n")) for one in (was, now))
    need(after.get("received") == received, f"received {after.get('received')}, not {received}")
    if not (forced and rport is None):
        need(after.get("rport") == rport, f"rport {after.get('rport')}, not {rport}")
    mine = ("received", "rport")
    kept = [[one for one in via.parameters if one[0] not in mine] for via in (before, after)]
    need(kept[0] == kept[1], f"Via parameters {got.raw!r}")
    plain = [re.sub(r"[ \t\r\n]+", "", re.split(";", one[0], maxsplit=1)[0]) for one in (was, now)]
    need(plain[0] == plain[1], "Via sent-by")


# -- requests ----------------------------------------------------------------------------------------------------------


def judge_request(model, expected, source, destination, text):
    request, hop = expected.request, expected.hop
    out = sections(text)
    need(destination in hop.endpoints, f"to {destination}, not {sorted(hop.endpoints)}")
    listener = next((one for one in hop.listeners if one.endpoint == source), None)
    need(listener is not None, f"from {source}")
    rows = list(out.rows)
    match = _OUR_VIA.fullmatch(rows.pop(0).raw)
    need(match and match[1] == source, "our Via")
    ours = judge_routes_of_ours(expected, listener, rows)
    learn(model, expected, destination, match, out, ours)
    need(out.start == f"{request.method} {expected.uri} SIP/2.0", f"start line {out.start!r}, not {expected.uri!r}")
    need(out.body == expected.body, "body")
    judge_added(expected, rows)
    judge_kept(expected, rows)


def wants_record_route(request, listener):
    """`listener`: the one it leaves from; what the outer of the two is set to counts."""
    if request.method in ("INVITE", "SUBSCRIBE", "NOTIFY", "REFER", "UPDATE") or request.method not in KNOWN_METHODS:
        return (listener if request.inside else request.listener).record_route
    return False


def wants_path(request):
    if request.method != "REGISTER" or request.inside or request.listener.path == "never":
        return False
    if request.listener.path == "always":
        return True
    return "path" in [tag.lower() for tag in tokens(request.message, "supported")]


def judge_routes_of_ours(expected, listener, rows):
    request = expected.request
    name = "Record-Route" if wants_record_route(request, listener) else "Path" if wants_path(request) else None
    if name is None:
        return []
    arrival = request.listener
    wanted = [listener.endpoint] if listener is arrival else [listener.endpoint, arrival.endpoint]
    ours = [_OUR_ROUTE.fullmatch(rows.pop(0).raw) for _ in wanted]
    need(all(ours), "our routes are missing")
    need([one[2] for one in ours] == wanted, f"our routes {[one[0] for one in ours]}, not {wanted}")
    for one in ours:
        need(one[1] == name and bool(one[3]) == (len(wanted) == 2), f"our route {one[0]!r}")
    need(len({one[4] for one in ours}) == 1, "tokens of a pair")
    return ours


def judge_added(expected, rows):
    request = expected.request
    wanted = []
    if request.forwards is None:
        wanted.append("Max-Forwards: 70\r\n")
    if request.listener.source_header and not request.inside:
        wanted.append(f"{request.listener.source_header}: {request.source}\r\n")
    got = [rows.pop(0).raw for _ in wanted]
    need(sorted(got) == sorted(wanted), f"added {got}, not {wanted}")


def judge_kept(expected, rows):
    request = expected.request
    was = list(expected.message.rows)
    if request.listener.source_header and not request.inside:
        was = [row for row in was if row.name != request.listener.source_header.lower()]
    values = [one[0] for row in expected.routes for one in row]
    old = [one.strip(" \t") for row in was if row.name == "route" for one in grammar.split_list(row.value)]
    if values != old or expected.swapped:
        new = [one.strip(" \t") for row in rows if row.name == "route" for one in grammar.split_list(row.value)]
        need(new == values, f"Route {new}, not {values}")
        was = [row for row in was if row.name != "route"]
        rows = [row for row in rows if row.name != "route"]
    need(len(was) == len(rows), f"{len(rows)} rows, not {len(was)}")
    top = True
    for row, got in zip(was, rows):
        if row.name == "via" and top:
            top = False
            judge_top_via(row, got, expected.received, expected.rport)
        elif row.name == "max-forwards":
            need(got.raw == re.sub(r"[0-9]+", str(expected.forwards), row.raw, count=1), f"row {got.raw!r}")
        else:
            need(row.raw == got.raw, f"row {got.raw!r}, not {row.raw!r}")


# -- what the model learns ---------------------------------------------------------------------------------------------


def learn(model, expected, destination, via, out, ours):
    request, hop = expected.request, expected.hop
    branch, dps = via[2], via[3]
    key = model.transaction_key(request)
    need(model.branches.setdefault(key, branch) == branch, "another branch for one transaction")
    if key[0] != "plain":
        need(model.keys.setdefault(branch, key) == key, f"one branch for {key} and {model.keys.get(branch)}")
    second = next(row for row in out.rows[1:] if row.name == "via")
    below = grammar.parse_via(grammar.split_list(second.value, brackets=False)[0].strip())
    received = grammar.address(below.get("received") or "")
    vouched = (branch.lower(), request.call_id, model.sent_by(below), received, below.get("rport") or "0")
    again = model.written.setdefault((*vouched, request.listener.name), dps)
    need(again == dps, "another dps for the same way back")
    need(model.vouched.setdefault(dps, (*vouched, request.listener))[:5] == vouched, "one dps for two ways back")
    if hop.backend:
        address = str(split_endpoint(destination)[0])
        model.homes.setdefault((hop.backend, request.call_id), set()).add(address)
        if hop.picked:
            model.picked.setdefault((hop.backend, request.call_id), set()).add(address)
    if request.inside:
        for pool in model.world.pools:
            model.homes.setdefault((pool, request.call_id), set()).add(str(split_endpoint(request.source)[0]))
    if ours:
        learn_token(model, expected, destination, ours[0][1], ours[0][4], len(ours) == 2)


def learn_token(model, expected, destination, name, text, pair):
    request, hop = expected.request, expected.hop
    kind = "path" if name == "Path" else "rr"
    sizes = _TOKEN_FLOWS[kind]
    need(len(text) in sizes, f"dp of {len(text)} characters")
    has_flow = sizes[len(text)] is not None
    if request.inside:
        backend, flow, wanted = str(split_endpoint(request.source)[0]), hop.flow, hop.flow is not None
    else:
        backend, flow = str(split_endpoint(destination)[0]), (request.source, request.listener.name)
        wanted = behind_nat(request, kind)
    if wanted is not None:
        need(has_flow == wanted, f"flow in {kind}: {has_flow}, not {wanted}")
    backend = backend if len(text) not in (18, 36, 55) else ""
    token = Token(kind, request.call_id, backend) if kind == "rr" else Token(kind, "")
    token.flow, token.pair = flow if has_flow else None, pair
    known = model.tokens.setdefault(text, token)
    need(known == token, f"one dp for {known} and {token}")
    if kind == "rr":
        again = model.written.setdefault((token.call_id, token.backend, token.flow, pair), text)
        need(again == text, "another dp for the same dialog")


def behind_nat(request, kind):
    """Whether the client's flow belongs into the token; None where the rules leave it open."""
    # A Path that led to nobody would be of no use.
    if kind == "path":
        return True
    if request.listener.nat != "auto":
        return request.listener.nat == "always"
    message = request.message
    try:
        vias = [one for value in message.values("via") for one in grammar.split_list(value, brackets=False)]
    except Bad:
        return None
    if len(vias) != 1 or message.values("record-route"):
        return False
    sender, port = split_endpoint(request.source)
    if grammar.address(request.via.host) != sender:
        return True
    if request.via.get("rport") is not None and (request.via.port or 5060) != port:
        return True
    contact = message.first("contact")
    try:
        uri = grammar.parse_uri(grammar.parse_name_addr(grammar.split_list(contact or "")[0]).uri_text)
    except Bad:
        return None if contact else (None if (request.via.port or 5060) != port else False)
    if uri.scheme != "sip" or uri.get("transport"):
        return None
    if grammar.address(uri.get("maddr") or uri.host) != sender:
        return True
    return None if (uri.port or 5060) != port or (request.via.port or 5060) != port else False
