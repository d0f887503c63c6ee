# SPDX-License-Identifier: Apache-2.0
"""Values of single fields: mostly plain, some odd but legal, a few that no sender should write."""

from .spelling import Speller

_OUTSIDE_HOSTS = ("192.0.2.99", "192.0.2.99:5070", "p2.example.com", "proxy.example", "192.0.2.5:5061", "198.18.0.9",
                  "[2001:db8::99]", "203.0.113.99", "10.1.1.5", "192.0.2.255", "224.0.0.1", "127.0.0.1")
_MADDRS = ("203.0.113.10", "10.0.0.1", "192.0.2.99", "sip.carrier.example", "SIP.Carrier.EXAMPLE", "[2001:db8:100::10]",
           "10.0.0.11", "other.example")
_LOOSE = (";lr", ";lr", ";lr", ";lr=on", ";LR", ";lr=true;x=y", ";x;lr", ";lr;lr", ";lrx", ";xlr;ttl=1", ";user=lr",
          ";lr?a=b")
_FORWARDS = ("70", "70", "70", "70", "69", "10", "100", "1", "0", "255", "256", "000", "0068", "-1", "", "7 0", "0x1", None,
             None, "+5", "00000000000000000070", "0255", "99999999999999999999", "70;x", "7\r\n 0")
_VERSIONS = ("SIP/2.0",) * 150 + ("sip/2.0", "Sip/2.0", "SIP/02.0", "SIP/2.00", "SIP/3.0", "SIP/2", "SIPS/2.0", "SIP/2.0 ")
_CSEQ_NUMBERS = ("1",) * 8 + ("2147483648", "0007", "4294967295", "0", "0" * 30 + "1")
_CSEQ_BLANKS = (" ",) * 200 + ("  ", "\t", "", " x ")
_ROWS = (
    (0.06, "Record-Route", "<sip:p1.example;lr>, <sip:p0.example;lr>"), (0.1, "Supported", "100rel, path"),
    (0.1, "Supported", "timer"), (0.03, "Proxy-Require", "foo, bar"), (0.04, "Require", "100rel"),
    (0.02, "Proxy-Require", ""), (0.05, "X-Source", "1.2.3.4:5"), (0.1, "Subject", "a \r\n b"),
    (0.05, "From-Person", "x"), (0.05, "Retry-After", "30"), (0.03, "User-Agent", "x/1 (a \\\x01 b)"),
    (0.03, "User-Agent", "x (a (b \\\0) c)"), (0.03, "User-Agent", "x (\\\1"), (0.05, "Path", "<sip:edge.example;lr>"),
    (0.05, "Max-Breadth", "60"), (0.05, "Date", "never"), (0.03, "Vian", "x"), (0.03, "Routes", "<sip:x>"))
_RARE_ROWS = (
    ("Supported", "Path"), ("Supported", "xpath, path2"), ("Supported", "100rel,\r\n path"), ("Supported", ",path"),
    ("X-SOURCE", "9.9.9.9:9"), ("Retry-After", "5\r\n ;duration=9"), ("retry-after", "7 (busy)"),
    ("Proxy-Require", "a\r\n ,b"), ("Retry-After-X", "1"), ("Call-ID-X", "1"), ("To-X", "1"), ("Content-Length-X", "9"),
    ("Viax", "1"), ("Max-Forwards-X", "0"), ("Require", "foo\r\n , bar"), ("Event", "presence"),
    ("Join", "c3@host;to-tag=1;from-tag=2"), ("X", ""), ("Warning", '399 h "\\\r"'), ("X-Empty", ""),
    ("Organization", "\xc3\xa9\xff"), ("X-Long", "y" * 300), ("CSeq-X", "1"), ("L-X", "1"),
    ("P-Asserted-Identity", '"\\\0" <sip:a@b>'))


class Words(Speller):
    """Parts of messages in one world."""

    def __init__(self, rng, world):
        super().__init__(rng)
        self.world, self._count = world, 0

    def serial(self):
        self._count += 1
        return self._count

    # -- hosts and URIs -----------------------------------------------------------------------------------------------

    def own_host(self):
        """A listener's address or name in some spelling, with its port or what means the same."""
        listener = self.rng.choice(self.world.listeners)
        host = self.rng.choice([listener.host] * 3 + listener.names)
        if ":" in host and self.chance(0.5):
            host = f"[{listener.address.exploded}]" if self.chance(0.5) else host.upper()
        elif host in listener.names and self.chance(0.3):
            host = host.upper()
        elif "." in host and host == listener.host and self.chance(0.05):
            host = f"[::ffff:{host}]"
        port = f":{listener.port}" if listener.port != 5060 or self.chance(0.5) else ""
        return host + (port if self.chance(0.95) else self.pick("", ":5070", ":5080", ":05060"))

    def other_host(self):
        return self.rng.choice(_OUTSIDE_HOSTS)

    def backend(self):
        member = self.rng.choice([one for members in self.world.pools.values() for one in members])
        return f"[{member}]" if ":" in member else member

    def maddr(self):
        return self.rng.choice(_MADDRS)

    def request_uri(self):
        own, other = self.own_host(), self.other_host()
        bare = other if "[" in other else other.partition(":")[0]
        return self.pick(
            *["sip:bob@example.com"] * 2, f"sip:bob@{own}", *[f"sip:{own}"] * 2, f"sip:bob@{other}", f"sip:{other}",
            f"SIP:bob@{own};transport=UDP", "tel:+358-555-1234567;postd=pp22", "urn:service:sos", "sip:%00@example.com:5080",
            "sip:+1234;phone-context=x@example.com;user=phone", "sip:a%20b;c?d,e/f:pw@example.com", f"sip:ping@{own};lr",
            f"sip:bob@example.com;maddr={own.rpartition(':')[0] or own}", f"sip:bob@example.com;maddr={self.maddr()};lr",
            f"sip:bob@example.com:5080;maddr={self.maddr()};x=1", f"sip:{own};transport=tcp", "sip:bob@[2001:db8::9]:5070",
            f"sip:bob@{other};maddr={self.maddr()}", f"sip:bob@{own};maddr={bare}",
            f"sip:bob@{self.backend()}{self.pick('', ':5060', ':5070')}", f"sip:{self.backend()}:5060;transport=udp")

    def odd_uri(self):
        own = self.own_host()
        return self.pick(
            "SIPS:bob@example.com", "http://example.com", "sip:bob@example.com?x=y", "sip:;x@example.com", "tel:911",
            f"sip:bob@{own};transport=udp;transport=tcp", f"sip:bob@{own}:0", f"sip:{own};method=INVITE", f"sip:{own}.",
            f"sip:bob@{own.upper()};LR", "urn:service:sos.fire", f"sip:a%40b@{own}", "<sip:bob@example.com>",
            f"sip:bob@example.com;maddr={self.maddr()};maddr={self.maddr()}",
            f"sip:bob@example.com;MADDR={self.maddr()};ttl=1", 'sip:bob@example.com;maddr="203.0.113.10"')

    # -- Route --------------------------------------------------------------------------------------------------------

    def route(self, inner):
        shown = self.pick("", "", "", '"a, <b>" ', '"q\\"<,>" ', "Our Proxy ", "\r\n ")
        return f"{shown}<{inner}>" + self.pick("", "", "", ";x=y", ' ; z="a,b"', ";lr")

    def preloaded(self):
        """Route values of a request outside a dialog."""
        own = [self.route(f"sip:{self.pick('', '', 'u;x@')}{self.own_host()}{self.rng.choice(_LOOSE)}") for _ in range(2)]
        other = [self.route(f"sip:{self.other_host()}{self.rng.choice(_LOOSE)}") for _ in range(2)]
        strict = self.route(f"sip:{self.other_host()}")
        stream = self.route(f"sip:{self.own_host()};lr;transport={self.pick('tcp', 'udp', 'UDP', 'tls')}")
        other_stream = self.route(f"sip:{self.other_host()};lr;transport={self.pick('tcp', 'udp', 'sctp')}")
        sips = self.route(f"sips:{self.own_host()};lr")
        maddr = self.route(f"sip:{self.own_host()};lr;maddr={self.maddr()}")
        other_maddr = self.route(f"sip:{self.other_host()};maddr={self.maddr()};lr")
        return self.pick(
            [], [], [], own[:1], own, own * 4, own * 3 + other[:1], own[:1] * 7 + [strict], [strict, own[0], other[1]],
            [strict, strict], [own[0], strict, strict], [own[0], self.route("tel:+123"), other[0]], [own[0], other_stream],
            [own[0], other_maddr], [own[0], other[0]], other, [other[0], own[0]], [strict], [own[0], strict],
            [*own, strict, other[0]], [stream], [stream, other[0]], [sips], [own[0], sips], [maddr], [maddr, other[0]],
            [self.route(f"sip:{self.own_host()}")], [own[0], self.route(f"sip:{self.backend()};lr")])

    # -- other fields -------------------------------------------------------------------------------------------------

    def via(self, source, serial):
        host, _, port = source.rpartition(":")
        sent_by = self.pick(source, source, source, host, f"{host}:5060", "10.1.1.5:5060", "10.1.1.5", "ua.example.net:5070",
                            "UA.example.net", f"10.1.1.5:{port}", "[2001:DB8::77]:40000", "[2001:db8:0::5]",
                            "[::ffff:192.0.2.77]")
        extra = [self.pick(*[f";branch=z9hG4bK{serial:x}"] * 5, f";branch=Z9HG4BK-{serial:x}", f";branch={serial:x}", "",
                           ";branch=z9hG4bK", f";branch=z9hG4bK{serial}.!~"),
                 self.pick("", ";rport", ";rport", ";rport=9", ";RPORT"),
                 self.pick("", "", "", ";received=198.51.100.66", ";received=2001:db8::5", ";received=[2001:db8::5]"),
                 self.pick("", "", "", ";ttl=1", ';x="a, b;c"', ";keep", ";alias;maddr=198.51.100.66",
                           ';oc;oc-algo="loss,x"')]
        if self.chance(0.3):
            self.rng.shuffle(extra)
        protocol = self.pick(*["SIP/2.0/UDP"] * 4, "sip/2.0/udp", "SIP/2.0/TCP", "SIP/2.0/WSS")
        return f"{protocol} {sent_by}{''.join(extra)}"

    def party(self, name, tag=None):
        """From or To."""
        shown = self.pick("", "", "", f'"{name}, \\"x\\" <y>;tag=no" ', f"{name} Smith ", '"" ')
        inner = f"sip:{name}@example.net{self.pick('', ';tag=u', ':5061', ';user=phone')}"
        tail = self.pick("", "", ";x=1", ';y="tag=no;a"') + (f";{self.pick('tag', 'tag', 'TAG')}={tag}" if tag else "")
        if shown or ";" in inner or self.chance(0.9):
            return f"{shown}<{inner}>{tail}"
        return inner + tail

    def contact(self, source):
        host, _, port = source.rpartition(":")
        return self.pick(f"<sip:alice@{source}>", f"<sip:alice@{source}>", f"<sip:alice@{host}>", "<sip:alice@10.1.1.5>",
                         "<sip:alice@pc.example.net>", f'"A, B" <sip:a@{source};transport=udp>;expires=3',
                         f"sip:alice@{source}", f"<sip:alice@gw.example:{port};maddr={host}>", "*", None)

    def call_id(self, serial):
        return self.pick(f"c{serial}@host", f"c{serial}@host", f"C{serial}.<\"[:]>@h", f"c{serial}",
                         f"{{c{serial}}}?/~@\\x")

    def cseq_number(self):
        return self.rng.choice(_CSEQ_NUMBERS)

    def cseq(self, number, method):
        named = self.pick(*[method] * 200, method.lower(), method + "X", "ACK")
        return f"{number}{self.rng.choice(_CSEQ_BLANKS)}{named}"

    def forwards(self):
        return self.rng.choice(_FORWARDS) if self.chance(0.12) else "70"

    def content_length(self, body):
        size = len(body)
        if self.chance(0.85):
            return str(size)
        return self.pick(*[str(size)] * 8, None, f"000{size}", str(max(0, size - 1)), str(size + 1), "+0", "0x0", "",
                         "4294967296", "18446744073709551616", "1 0")

    def version(self):
        return self.rng.choice(_VERSIONS)

    def more_rows(self):
        rows = [(name, value) for share, name, value in _ROWS if self.chance(share)]
        if self.chance(0.03):
            rows.append(("Replaces", f"c{self.rng.randrange(1, 50)}@host;to-tag=1;from-tag=2"))
        if self.chance(0.15):
            rows += self.rng.sample(_RARE_ROWS, self.pick(1, 1, 2, 3))
        return rows
