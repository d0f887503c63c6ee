# SPDX-License-Identifier: Apache-2.0
"""The many ways to write one message (RFC 3261 §7.3.1): compact names, blanks, folds, commas, another order of rows."""

import re

_SHORT = {"via": "v", "from": "f", "to": "t", "call-id": "i", "contact": "m", "content-length": "l", "supported": "k",
          "subject": "s"}
_LISTS = {"via", "route", "record-route", "supported", "proxy-require", "require", "path"}


class Speller:
    """Draws from `rng`, on which everything that is played hangs."""

    def __init__(self, rng):
        self.rng = rng

    def chance(self, share):
        return self.rng.random() < share

    def pick(self, *options):
        return self.rng.choice(options)

    def render(self, start, rows, body="", odd=None):
        """`rows`: (name, value). The more `odd`, the stranger the spelling; what it means stays the same."""
        odd = self.pick(0, 0, 0.1, 0.3) if odd is None else odd
        if self.chance(odd):
            rows = self.shuffle(rows)
        if self.chance(odd * 2):
            rows = self.join(rows)
        lines = [start]
        for name, value in rows:
            lines.append(self.name(name, odd) + self.colon(odd) + self.spell(name, value, odd))
        text = "\r\n".join(lines) + "\r\n\r\n" + body
        return "\r\n" * self.pick(1, 2) + text if self.chance(odd / 10) else text

    def shuffle(self, rows):
        """Another order of rows; those of one name keep theirs."""
        names = [name for name, _ in rows]
        self.rng.shuffle(names)
        by_name = {}
        for name, value in rows:
            by_name.setdefault(name.lower(), []).append(value)
        return [(name, by_name[name.lower()].pop(0)) for name in names]

    def join(self, rows):
        joined = []
        for name, value in rows:
            if joined and joined[-1][0].lower() == name.lower() in _LISTS and self.chance(0.6):
                joined[-1] = (name, joined[-1][1] + self.pick(",", ", ", " , ", ",\r\n ") + value)
            else:
                joined.append((name, value))
        return joined

    def name(self, name, odd):
        if self.chance(odd) and name.lower() in _SHORT:
            name = _SHORT[name.lower()]
        if self.chance(odd):
            name = self.pick(name.lower(), name.upper(), "".join(self.pick(c.lower(), c.upper()) for c in name))
        return name

    def colon(self, odd):
        if not self.chance(odd):
            return ": "
        return self.pick(":", " :", "\t : ", ":  ", ":\t", ":\r\n ", ": \r\n\t", " :\r\n \r\n ")

    def spell(self, name, value, odd):
        if not self.chance(odd):
            return value
        name = name.lower()
        if name == "via":
            value = self.spread_via(value)
        elif name in ("cseq", "from", "to", "contact", "route", "record-route"):
            value = re.sub(r'(?<=[0-9">]) (?=[A-Z<;])', lambda _: self.blank(), value, count=1)
        if name in ("from", "to") and value.rstrip().endswith(">") is False:
            value = re.sub(r">;tag=", lambda _: ">" + self.pick("", " ", "\r\n ") + ";" + self.pick("", " ") + "tag" +
                           self.pick("=", " = "), value)
        return value + self.pick("", "", " ", "\t", "\r\n ", " \r\n\t ")

    def spread_via(self, value):
        if '"' in value or "," in value:
            return value
        head, blank, rest = value.partition(" ")
        if self.chance(0.5):
            head = head.replace("/", self.pick(" / ", "/ ", "\r\n /"))
        separators = {";": self.pick(";", " ; ", "\r\n ;", ";\t"), "=": self.pick("=", " = ")}
        rest = re.sub(r"[;=]", lambda found: separators[found[0]], rest)
        return head + (blank and self.blank()) + rest

    def blank(self):
        return self.pick(" ", "  ", "\t", "\r\n ", " \r\n\t")
