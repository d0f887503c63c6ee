# SPDX-License-Identifier: Apache-2.0
"""Runs Kamailio as a backend: a proxy in front of a SIPp server, or a registrar."""

from pathlib import Path

from .sipp import PORT, SIPP_CPU, SCENARIOS, udp_sockets

_SHARED_MIB = 32
_PRIVATE_MIB = 4


class Kamailio:
    """One Kamailio in the foreground with one UDP listener; `config` lies beside the SIPp scenarios."""

    def __init__(self, supervisor, directory, label, netns, address, config, defines=()):
        self.label = label
        self.address = address
        home = Path(directory) / label
        home.mkdir()
        argv = ["kamailio", "-f", SCENARIOS / config, "-DD", "-E", "-l", f"udp:{address}:{PORT}", "-m", _SHARED_MIB,
                "-M", _PRIVATE_MIB, "-Y", home, "-P", home / "pid"]
        for define in defines:
            argv += ["-A", define]
        self.process = supervisor.start(f"Kamailio {label}", argv, Path(directory) / f"{label}.out", netns=netns,
                                        cpu=SIPP_CPU)

    def listening(self):
        return f"{self.address}:{PORT}" in udp_sockets(self.process)
