# SPDX-License-Identifier: Apache-2.0
"""The networks in which messages are judged: listeners and backends, as configuration text and as what the model asks."""

import ipaddress
from dataclasses import dataclass, field

_OPTIONS = ("options", "nat", "path", "force_rport", "source_header", "record_route", "outbound", "outbound_allow",
            "hairpin", "methods", "names")


@dataclass
class Listener:
    name: str
    ip: str
    port: int = 5060
    side: str = "both"
    wire: str = "edge0"
    pool: str = ""
    inner: list = field(default_factory=list)
    outer: list = field(default_factory=list)
    options: str = "answer"
    nat: str = "auto"
    path: str = "supported"
    force_rport: bool = False
    source_header: str = ""
    record_route: bool = True
    outbound: str = "refuse"
    outbound_allow: list = field(default_factory=list)
    hairpin: str = "refuse"
    methods: list = field(default_factory=lambda: ["*"])
    names: list = field(default_factory=list)

    @property
    def address(self):
        return ipaddress.ip_address(self.ip)

    @property
    def host(self):
        return f"[{self.ip}]" if ":" in self.ip else self.ip

    @property
    def endpoint(self):
        return f"{self.host}:{self.port}"


@dataclass
class World:
    name: str
    listeners: list
    pools: dict  # name -> addresses of backends, port 5060
    clients: list
    inside_wire: str = "core0"
    retry_after: str = "strip"

    def listener(self, name):
        return next(one for one in self.listeners if one.name == name)

    def pool_of(self, address):
        """Pools that have a backend at this address."""
        return [name for name, members in self.pools.items() if str(address) in members]

    def wires(self):
        return ["edge0", "core0"]

    def toml(self):
        lines = ["[runtime]", "worker_cpus = [1]", "[node]", 'name = "lb1"']
        lines += ['[[port]]', 'name = "edge0"', 'device = "net_null0"',
                  'addresses = ["198.51.100.2/24", "2001:db8:1::2/64"]',
                  'routes = ["default via 198.51.100.1", "default via 2001:db8:1::1"]']
        lines += ['[[port]]', 'name = "core0"', 'device = "net_null1"', 'addresses = ["10.0.0.2/24", "fd00::2/64"]']
        hosts = [("edge0", "198.51.100.1"), ("edge0", "2001:db8:1::1"), ("core0", "10.0.0.9")]
        hosts += [(self.inside_wire, one) for members in self.pools.values() for one in members]
        for number, (wire, host) in enumerate(dict.fromkeys(hosts)):
            lines += ["[[neighbor]]", f'port = "{wire}"', f'address = "{host}"', f'mac = "02:00:00:00:01:{number:02x}"']
        for one in self.listeners:
            lines += self._listener_lines(one)
        for name, members in self.pools.items():
            lines += ["[[pool]]", f'name = "{name}"', 'second_chance = "off"',
                      f'retry_after_from_backends = "{self.retry_after}"']
            for number, member in enumerate(members):
                shown = f"[{member}]" if ":" in member else member
                lines += ["[[pool.backend]]", f'name = "{name}{number}"', f'address = "{shown}:5060"']
        return "\n".join(lines) + "\n"

    @staticmethod
    def _listener_lines(one):
        lines = ["[[listener]]", f'name = "{one.name}"', f'address = "udp:{one.endpoint}"', f'side = "{one.side}"',
                 f'ports = ["{one.wire}"]']
        if one.pool:
            lines.append(f'pool = "{one.pool}"')
        for key in ("inner", "outer", *_OPTIONS):
            value = getattr(one, key)
            if value == getattr(Listener(one.name, one.ip), key):
                continue
            lines.append(f"{key} = {_toml(value)}")
        return lines


def _toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value}"'


_V4_CLIENTS = ["192.0.2.77:40000", "192.0.2.77:5060", "192.0.2.99:5060", "198.18.0.5:5070"]
_V6_CLIENTS = ["[2001:db8::77]:40000", "[2001:db8::77]:5060", "[2001:db8::99]:5070"]
_SBC = ["10.0.0.11", "10.0.0.12", "10.0.0.13"]


def two_networks():
    return World("two networks", [
        Listener("public", "203.0.113.10", side="outside", pool="sbc", inner=["core"], names=["sip.carrier.example"]),
        Listener("core", "10.0.0.1", side="inside", wire="core0", outer=["public"]),
    ], {"sbc": _SBC}, _V4_CLIENTS)


def one_network():
    members = ["198.51.100.11", "198.51.100.12", "198.51.100.13"]
    return World("one network", [
        Listener("all", "203.0.113.10", pool="sbc", names=["sip.carrier.example", "edge.example"], outbound="literal",
                 outbound_allow=["192.0.2.0/24"]),
    ], {"sbc": members}, _V4_CLIENTS, inside_wire="edge0", retry_after="pass")


def every_option():
    return World("every option", [
        Listener("public", "203.0.113.10", side="outside", pool="sbc", inner=["core"], names=["sip.carrier.example"],
                 nat="always", path="always", force_rport=True, source_header="X-Source", options="answer-any"),
        Listener("core", "10.0.0.1", side="inside", wire="core0", outer=["public"], hairpin="balance", pool="sbc",
                 outbound="literal", outbound_allow=["192.0.2.0/24", "10.1.0.0/16"]),
    ], {"sbc": _SBC}, _V4_CLIENTS)


def both_families():
    return World("both families", [
        Listener("public6", "2001:db8:100::10", side="outside", pool="sbc", inner=["core", "core6"],
                 names=["sip.carrier.example"]),
        Listener("public", "203.0.113.10", side="outside", pool="sbc", inner=["core", "core6"]),
        Listener("core", "10.0.0.1", side="inside", wire="core0", outer=["public", "public6"]),
        Listener("core6", "fd00::1", side="inside", wire="core0", outer=["public", "public6"]),
    ], {"sbc": ["10.0.0.11", "fd00::12", "10.0.0.13"]}, _V4_CLIENTS + _V6_CLIENTS)


def two_services():
    return World("two services", [
        Listener("public", "203.0.113.10", side="outside", pool="sbc", inner=["core"], names=["sip.carrier.example"],
                 nat="never", path="never", options="forward",
                 methods=["INVITE", "BYE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE"]),
        Listener("trunks", "203.0.113.10", port=5080, side="outside", pool="trunk", inner=["core"],
                 record_route=False, names=["trunk.carrier.example"]),
        Listener("core", "10.0.0.1", side="inside", wire="core0", outer=["public"], outbound="pool sbc",
                 options="forward"),
    ], {"sbc": _SBC[:2], "trunk": ["10.0.0.13", "10.0.0.14"]}, _V4_CLIENTS)


def two_pools():
    return World("two pools on one network", [
        Listener("calls", "203.0.113.10", pool="sbc", names=["sip.carrier.example"], options="forward", path="always"),
        Listener("boxes", "203.0.113.11", pool="box", nat="always", hairpin="balance", outbound="literal",
                 outbound_allow=["192.0.2.0/24", "198.18.0.0/15"]),
    ], {"sbc": ["198.51.100.11", "198.51.100.12"], "box": ["198.51.100.13", "198.51.100.14"]}, _V4_CLIENTS,
        inside_wire="edge0")


def all_worlds():
    return [two_networks(), one_network(), every_option(), both_families(), two_services(), two_pools()]
