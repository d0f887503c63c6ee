# SPDX-License-Identifier: Apache-2.0
"""What the SIPp logs of callers and backends say about a run; dialplane itself is not asked."""

from dataclasses import dataclass, field

from .siplog import answered_transactions, param

_MAX_EXAMPLES = 5
_DIALOG_METHODS = ("INVITE", "SUBSCRIBE")
# 1 500 bytes less the headers of IPv4 and UDP.
_MAX_IN_ONE_PACKET = 1472


@dataclass
class Findings:
    dialogs_seen: int = 0
    dialogs_split: int = 0
    calls_per_backend: dict = field(default_factory=dict)
    methods: dict = field(default_factory=dict)
    """Answered transactions; for ACK: those that reached the other side."""
    methods_per_backend: dict = field(default_factory=dict)
    """Requests received, by backend and method, without retransmissions."""
    missing_acks: int = 0
    route_errors: list = field(default_factory=list)
    branch_errors: list = field(default_factory=list)
    split_examples: list = field(default_factory=list)
    fragmented_invites: int = 0
    """INVITEs too long for one packet that reached a backend unharmed."""
    fragment_errors: list = field(default_factory=list)


def analyse(caller_logs, backend_logs, expect_routes=True):
    """`caller_logs` and `backend_logs`: name → messages."""
    findings = Findings()
    _dialogs(findings, backend_logs)
    _methods(findings, caller_logs, backend_logs)
    _branches(findings, backend_logs)
    _fragmented(findings, caller_logs, backend_logs)
    if expect_routes:
        for name, messages in caller_logs.items():
            _routes(findings, name, messages)
        for name, messages in backend_logs.items():
            _routes(findings, name, messages)
    return findings


def _dialogs(findings, backend_logs):
    seen_at = {}
    for backend, messages in backend_logs.items():
        calls = set()
        for m in messages:
            if m.sent or not m.is_request:
                continue
            seen_at.setdefault(m.call_id, set()).add(backend)
            if m.method == "INVITE" and not m.in_dialog:
                calls.add(m.call_id)
        findings.calls_per_backend[backend] = len(calls)
    split = [call_id for call_id, backends in seen_at.items() if len(backends) > 1]
    findings.dialogs_seen = len(seen_at)
    findings.dialogs_split = len(split)
    findings.split_examples = [f"{c} at {', '.join(sorted(seen_at[c]))}" for c in sorted(split)[:_MAX_EXAMPLES]]


def _methods(findings, caller_logs, backend_logs):
    for messages in [*caller_logs.values(), *backend_logs.values()]:
        for method, count in answered_transactions(messages).items():
            findings.methods[method] = findings.methods.get(method, 0) + count
    acked, answered = set(), set()
    for backend, messages in backend_logs.items():
        counted = set()
        for m in messages:
            if not m.sent and m.is_request:
                counted.add((m.call_id, *m.cseq))
                if m.method == "ACK":
                    acked.add((m.call_id, m.cseq[0]))
            elif m.sent and m.status >= 200 and m.cseq[1] == "INVITE":
                answered.add((m.call_id, m.cseq[0]))
        per_method = {}
        for _, _, method in counted:
            per_method[method] = per_method.get(method, 0) + 1
        findings.methods_per_backend[backend] = per_method
    if acked:
        findings.methods["ACK"] = len(acked)
    findings.missing_acks = len(answered - acked)


def _branches(findings, backend_logs):
    """INVITE, its retransmissions, its CANCEL and the ACK to a refusal carry one branch (RFC 3261 §9.1, §17.1.1.3)."""
    for backend, messages in backend_logs.items():
        branch_of, refused = {}, set()
        for m in messages:
            key = (m.call_id, m.cseq[0])
            if m.sent:
                if m.status >= 300 and m.cseq[1] == "INVITE":
                    refused.add(key)
                continue
            if m.method == "INVITE" or m.method == "CANCEL" or (m.method == "ACK" and key in refused):
                branch = param((m.values("via") or [""])[0], "branch")
                if branch_of.setdefault(key, branch) != branch:
                    _note(findings.branch_errors, f"{m.method} of {m.call_id} at {backend}: branch {branch}, the INVITE had "
                                                  f"{branch_of[key]}")


def _fragmented(findings, caller_logs, backend_logs):
    """Identity and body of every INVITE that left its caller in fragments arrive as they were sent."""
    sent = {(m.call_id, m.cseq[0]): m for messages in caller_logs.values() for m in messages
            if m.sent and m.is_request and m.method == "INVITE" and len(m.text.encode()) > _MAX_IN_ONE_PACKET}
    for backend, messages in backend_logs.items():
        for m in messages:
            key = (m.call_id, m.cseq[0])
            if m.sent or not m.is_request or m.method != "INVITE" or key not in sent:
                continue
            wanted = sent[key]
            same = (m.first("identity"), m.body) == (wanted.first("identity"), wanted.body)
            if same and len(m.body.encode()) == int(m.first("content-length") or -1):
                del sent[key]
                findings.fragmented_invites += 1
            else:
                _note(findings.fragment_errors, f"INVITE of {m.call_id} reached {backend} with another Identity or body")
    for call_id, _ in sent:
        _note(findings.fragment_errors, f"INVITE of {call_id} left in fragments and reached no server whole")


def _routes(findings, name, messages):
    """In-dialog requests carry the route set their dialog recorded; on arrival all of it has been popped.

    SIPp sends them to the socket it knows whatever Route says, so a wrong Record-Route would go unnoticed otherwise.
    """
    recorded, refused = {}, set()
    for m in messages:
        if not m.sent and m.method in _DIALOG_METHODS:
            values = m.values("record-route")
            if m.is_request:
                if not m.in_dialog:
                    recorded.setdefault(m.call_id, values)
                elif m.values("route"):
                    _note(findings.route_errors, f"{m.method} of {m.call_id} reached {name} with Route {m.values('route')}")
            elif 100 < m.status < 300 and m.in_dialog:
                recorded.setdefault(m.call_id, values[::-1])
            elif m.status >= 300:
                refused.add((m.call_id, m.cseq[0]))
            continue
        if not m.is_request or not m.in_dialog or m.method == "CANCEL":
            continue
        if m.method == "ACK" and ((m.call_id, m.cseq[0]) in refused or m.call_id not in recorded):
            continue
        if m.sent:
            routes = m.values("route")
            if not routes:
                _note(findings.route_errors, f"{m.method} of {m.call_id} left {name} without Route: nothing was recorded")
            elif routes != recorded.get(m.call_id, routes):
                _note(findings.route_errors, f"{m.method} of {m.call_id} left {name} with {routes}, recorded was "
                                             f"{recorded[m.call_id]}")
        elif m.values("route"):
            _note(findings.route_errors, f"{m.method} of {m.call_id} reached {name} with Route {m.values('route')}")


def _note(notes, text):
    notes.append(text)
