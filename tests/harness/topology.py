# SPDX-License-Identifier: Apache-2.0
"""Namespaces, veth pairs and addresses of one bench.

Two networks:  NAME-callers net0 --- wire0 NAME-lb wire1 --- net0 NAME-backends
One network:   all three on a bridge in NAME-lan; only wire0 in NAME-lb.
Behind NAT:    NAME-phones net0 --- lan0 NAME-callers net0 --- ..., where NAME-callers masquerades with random ports.
The wires in NAME-lb have no addresses: they belong to dialplane, which sets addresses on its exception interfaces.
"""

import json
from dataclasses import dataclass

from .errors import BenchError
from .process import run

VIP = "198.51.100.10"
PORT_ADDRESS = "198.51.100.2/24"
CALLER = "198.51.100.100"
INSIDE_LISTENER = "10.20.0.1"
OUTSIDE_NETWORK = "198.51.100.0/24"
PHONE = "192.168.77.2"
_NAT_LAN = "192.168.77.1"
# Each socket of a phone shows up outside with a port of its own that nobody can guess.
_MASQUERADE = ("add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; "
               "add rule ip nat out oifname net0 masquerade random")


@dataclass(frozen=True)
class Outside:
    """Addresses where the callers are."""
    vip: str = VIP
    port_address: str = PORT_ADDRESS
    caller: str = CALLER
    network: str = OUTSIDE_NETWORK


@dataclass(frozen=True)
class Inside:
    """Addresses where the backends are."""
    listener: str = INSIDE_LISTENER
    prefix_length: int = 24
    server: str = "10.20.0.{}"


OUTSIDE = {4: Outside(), 6: Outside("2001:db8:51::10", "2001:db8:51::2/64", "2001:db8:51::100", "2001:db8:51::/64")}
INSIDE = {4: Inside(), 6: Inside("2001:db8:20::1", 64, "2001:db8:20::{}")}


def bracketed(address):
    """As it stands before a port or in a URI."""
    return f"[{address}]" if ":" in address else address


@dataclass(frozen=True)
class FarEnd:
    """The kernel's end of a wire: what it sends is what dialplane must receive."""
    port: str
    netns: str
    interface: str


# Neither a link-local address nor what goes with one: neighbour discovery alone is wanted.
_QUIET_IPV6 = ("cd /proc/sys/net/ipv6/conf/net0 && echo 1 > addr_gen_mode && echo 0 > accept_ra && "
               "echo 0 > router_solicitations && echo 0 > disable_ipv6")


class Topology:
    def __init__(self, name, backends=3, one_network=False, behind=0, families=(4, 4), nat=False, queues=(1, 1)):
        """`families`: the version of IP outside and inside; both 4 where there is one network, and outside with NAT.

        `queues`: of the wires outside and inside; a sender's socket keeps to one of them.
        """
        if not name.replace("-", "").isalnum() or len(name) > 24:
            raise BenchError(f"a name is made of letters, digits and '-', at most 24: {name!r}")
        self.name = name
        if one_network and families != (4, 4):
            raise BenchError("one network is an IPv4 network")
        if nat and families[0] != 4:
            raise BenchError("NAT is for IPv4 callers")
        self.nat = nat
        self.queues = queues
        self.one_network = one_network
        self.outside = OUTSIDE[families[0]]
        self.inside = INSIDE[families[1]]
        self.callers_ns, self.lb_ns, self.backends_ns, self.lan_ns, self.nat_ns = (
            f"{name}-{part}" for part in ("callers", "lb", "backends", "lan", "phones"))
        first = "198.51.100.{}" if one_network else self.inside.server
        self.backend_addresses = [first.format(21 + i) for i in range(backends)]
        # Servers that only the backends talk to; the balancer does not know them.
        self.behind_addresses = [first.format(121 + i) for i in range(behind)]
        if one_network:
            self.wires = {"edge0": "wire0"}
            self.far_ends = [FarEnd("edge0", self.lan_ns, "to-lb")]
        else:
            self.wires = {"edge0": "wire0", "core0": "wire1"}
            self.far_ends = [FarEnd("edge0", self.callers_ns, "net0"), FarEnd("core0", self.backends_ns, "net0")]

    @property
    def namespaces(self):
        names = [self.callers_ns, self.lb_ns, self.backends_ns]
        return names + [self.lan_ns] * self.one_network + [self.nat_ns] * self.nat

    @property
    def every_namespace(self):
        """Whatever a bench of this name can have made."""
        return [self.callers_ns, self.lb_ns, self.backends_ns, self.lan_ns, self.nat_ns]

    @property
    def phones_ns(self):
        """Where the callers' processes run: behind the NAT if there is one."""
        return self.nat_ns if self.nat else self.callers_ns

    @property
    def phone_address(self):
        """What a caller takes for its own address."""
        return PHONE if self.nat else self.outside.caller

    @property
    def prefix_length(self):
        return 24

    @property
    def port_addresses(self):
        """Address of each port's exception interface."""
        return {"edge0": self.outside.port_address, "core0": f"{self.inside.listener}/{self.inside.prefix_length}"}

    @property
    def port_routes(self):
        """Routes through each port; none where everybody is on link."""
        return {}

    @property
    def neighbors(self):
        """Whose MAC addresses dialplane must know before it can do its work."""
        return {self.outside.caller, *self.backend_addresses}

    def create(self):
        for namespace in self.namespaces:
            self._namespace(namespace)
        if self.one_network:
            self._create_bridge()
        else:
            self._veth(self.lb_ns, "wire0", self.callers_ns, "net0", self.queues[0])
            self._veth(self.lb_ns, "wire1", self.backends_ns, "net0", self.queues[1])
        self._address(self.callers_ns, [self.outside.caller])
        if self.nat:
            self._create_nat()
        self._address(self.backends_ns, self.backend_addresses + self.behind_addresses)

    @staticmethod
    def _namespace(name):
        run(["ip", "netns", "add", name])
        # Router solicitations would be counted as packets.
        run(["sh", "-c", "for k in all default; do echo 1 > /proc/sys/net/ipv6/conf/$k/disable_ipv6; done"],
            netns=name, check=False)
        run(["ip", "-n", name, "link", "set", "lo", "up"])

    def _create_bridge(self):
        run(["ip", "-n", self.lan_ns, "link", "add", "br0", "type", "bridge", "stp_state", "0", "mcast_snooping", "0"])
        run(["ip", "-n", self.lan_ns, "link", "set", "br0", "up"])
        for port, namespace, interface in (("to-lb", self.lb_ns, "wire0"), ("to-callers", self.callers_ns, "net0"),
                                           ("to-backends", self.backends_ns, "net0")):
            self._veth(namespace, interface, self.lan_ns, port)
            run(["ip", "-n", self.lan_ns, "link", "set", port, "master", "br0"])

    def _create_nat(self):
        self._veth(self.callers_ns, "lan0", self.nat_ns, "net0")
        run(["ip", "-n", self.callers_ns, "address", "add", f"{_NAT_LAN}/24", "dev", "lan0"])
        self._address(self.nat_ns, [PHONE])
        run(["ip", "-n", self.nat_ns, "route", "add", "default", "via", _NAT_LAN])
        run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"], netns=self.callers_ns)
        run(["nft", _MASQUERADE], netns=self.callers_ns)

    def _veth(self, ns_a, if_a, ns_b, if_b, queues=1):
        queues = ["numtxqueues", queues, "numrxqueues", queues]
        run(["ip", "link", "add", if_a, "netns", ns_a, *queues, "type", "veth",
             "peer", "name", if_b, "netns", ns_b, *queues])
        for namespace, interface in ((ns_a, if_a), (ns_b, if_b)):
            # A veth sender leaves checksums to offload: dialplane would see wrong ones.
            run(["ethtool", "-K", interface, "tx", "off"], netns=namespace)
            run(["ip", "-n", namespace, "link", "set", interface, "up"])

    def _address(self, namespace, addresses):
        for address in addresses:
            if ":" in address:
                run(["sh", "-c", _QUIET_IPV6], netns=namespace)
                run(["ip", "-n", namespace, "address", "add", f"{address}/64", "dev", "net0", "nodad"])
                continue
            run(["ip", "-n", namespace, "address", "add", f"{address}/{self.prefix_length}", "dev", "net0"])

    def far_tx_packets(self):
        """Frames the kernel handed to dialplane's wires so far, by port."""
        return {end.port: interface_stats(end.netns, end.interface)["tx"]["packets"] for end in self.far_ends}

    def wire_drops(self):
        """Frames lost between the far end and the socket, by port: what explains a difference in counts."""
        drops = {}
        for port, interface in self.wires.items():
            text = run(["ethtool", "-S", interface], netns=self.lb_ns, check=False).stdout
            drops[port] = {key.strip(): int(value) for key, value in
                           (line.split(":") for line in text.splitlines() if "drop" in line or "xdp_errors" in line)
                           if value.strip().isdigit() and int(value)}
        return drops

    def destroy(self):
        existing = run(["ip", "netns", "list"], check=False).stdout.split()
        for namespace in self.every_namespace:
            if namespace in existing:
                for pid in run(["ip", "netns", "pids", namespace], check=False).stdout.split():
                    run(["kill", "-9", pid], check=False)
                run(["ip", "netns", "del", namespace], check=False)


def interface_stats(netns, interface):
    text = run(["ip", "-n", netns, "-j", "-s", "link", "show", "dev", interface]).stdout
    return json.loads(text)[0]["stats64"]

