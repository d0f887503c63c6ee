# SPDX-License-Identifier: Apache-2.0
"""Two dialplane nodes with one configuration behind a router that spreads flows over both (ECMP, by ports).

NAME-callers net0 --- out0 NAME-router in0 --- net0 NAME-backends
                           NAME-router out1, in1 --- wire0, wire1 NAME-lb     (node 1)
                           NAME-router out2, in2 --- wire0, wire1 NAME-lb2    (node 2)
Both nodes have the listener addresses; each has a network of its own to the router on either side.
"""

import dataclasses
import os
import secrets
from pathlib import Path

from .bench import Bench
from .config import Settings
from .daemon import Daemon
from .process import run
from .topology import FarEnd, Inside, Outside, Topology

NODES = (1, 2)
_OUTSIDE = Outside(vip="203.0.113.10", caller="198.51.100.100", network="198.51.100.0/24", port_address="")
_INSIDE = Inside(listener="10.21.0.1", prefix_length=32)
_CALLERS_GATEWAY = "198.51.100.1"
_BACKENDS_GATEWAY = "10.20.0.1"
_BACKENDS_NETWORK = "10.20.0.0/24"
# The last two octets of the link networks' addresses: node, then router or node.
_OUTER_LINK = "192.0.2.{}"
_INNER_LINK = "10.22.{}.{}"
_EVEN_SEED = 10


def outer_link(node):
    """Addresses of router and node on the node's outside network, a /30."""
    return _OUTER_LINK.format(4 * node + 1), _OUTER_LINK.format(4 * node + 2)


def inner_link(node):
    """Addresses of router and node on the node's inside network, a /24; the node's is its alone."""
    return _INNER_LINK.format(node, 1), _INNER_LINK.format(node, 2)


class FleetTopology(Topology):
    """Callers, router and backends; the nodes are views of it (`node`)."""

    def __init__(self, name, backends):
        super().__init__(name, backends)
        self.outside, self.inside = _OUTSIDE, _INSIDE
        self.router_ns = f"{name}-router"
        self.node_ns = {node: self.lb_ns if node == 1 else f"{self.lb_ns}{node}" for node in NODES}

    @property
    def namespaces(self):
        return [self.callers_ns, self.router_ns, self.backends_ns, *self.node_ns.values()]

    @property
    def every_namespace(self):
        return self.namespaces

    def create(self):
        for namespace in self.namespaces:
            self._namespace(namespace)
        self._host(self.callers_ns, "out0", _CALLERS_GATEWAY, [self.outside.caller])
        self._host(self.backends_ns, "in0", _BACKENDS_GATEWAY, self.backend_addresses)
        for node, namespace in self.node_ns.items():
            for near, far, address in (("wire0", f"out{node}", f"{outer_link(node)[0]}/30"),
                                       ("wire1", f"in{node}", f"{inner_link(node)[0]}/24")):
                self._veth(namespace, near, self.router_ns, far)
                run(["ip", "-n", self.router_ns, "address", "add", address, "dev", far])
        for setting in ("ip_forward=1", "fib_multipath_hash_policy=1"):
            run(["sysctl", "-q", "-w", f"net.ipv4.{setting}"], netns=self.router_ns)
        # Where the kernel lets it be given: the same flows on the same nodes in every run, two backends at each.
        run(["sysctl", "-q", "-w", f"net.ipv4.fib_multipath_hash_seed={_EVEN_SEED}"], netns=self.router_ns, check=False)
        self.spread(NODES)

    def _host(self, namespace, far, gateway, addresses):
        self._veth(namespace, "net0", self.router_ns, far)
        run(["ip", "-n", self.router_ns, "address", "add", f"{gateway}/24", "dev", far])
        self._address(namespace, addresses)
        run(["ip", "-n", namespace, "route", "add", "default", "via", gateway])

    def spread(self, outside, inside=None):
        """Gives the nodes named `outside` the callers' flows and those named `inside` (else the same) the backends'."""
        for address, nodes, link in ((self.outside.vip, outside, outer_link),
                                     (self.inside.listener, inside or outside, inner_link)):
            hops = [word for node in nodes for word in ("nexthop", "via", link(node)[1], "weight", "1")]
            run(["ip", "-n", self.router_ns, "route", "replace", f"{address}/32", *hops])

    def node(self, number):
        return _Node(self, number)


class _Node:
    """The topology as one node sees it: what Daemon and render ask for."""

    one_network = False

    def __init__(self, fleet, number):
        self._fleet = fleet
        self.number = number
        self.name = f"{fleet.name}-{number}"
        self.lb_ns = fleet.node_ns[number]
        self.far_ends = [FarEnd("edge0", fleet.router_ns, f"out{number}"), FarEnd("core0", fleet.router_ns, f"in{number}")]
        self.port_addresses = {"edge0": f"{outer_link(number)[1]}/30", "core0": f"{inner_link(number)[1]}/24"}
        self.port_routes = {"edge0": [f"default via {outer_link(number)[0]}"],
                            "core0": [f"{_BACKENDS_NETWORK} via {inner_link(number)[0]}"]}
        self.neighbors = {outer_link(number)[0], inner_link(number)[0]}

    def __getattr__(self, name):
        return getattr(self._fleet, name)


class Fleet(Bench):
    """A bench with two nodes; `settings` are those of both."""

    def __init__(self, name, backends=4, settings=None, keep=False):
        super().__init__(name, backends, settings=settings, keep=keep)
        self.nodes = []

    def make_topology(self, name, backends, *_):
        return FleetTopology(name, backends)

    def make_daemon(self):
        keys = self._make_keys()
        for number in NODES:
            directory = self.directory / f"node{number}"
            directory.mkdir()
            own = f'probe_source = ["{inner_link(number)[1]}"]\n'
            settings = dataclasses.replace(self.settings or Settings(), node=f"lb{number}", node_extra=own + keys)
            self.nodes.append(Daemon(self.supervisor, self.topology.node(number), directory, settings))
        return self.nodes[0]

    def _make_keys(self):
        """Key files that both nodes read."""
        for name in ("placement", "token"):
            path = Path(self.directory, f"{name}.key")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        return (f'\n[keys]\nplacement = "file:{self.directory}/placement.key"\n'
                f'tokens    = ["file:{self.directory}/token.key"]\n')

    def start_daemon(self):
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_ready()
