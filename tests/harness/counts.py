# SPDX-License-Identifier: Apache-2.0
"""Compares what the kernel sent to dialplane with what dialplane counted, once nothing moves any more."""

import time
from dataclasses import dataclass

_SETTLE_S = 8.0
_EVERY_S = 0.25


@dataclass(frozen=True)
class Reading:
    """Packet counts of one quiet moment, by port."""
    kernel: dict
    dialplane: dict

    def since(self, earlier):
        return Reading({port: n - earlier.kernel.get(port, 0) for port, n in self.kernel.items()},
                       {port: n - earlier.dialplane.get(port, 0) for port, n in self.dialplane.items()})

    @property
    def totals(self):
        return sum(self.kernel.values()), sum(self.dialplane.values())


def read_quiet(topology, daemon, baseline=None, settle_s=_SETTLE_S):
    """Reads until two readings in a row are equal and, given a baseline, both sides grew alike; else the last one."""
    deadline = time.monotonic() + settle_s
    previous = None
    while True:
        reading = Reading(topology.far_tx_packets(), daemon.rx_packets())
        still = reading == previous
        if still and baseline:
            delta = reading.since(baseline)
            still = delta.kernel == delta.dialplane
        if still or time.monotonic() >= deadline:
            return reading
        previous = reading
        time.sleep(_EVERY_S)


def unaccounted_quiet(daemon, settle_s=3.0):
    """Packets without a terminal, read until zero or until `settle_s` is over."""
    deadline = time.monotonic() + settle_s
    while True:
        left = daemon.unaccounted()
        if left == 0 or time.monotonic() >= deadline:
            return left
        time.sleep(_EVERY_S)
