# SPDX-License-Identifier: Apache-2.0
"""The calls the bench can make: one line per flow, each a SIPp scenario in tests/sipp.

A further method is a scenario file and a line here; the server's side is in tests/sipp/server.xml.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flow:
    name: str
    scenario: str
    share: float
    """Of the rate asked for."""
    user: str = ""
    """User part of the Request-URI; tells the server what to do. Empty: the listener itself."""
    is_call: bool = True
    """Begins with an INVITE, so it counts as a call."""
    at_backend: bool = True
    """A backend must see it."""


FLOWS = (
    Flow("hangup-by-caller", "call_hangup_by_caller.xml", 0.60, "talk"),
    Flow("hangup-by-server", "call_hangup_by_server.xml", 0.25, "hangup"),
    Flow("cancelled", "call_cancelled.xml", 0.15, "ring"),
    Flow("options-through", "options.xml", 0.10, "ping", is_call=False),
    Flow("options-listener", "options_listener.xml", 0.10, is_call=False, at_backend=False),
)

# In-dialog requests name the listener and carry no Route, as a client would that ignores Record-Route.
BREAK_FLOWS = (Flow("without-route", "call_without_route.xml", 1.0, "talk"),)


def split_calls(total, flows):
    """How many of each flow make `total` calls; flows that are no calls come on top."""
    counts = {flow.name: int(total * flow.share) for flow in flows}
    calls = [flow for flow in flows if flow.is_call]
    counts[calls[0].name] += total - sum(counts[flow.name] for flow in calls)
    return {flow: max(counts[flow.name], 0 if flow.is_call else 1) for flow in flows}
