# SPDX-License-Identifier: Apache-2.0
"""Plays generated traffic to the pipeline and the model side by side."""

import re
import subprocess
import tempfile
from collections import Counter

from . import grammar
from .generate import Generator, tagged, values
from .judge import Wrong, judge
from .expected import split_endpoint
from .model import Model


class Driver:
    """The pipeline behind two pipes."""

    def __init__(self, program, world):
        self.sent = []
        self.answers = []
        self._program = program
        self._file = tempfile.NamedTemporaryFile("w", suffix=".toml")
        self._file.write(world.toml())
        self._file.flush()
        self._process = subprocess.Popen([program, self._file.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True)

    def send(self, wire, source, destination, text):
        self.sent.append(f"{wire} {source} {destination} {text.encode('latin-1').hex() or '-'}\n")
        self._process.stdin.write(self.sent[-1])
        self._process.stdin.flush()
        self.answers.append(self._process.stdout.readline())
        words = self.answers[-1].split()
        if len(words) < 2:
            raise RuntimeError(f"the pipeline ended at {text!r}")
        if len(words) == 2:
            return words
        data = "" if words[5] == "-" else bytes.fromhex(words[5]).decode("latin-1")
        return [words[0], words[1], words[3], words[4], data]

    def in_bursts(self, size):
        """What becomes of everything that was sent if it comes to another such pipeline in bursts of `size`."""
        done = subprocess.run([self._program, self._file.name, str(size)], input="".join(self.sent), capture_output=True,
                              text=True, timeout=60, check=True)
        return done.stdout.splitlines(keepends=True)[:-1]

    def close(self):
        """Ends the program and returns its counters."""
        rest, _ = self._process.communicate(timeout=30)
        self._file.close()
        return dict(word.split("=") for word in rest.split()[1:])


class Scene:
    """One world with its traffic."""

    def __init__(self, driver, world, rng):
        self.driver, self.world, self.rng = driver, world, rng
        self.make = Generator(rng, world)
        self.model = Model(world)
        self.messages = 0
        self.unclear = 0  # messages of which the rules say nothing
        self.verdicts = Counter()
        self.faults = []  # (what is wrong, way, message, what left, the model's reason)
        self.changed_by_bursts = []  # (message, what left, what leaves if it comes in a burst)

    def send(self, text, source, listener):
        """Returns what left, as the driver says."""
        if split_endpoint(source)[0].version != listener.address.version or len(text) > 9000:
            return ["skipped", "-"]
        expected = self.model.expect(text, source, listener)
        outcome = self.driver.send(self.world.wires().index(listener.wire), source, listener.endpoint, text)
        self.messages += 1
        self.unclear += expected.kind == "any"
        self.verdicts[" ".join(outcome[:2])] += 1
        try:
            judge(self.model, expected, outcome)
        except Wrong as wrong:
            self.faults.append((str(wrong), f"{source} > {listener.endpoint}", text, outcome, expected.why))
            self.model.lose_sight_of(text)
            return ["skipped", "-"]
        if expected.kind == "any":
            self.model.lose_sight_of(text)
            return ["skipped", "-"]
        return outcome

    def listeners(self, sides, family=None):
        return [one for one in self.world.listeners if one.side in sides and family in (None, one.address.version)]

    def listener_at(self, text):
        return next((one for one in self.world.listeners if one.endpoint == text), None)

    # -- one act ------------------------------------------------------------------------------------------------------

    def act(self):
        """A message outside a dialog and what follows from it."""
        if self.make.chance(0.3):
            source, listener = self.backend_source()
        else:
            source = self.rng.choice(self.world.clients)
            listener = self.rng.choice(self.listeners(("outside", "both"), split_endpoint(source)[0].version))
        if self.make.chance(0.02):
            listener = self.rng.choice(self.world.listeners)
        start, rows, body = self.make.request(source)
        text = self.make.render(start, rows, body)
        if self.make.chance(0.15):
            text = self.make.damage(text)
        outcome = self.send(text, source, listener)
        self.follow(text, source, listener, outcome)

    def backend_source(self):
        source = f"{self.make.backend()}:{self.make.pick(5060, 5060, 5080)}"
        return source, self.rng.choice(self.listeners(("inside", "both"), split_endpoint(source)[0].version))

    def follow(self, text, source, listener, outcome):
        if outcome[0] == "reply":
            self.acknowledge_answer(text, source, listener, outcome)
        if outcome[0] != "forward":
            return
        self.send_again(text, source, listener, outcome)
        arrived, at, callee = outcome[4], self.listener_at(outcome[2]), outcome[3]
        self.answer(arrived, callee, at)
        for _ in range(self.make.pick(0, 1, 2, 3)):
            self.inside_dialog(text, arrived, source, listener, callee, at)

    def send_again(self, text, source, listener, first):
        """A copy, a copy from another port, CANCEL, or ACK to a failure."""
        if self.make.chance(0.4):
            return
        from_, (host, _, port) = source, source.rpartition(":")
        if self.make.chance(0.3) and "rport" not in text.lower():
            source = f"{host}:{int(port) % 60000 + 1}"
        method = text.lstrip("\r\n").split(" ")[0]
        repeats = method == "INVITE" and self.make.chance(0.7)
        if repeats:
            text = self.repeat(text, self.make.pick("CANCEL", "ACK"))
        same = not repeats and source == from_
        again = self.send(text, source, listener)
        if same and again != first:
            self.faults.append(("a copy leaves otherwise", source, text, again, ""))
        if repeats and again[0] == "forward" and text.startswith("CANCEL") and again[2:4] != first[2:4]:
            self.faults.append((f"CANCEL to {again[3]}, its INVITE to {first[3]}", source, text, again, ""))

    def repeat(self, text, method):
        """The CANCEL or ACK of an INVITE, without what these do not repeat."""
        head, empty, _ = text.lstrip("\r\n").partition("\r\n\r\n")
        rows = re.findall(r"(?:[^\r]|\r(?!\n)|\r\n(?=[ \t]))+", head)
        rows = [row for row in rows if not re.match(r"(?i)(replaces|join|content-length|l|record-route)[ \t]*:", row)]
        rows[0] = rows[0].replace("INVITE", method, 1)
        rows = [re.sub(r"(?i)^(cseq[ \t]*:[\s\d]*)INVITE", rf"\g<1>{method}", row) for row in rows]
        return "\r\n".join(rows) + empty

    def acknowledge_answer(self, text, source, listener, outcome):
        if not text.startswith("INVITE") or self.make.chance(0.5):
            return
        answer, _ = grammar.split_message(outcome[4])
        to = answer.first("to")
        if to is None or answer.first("cseq") is None:
            return
        rows = [(row.name.title(), row.value) for row in answer.rows if row.name in ("from", "call-id")]
        via = values(answer.first("via") or "")[0]
        rows += [("Via", re.sub(r";(received|rport)=[^;]*", "", via)), ("To", to if self.make.chance(0.8) else to + "x")]
        rows += [("CSeq", answer.first("cseq").replace("INVITE", "ACK")),
                 ("Max-Forwards", self.make.pick("70", "70", "0"))]
        uri = grammar.split_message(text)[0].start.split(" ")
        self.send(self.make.render(f"ACK {uri[1] if len(uri) > 1 else 'sip:x'} SIP/2.0", rows), source, listener)

    def answer(self, arrived, callee, at):
        """The callee's responses, some with Vias that are not as they came."""
        for _ in range(self.make.pick(0, 1, 1, 2)):
            text = self.make.response(arrived, rows=self.make.more_rows() if self.make.chance(0.3) else ())
            if self.make.chance(0.25):
                text = self.tamper(text)
            self.send(text, callee, at)

    def tamper(self, text):
        kind = self.make.pick("case", "received", "rport", "branch", "host", "damage", "call", "drop", "port")
        if kind == "case":
            return re.sub(r"z9hG4bKd[0-9a-f]+;dps=\w+", lambda found: found[0].upper(), text, count=1)
        if kind == "received":
            return re.sub(r"received=[\w.]+", "received=198.51.100.66", text)
        if kind == "rport":
            return re.sub(r"rport=\d+", "rport=4242", text)
        if kind == "branch":
            return re.sub(r"(z9hG4bKd)[0-9a-f]", r"\g<1>g", text, count=1)
        if kind == "host":
            other = self.make.pick("10.0.0.1", "10.0.0.1:5070", "[::ffff:10.0.0.1]:5060", "10.0.0.2:5060")
            return text.replace("10.0.0.1:5060", other, 1)
        if kind == "call":
            return re.sub(r"(?im)^((?:call-id|i)[ \t]*:\s*)(\S)", r"\g<1>x\2", text, count=1)
        if kind == "drop":
            return re.sub(r"(?m)^(Via|v|VIA): .*\r\n(?![ \t])", "", text, count=1)
        if kind == "port":
            return text.replace(":5060;branch", ":05060;branch", 1)
        return self.make.damage(text)

    # -- within the dialog --------------------------------------------------------------------------------------------

    def inside_dialog(self, text, arrived, caller, caller_at, callee, callee_at):
        """A request of either end along the route set that the first request left behind."""
        first, _ = grammar.split_message(arrived)
        routes = [one for name in ("record-route", "path") for value in first.values(name) for one in values(value)]
        if first.first("from") is None:
            return
        to, from_ = tagged(first.first("to"), "u9"), first.first("from")
        sender, at, peer = caller, caller_at, callee
        if self.make.chance(0.5):
            sender, at, peer, from_, to = callee, callee_at, caller, to, from_
        else:
            routes = routes[::-1]
        uri = self.make.pick(f"sip:x@{peer}", f"sip:x@{peer}", self.make.request_uri())
        given = {"call_id": first.first("call-id") if self.make.chance(0.95) else None, "from_": from_, "to": to}
        uri, routes = self.bend(uri, routes)
        method = self.make.in_dialog_method()
        start, rows, body = self.make.request(sender, method, uri=uri, routes=routes, cseq=self.make.serial(), **given)
        sent = self.make.render(start, rows, body)
        if self.make.chance(0.05):
            sent = self.make.damage(sent)
        outcome = self.send(sent, sender, at)
        if outcome[0] == "forward":
            self.send_again(sent, sender, at, outcome)
            self.answer(outcome[4], outcome[3], self.listener_at(outcome[2]))

    def bend(self, uri, routes):
        """What may happen to a route set on its way."""
        pick, chance = self.make.pick, self.make.chance
        routes = list(routes)
        kind = pick(*["as is"] * 6, "drop", "plain", "case", "add", "before", "twice", "spiral", "forge", "respell",
                    "strict", "strict", "rest")
        if kind == "drop" and routes:
            del routes[self.rng.randrange(len(routes))]
        elif kind == "plain":
            routes = [re.sub(r";(r2=on|dp=\w+)", "", one) if chance(0.5) else one for one in routes]
        elif kind == "case":
            routes = [one.upper() if chance(0.5) else one for one in routes]
        elif kind == "add":
            routes.append(f"<sip:{self.make.other_host()}{pick(';lr', ';lr', '')}>")
        elif kind == "before":
            routes.insert(0, f"<sip:{pick(self.make.own_host(), self.make.other_host())};lr>")
        elif kind == "twice":
            routes = routes + routes
        elif kind == "spiral":
            routes = routes + routes[::-1]
        elif kind == "forge":
            routes = [re.sub(r"dp=(\w)", lambda found: "dp=" + pick("a", "f", "e"), one) for one in routes]
        elif kind == "respell":
            routes = [re.sub(r"^<sip:", pick("<sip:user@", '"x, y" <SIP:', "<sip:a;b@"), one) for one in routes]
        elif kind == "rest":
            routes = routes + self.make.preloaded()
        if kind.startswith("strict") and routes:
            first = routes.pop(0)
            routes.append(f"<{uri}>")
            uri = re.sub(r".*<(.*)>.*", r"\1", first, flags=re.S)
        return uri, routes
