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
    methods: tuple = ()
    """What it begins on either side; each must be answered at least once."""


FLOWS = (
    Flow("hangup-by-caller", "call_hangup_by_caller.xml", 0.50, "talk", methods=("INVITE", "ACK", "BYE")),
    Flow("hangup-by-server", "call_hangup_by_server.xml", 0.20, "hangup", methods=("INVITE", "ACK", "BYE")),
    Flow("cancelled", "call_cancelled.xml", 0.12, "ring", methods=("INVITE", "ACK", "CANCEL")),
    Flow("extensions", "call_extensions.xml", 0.10, "extensions",
         methods=("INVITE", "ACK", "BYE", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY")),
    Flow("fragmented", "call_fragmented.xml", 0.08, "talk", methods=("INVITE", "ACK", "BYE")),
    Flow("options-through", "options.xml", 0.05, "ping", is_call=False, methods=("OPTIONS",)),
    Flow("options-listener", "options_listener.xml", 0.05, is_call=False, at_backend=False, methods=("OPTIONS",)),
    Flow("register", "register.xml", 0.05, "phone", is_call=False, methods=("REGISTER",)),
    Flow("subscribe", "subscribe.xml", 0.04, "presence", is_call=False, methods=("SUBSCRIBE", "NOTIFY")),
    Flow("notify-first", "subscribe_early_notify.xml", 0.04, "early", is_call=False, methods=("SUBSCRIBE", "NOTIFY")),
    Flow("publish", "publish.xml", 0.04, "presence", is_call=False, methods=("PUBLISH",)),
    Flow("message", "message.xml", 0.04, "ping", is_call=False, methods=("MESSAGE",)),
)

# In-dialog requests name the listener and carry no Route, as a client would that ignores Record-Route.
BREAK_FLOWS = (Flow("without-route", "call_without_route.xml", 1.0, "talk"),)


def split_calls(total, flows):
    """How many of each flow make `total` calls; flows that are no calls come on top. None is left out if it can be."""
    calls = [flow for flow in flows if flow.is_call]
    if total < len(calls):
        return {flow: 1 for flow in calls[:total]}
    counts = {flow: max(int(total * flow.share), 1) for flow in flows}
    counts[calls[0]] += total - sum(counts[flow] for flow in calls)
    return counts
