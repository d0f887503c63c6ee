# SPDX-License-Identifier: Apache-2.0
"""Writes the configuration of the dialplane under test."""

from dataclasses import dataclass, field
from pathlib import Path

from .topology import bracketed

MAIN_CPU = 0
WORKER_CPU = 1


@dataclass
class Settings:
    """What differs from one bench to the next."""
    memory: str = "none"
    record_route: bool = True
    workers: list = field(default_factory=lambda: [WORKER_CPU])
    node: str = "lb1"
    node_extra: str = ""
    """Further keys of [node], and sections behind it."""
    backend_states: dict = field(default_factory=dict)
    backend_weights: dict = field(default_factory=dict)
    absent: tuple = ()
    """Backends of the topology that the file leaves out."""
    listener_extra: str = ""
    policy: str = "rendezvous"
    pool_extra: str = ""
    # Probes would be messages that a test has to count; those that are about them say so.
    health: str = 'probe = "none"'
    rules: str = ""


def quoted(value):
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def render(instance, topology, settings, directory):
    """The TOML text for `topology`; state and socket live under `directory`."""
    directory = Path(directory)
    parts = [f"""[runtime]
name        = {quoted(instance)}
main_cpu    = {MAIN_CPU}
worker_cpus = {settings.workers}
memory      = {quoted(settings.memory)}
mbufs       = 16384
idle        = "sleep"
state_dir   = {quoted(directory / "state")}

[node]
name = {quoted(settings.node)}
{settings.node_extra}
[control]
socket = {quoted(directory / "control.sock")}
"""]
    for index, (port, wire) in enumerate(topology.wires.items()):
        parts.append(f"""[[port]]
name      = {quoted(port)}
device    = {_device(index, wire, topology.queues[index])}
exception = {quoted(port)}
mtu       = 1500
addresses = [{quoted(topology.port_addresses[port])}]
routes    = [{", ".join(quoted(route) for route in topology.port_routes.get(port, ()))}]
""")
    parts += _listeners(topology, settings)
    parts.append(f'[[pool]]\nname   = "servers"\npolicy = {quoted(settings.policy)}\n' + settings.pool_extra +
                 f"  [pool.health]\n{settings.health}\n")
    for number, address in enumerate(topology.backend_addresses, 1):
        name = f"server{number}"
        if name in settings.absent:
            continue
        state, weight = settings.backend_states.get(name, "ready"), settings.backend_weights.get(name)
        weighted = f"  weight  = {weight}\n" if weight else ""
        parts.append(f'  [[pool.backend]]\n  name    = "{name}"\n  address = "{bracketed(address)}:5060"\n{weighted}'
                     f'  state   = "{state}"\n')
    parts.append(settings.rules)
    return "\n".join(parts)


def _device(index, wire, queues):
    """Of several queues each is a device of its own."""
    if queues == 1:
        return quoted(f"net_af_xdp{index},iface={wire}")
    devices = [quoted(f"net_af_xdp{index}{queue},iface={wire},start_queue={queue},queue_count=1")
               for queue in range(queues)]
    return f"[{', '.join(devices)}]"


def _listeners(topology, settings):
    record_route = "true" if settings.record_route else "false"
    outbound = f'outbound = "literal"\noutbound_allow = [{quoted(topology.outside.network)}]\n'
    public = f"""[[listener]]
name         = "public"
address      = "udp:{bracketed(topology.outside.vip)}:5060"
pool         = "servers"
options      = "answer"
record_route = {record_route}
{settings.listener_extra}"""
    if topology.one_network:
        return [public + 'side = "both"\n' + outbound]
    return [public + 'side = "outside"\nports = ["edge0"]\ninner = ["core"]\n', f"""[[listener]]
name    = "core"
address = "udp:{bracketed(topology.inside.listener)}:5060"
side    = "inside"
ports   = ["core0"]
outer   = ["public"]
{outbound}"""]
