# SPDX-License-Identifier: Apache-2.0
"""What is measured: the cases, their messages and the network these messages imply."""

from dataclasses import dataclass

from harness.process import run

MESSAGES = 4096
SEED = 1
SERVICE = "198.51.100.10:5060"
PORT_ADDRESS = "198.51.100.1/24"
GATEWAY = "198.51.100.254"
BACKENDS = ("198.51.100.21", "198.51.100.22", "198.51.100.23", "198.51.100.24")


@dataclass(frozen=True)
class Case:
    """One corpus; `ratio` is its key in the JSON, `profile` what dialplane-gen calls it."""
    name: str
    ratio: str
    profile: str
    terminals: tuple


CASES = (
    Case("proxy invite", "proxy_invite_vs_testpmd", "invite", ("forwarded",)),
    Case("proxy mixed", "proxy_mixed_vs_testpmd", "mixed", ("forwarded", "answered")),
    Case("answer options", "options_vs_testpmd", "options", ("answered",)),
)


def write_corpus(generator, case, directory):
    """Renders the messages of `case` into a capture file; returns its path and what the generator says of it."""
    path = directory / f"{case.profile}.pcap"
    said = run([generator, "corpus", "--profile", case.profile, "--messages", MESSAGES, "--seed", SEED,
                "--service", SERVICE, "--out", path]).stdout.strip()
    return path, said.split(": ", 1)[-1]


def device(corpus):
    """The port both programs get: endless messages from a file; what is sent is counted, freed and gone."""
    return f"net_pcap0,rx_pcap={corpus},infinite_rx=1"
