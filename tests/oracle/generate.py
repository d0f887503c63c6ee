# SPDX-License-Identifier: Apache-2.0
"""Whole messages: requests outside and inside of dialogs, responses to what arrived, and messages with one mistake."""

from . import grammar
from .words import Words

_METHODS = (["OPTIONS"] * 4 + ["INVITE"] * 6 + ["REGISTER"] * 2
            + ["MESSAGE", "SUBSCRIBE", "PUBLISH", "REFER", "INFO", "UPDATE", "PRACK", "NOTIFY", "FROB", "!odd.Method~",
               "invite", "BYE", "ACK", "CANCEL"])
_IN_DIALOG = ["BYE", "BYE", "INVITE", "UPDATE", "INFO", "MESSAGE", "REFER", "NOTIFY", "PRACK", "ACK", "SUBSCRIBE",
              "OPTIONS", "FROB", "CANCEL"]
_STATUS = (["100 Trying", "180 Ringing", "183 Session  Progress", "200 OK", "200 ", "202 Accepted", "302 Moved",
            "401 Unauthorized", "407 Proxy", "486 Occup\xc3\xa9", "487 Gone", "503 Busy", "500 No", "603 Decline", "699 x",
            "503 a"] * 5 + ["700 x", "099 x", "2000 x", "20 x", "200", " 200 OK"])
_STRAY = '\r\n\0\x01 \t"<>,;:\\@\x7f\xe9([%?9'
_COPIED = {"from": "From", "to": "To", "call-id": "Call-ID", "cseq": "CSeq", "via": "Via", "record-route": "Record-Route"}


def values(text):
    """The values of a list, or all of it where it is damaged."""
    try:
        return [one.strip(" \t") for one in grammar.split_list(text)]
    except grammar.Bad:
        return [text]


def tagged(value, tag):
    """To or From with a tag, if it can have one and has none."""
    try:
        return value if grammar.parse_name_addr(value).get("tag") is not None else f"{value};tag={tag}"
    except grammar.Bad:
        return value


class Generator(Words):
    """Messages of one world."""

    def request(self, source, method=None, **given):
        """A request as (start line, rows, body); `given` says what is not to be drawn."""
        serial = self.serial()
        method = method or self.rng.choice(_METHODS)
        if method == "OPTIONS" and not given and self.chance(0.4):
            given = {"uri": f"sip:{self.own_host()}", "routes": self.pick([], [], [f"<sip:{self.own_host()};lr>"])}
        body = self.pick("", "", "", "v=0\r\no=x\r\n\r\nm\0\x80", "body")
        rows = [("Via", self.via(source, serial))]
        rows += [("Via", f"SIP/2.0/{self.pick('UDP', 'TCP')} {self.pick('m1', '10.9.9.9:5062')};branch=z9hG4bKm{at}")
                 for at in range(self.pick(0, 0, 0, 1, 2))]
        rows += [("Max-Forwards", self.forwards())]
        rows += [("Route", one) for one in given.get("routes", self.preloaded())]
        tag = self.pick(f"a{serial}", f"a{serial}", f"A{serial}", None)
        rows += [("From", given.get("from_") or self.party("alice", tag)),
                 ("To", given.get("to") or self.party("bob", f"b{serial}" if self.chance(0.15) else None)),
                 ("Call-ID", given.get("call_id") or self.call_id(serial)),
                 ("CSeq", self.cseq(given.get("cseq", self.cseq_number()), method)), ("Contact", self.contact(source))]
        rows += self.more_rows() + [("Content-Length", self.content_length(body))]
        uri = given.get("uri") or (self.request_uri() if self.chance(0.9) else self.odd_uri())
        return [f"{method} {uri} {self.version()}", [row for row in rows if row[1] is not None], body]

    def in_dialog_method(self):
        return self.rng.choice(_IN_DIALOG)

    def response(self, request_text, rows=()):
        """What whoever got `request_text` answers; it may spell Via anew."""
        message, _ = grammar.split_message(request_text)
        kept = []
        for row in message.rows:
            if row.name in ("via", "record-route"):
                kept += [(_COPIED[row.name], one) for one in values(row.value)]
            elif row.name in _COPIED:
                kept.append((_COPIED[row.name], tagged(row.value, "u9") if row.name == "to" else row.value))
        version = self.pick("SIP/2.0", "SIP/2.0", "SIP/2.0", "sip/2.0")
        return self.render(f"{version} {self.rng.choice(_STATUS)}", [*kept, *rows, ("Content-Length", "0")])

    def damage(self, text):
        """One small mistake before the body."""
        head = text.find("\r\n\r\n") + 2
        lines = text[:head].split("\r\n")[:-1]
        at = self.rng.randrange(len(lines))
        kind = self.rng.randrange(9)
        if kind == 0 and at:
            lines.insert(at, lines[at])
        elif kind == 1 and at:
            del lines[at]
        elif kind == 2:
            lines[at] = lines[at].replace(self.pick(" ", ":", ";", "=", "<", ">"), self.pick("", "  ", "\t"), 1)
        elif kind == 3:
            lines[0] = self.damaged_start(lines[0])
        else:
            spot = self.rng.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:spot] + self.rng.choice(_STRAY) + lines[at][spot + (kind < 6):]
        return "\r\n".join(lines) + "\r\n" + text[head:]

    def damaged_start(self, line):
        return self.pick(line + " ", " " + line, line.replace(" ", "  ", 1), line.replace(" SIP", "?x=y SIP"),
                         line.replace("2.0", self.pick("3.0", "2.1", "2.00", "1.0")),
                         line.replace("sip:", self.pick("sips:", "http:", "sip", "sip:@")))
