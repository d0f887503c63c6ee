# SPDX-License-Identifier: Apache-2.0
"""The rows of the matrix: what ties each message to its backend. A row plays one dialog from its first message to its last."""

from harness.party import again, relayed, returned
from harness.siplog import param
from harness.topology import bracketed

from .dialogs import (Dialog, acknowledge, arrive, cancel, need, refuse, register, reinvite, respond, same_branch, set_up,
                      transact, travel)


def retransmission(dialog: Dialog):
    """Copies of INVITE, 200, ACK and BYE, one from another port as after a NAT rebinding."""
    invite = dialog.to_service("INVITE")
    first = yield from arrive(dialog, invite)
    copy = yield from arrive(dialog, invite)
    need(copy.text == first.text, "a copy of the INVITE left with other bytes")
    rebound = dialog.phone(dialog.number + 1, "a").station
    moved = yield from arrive(dialog, type(invite)(rebound, invite.data, invite.destination, invite.message))
    same_branch(first, moved)
    dialog.server.learn_from_request(first)
    ok = yield from respond(first, dialog.server, dialog.caller, "100 Trying", "180 Ringing", "200 OK", "200 OK", "200 OK")
    dialog.caller.learn_from_response(ok)
    ack = dialog.caller.request("ACK", cseq=1)
    for _ in range(2):
        yield from travel(ack, dialog.server.station)
    bye = dialog.caller.request("BYE")
    for _ in range(2):
        request = yield from travel(bye, dialog.server.station)
        yield from respond(request, dialog.server, dialog.caller, "200 OK")


def challenge(dialog: Dialog):
    """407, its ACK, and the INVITE again with another branch and CSeq."""
    invite = dialog.to_service("INVITE")
    request = yield from arrive(dialog, invite)
    yield from refuse(dialog, invite, request, "407 Proxy Authentication Required", tag=f"challenge{dialog.number}")
    second = yield from set_up(dialog, extra=['Proxy-Authorization: Digest username="a", nonce="n", response="r"'])
    need(param(second.values("via")[0], "branch") != param(request.values("via")[0], "branch"),
         "two transactions have one branch")
    yield from transact(dialog.caller, dialog.server, "BYE")


def cancelled(dialog: Dialog):
    """CANCEL while it rings, 487 and its ACK."""
    invite = dialog.to_service("INVITE")
    request = yield from arrive(dialog, invite)
    yield from respond(request, dialog.server, dialog.caller, "100 Trying", "180 Ringing")
    yield from cancel(dialog, invite, request)


def acks(dialog: Dialog):
    """ACK to a refusal of ours (absorbed), to one of the backend, to a 200 with and without Route."""
    caller = dialog.caller
    ours = dialog.to_service("INVITE", hops=0)
    ours.side, ours.answered = "outside", 483
    refusal, _ = yield ours
    caller.station.send(again(ours, "ACK", refusal.first("to").partition(";tag=")[2]))
    invite = dialog.to_service("INVITE")
    request = yield from arrive(dialog, invite)
    yield from refuse(dialog, invite, request, "486 Busy Here")
    yield from set_up(dialog)
    yield from travel(caller.request("ACK", cseq=caller.cseq, routes=()), dialog.server.station)
    yield from transact(caller, dialog.server, "BYE")


def in_dialog(dialog: Dialog):
    """Requests in both directions within one dialog, a transfer among them."""
    yield from set_up(dialog)
    caller, server = dialog.caller, dialog.server
    yield from reinvite(caller, server)
    yield from reinvite(server, caller)
    for asker, answerer in ((caller, server), (server, caller)):
        for method in ("UPDATE", "INFO", "MESSAGE"):
            yield from transact(asker, answerer, method)
    yield from transact(caller, server, "REFER", "202 Accepted", extra=["Refer-To: <sip:carol@example.org>"])
    yield from transact(server, caller, "NOTIFY", extra=["Event: refer", "Subscription-State: terminated"])
    yield from transact(*((caller, server) if dialog.number % 2 else (server, caller)), "BYE")


def early_dialog(dialog: Dialog):
    """PRACK and UPDATE both ways before the 200; the ACK after a changed Contact (RFC 3262, 3311)."""
    caller = dialog.caller
    request = yield from arrive(dialog, dialog.to_service("INVITE", extra=["Supported: 100rel"]))
    server = dialog.server
    server.learn_from_request(request)
    progress = yield from respond(request, server, caller, "183 Session Progress", extra=["Require: 100rel", "RSeq: 1"])
    caller.learn_from_response(progress)
    yield from transact(caller, server, "PRACK", extra=["RAck: 1 1 INVITE"], uri=server.contact.replace("server@", "moved@"))
    yield from transact(caller, server, "UPDATE")
    yield from transact(server, caller, "UPDATE")
    caller.learn_from_response((yield from respond(request, server, caller, "200 OK")))
    yield from acknowledge(caller, server, cseq=1)
    yield from transact(server, caller, "BYE")


def forked_before_us(dialog: Dialog):
    """Two branches of one INVITE from a proxy: both at one backend, which answers the second 482 (RFC 3261 §8.2.2.2)."""
    below = f"SIP/2.0/UDP ua.example.org;branch=z9hG4bKua{dialog.number}"
    first = dialog.to_service("INVITE", vias=[below])
    second = dialog.to_service("INVITE", vias=[below], cseq=1)
    arrived = yield from arrive(dialog, first)
    merged = yield from arrive(dialog, second)
    dialog.server.learn_from_request(arrived)
    yield from refuse(dialog, second, merged, "482 Merged Request", tag=f"merged{dialog.number}")
    dialog.caller.learn_from_response((yield from respond(arrived, dialog.server, dialog.caller, "200 OK")))
    yield from acknowledge(dialog.caller, dialog.server)
    yield from transact(dialog.caller, dialog.server, "BYE")


def forked_behind_us(dialog: Dialog):
    """Two callees behind the backend answer: two dialogs of one Call-ID, each hung up by another end."""
    request = yield from arrive(dialog, dialog.to_service("INVITE"))
    ends = []
    for tag in "bc":
        caller, callee = dialog.phone(dialog.number, "a"), dialog.server_at(dialog.server.station, tag=tag)
        caller.local, caller.remote, caller.cseq = dialog.caller.local, dialog.caller.remote, dialog.caller.cseq
        caller.branches = 100 * (len(ends) + 1)
        callee.learn_from_request(request)
        yield from respond(request, callee, caller, "180 Ringing")
        ends.append((caller, callee))
    for caller, callee in ends:
        caller.learn_from_response((yield from respond(request, callee, caller, "200 OK")))
        yield from acknowledge(caller, callee)
    yield from transact(*ends[0], "BYE")
    yield from transact(*ends[1][::-1], "BYE")


def subscription(dialog: Dialog):
    """SUBSCRIBE, NOTIFY before or after its 200, a refresh, and the last NOTIFY (RFC 6665)."""
    caller = dialog.caller
    request = yield from arrive(dialog, dialog.to_service("SUBSCRIBE", extra=["Event: presence"]))
    server = dialog.server
    server.learn_from_request(request)
    notify_first = dialog.number % 2
    if notify_first:
        notify = yield from travel(server.request("NOTIFY", extra=["Event: presence"]), caller.station)
        caller.remote_tag = server.tag
        yield from respond(notify, caller, server, "200 OK")
    caller.learn_from_response((yield from respond(request, server, caller, "200 OK")))
    if not notify_first:
        yield from transact(server, caller, "NOTIFY", extra=["Event: presence"])
    yield from transact(caller, server, "SUBSCRIBE", extra=["Event: presence", "Expires: 0"])
    yield from transact(server, caller, "NOTIFY", extra=["Event: presence", "Subscription-State: terminated"])


def registration(dialog: Dialog):
    """REGISTER, its challenge, the answer to it and a refresh, all under one Call-ID."""
    phone = dialog.caller
    request = yield from arrive(dialog, dialog.to_service("REGISTER"))
    yield from respond(request, dialog.server, phone, "401 Unauthorized")
    for _ in range(2):
        station, _ = yield from register(dialog, phone)
        need(station is dialog.server.station, f"REGISTER of {phone.call_id} moved to {station.name}")


def from_backend(dialog: Dialog):
    """A backend calls a phone that has registered, along its Path; behind no NAT half of the calls go to its address."""
    phone = dialog.phone(dialog.number, "p", f"reg-{dialog.call_id}")
    station, path = yield from register(dialog, phone)
    callee = dialog.phone(dialog.number, "a")
    server = dialog.server = dialog.server_at(station)
    server.remote = callee.local
    if dialog.number % 2 and not dialog.cast.behind_nat:
        path = ()
        server.first_hop = dialog.cast.inside
    request = yield from travel(server.request("INVITE", uri=callee.contact, to_tag="", routes=path), callee.station)
    callee.learn_from_request(request)
    server.learn_from_response((yield from respond(request, callee, server, "180 Ringing", "200 OK")))
    server.first_hop = None
    yield from acknowledge(server, callee)
    yield from reinvite(callee, server)
    yield from reinvite(server, callee)
    yield from transact(callee, server, "INFO")
    yield from transact(*((callee, server) if dialog.number % 4 < 2 else (server, callee)), "BYE")


class _Proxy:
    """The backend of a dialog as a proxy that knows the callee's Path; records itself in every other dialog."""

    def __init__(self, dialog, path, callee):
        self.dialog = dialog
        self.path = path
        self.callee = callee
        self.uri = f"<{dialog.server.contact};lr>"
        self.records = dialog.number % 2 == 1

    def relay(self, request):
        """What the proxy makes of a request: first ones go along the Path, later ones where their Route says."""
        routes, record_route, uri = request.values("route"), "", request.request_uri
        if not request.in_dialog:
            routes, uri = self.path, self.callee.contact
            record_route = self.uri if self.records else ""
        elif routes and routes[0] == self.uri:
            routes = routes[1:]
        branch = f"z9hG4bKproxy{self.dialog.number}.{request.cseq[0]}{request.method}"
        return relayed(self.dialog.server.station, request, uri, routes, branch, record_route)

    def carry(self, outgoing, receiver):
        """A request within the dialog from phone to phone: through the proxy if it recorded itself, else past it."""
        if self.records:
            message, station = yield outgoing
            need(station is self.dialog.server.station, f"{message.start_line!r} reached {station.name} instead of "
                                                        f"{self.dialog.server.station.name}")
            outgoing = self.relay(message)
        else:
            outgoing.side = "outside"
        return (yield from travel(outgoing, receiver.station))

    def bring_back(self, response, receiver, through=True):
        """A response from phone to phone, the way of its request."""
        if through:
            arrived = yield from travel(response, self.dialog.server.station)
            response = returned(self.dialog.server.station, arrived)
        else:
            response.side = "outside"
        return (yield from travel(response, receiver.station))

    def transact(self, asker, answerer, method):
        request = yield from self.carry(asker.request(method), answerer)
        yield from self.bring_back(answerer.answer(request, "200 OK"), asker, self.records)


def spiral(dialog: Dialog):
    """A call through a registrar behind us to a phone that registered through us: the same Call-ID passes twice."""
    caller = dialog.caller
    phone = dialog.phone(dialog.number + 3, "p", f"reg-{dialog.call_id}")
    _, path = yield from register(dialog, phone)
    callee = dialog.phone(dialog.number + 3, "c")
    invite = dialog.to_service("INVITE")
    arrived, station = yield invite
    dialog.server = dialog.server_at(station)
    proxy = _Proxy(dialog, path, callee)
    onward = proxy.relay(arrived)
    request = yield from travel(onward, callee.station)
    callee.learn_from_request(request)
    caller.learn_from_response((yield from proxy.bring_back(callee.answer(request, "180 Ringing"), caller)))
    if dialog.number % 4 < 2:
        yield from _cancel_spiral(dialog, proxy, invite, arrived, onward, request)
        return
    caller.learn_from_response((yield from proxy.bring_back(callee.answer(request, "200 OK"), caller)))
    yield from proxy.carry(caller.request("ACK", cseq=1), callee)
    yield from proxy.transact(caller, callee, "INFO")
    yield from proxy.transact(callee, caller, "INFO")
    yield from proxy.transact(*((caller, callee) if dialog.number % 8 < 4 else (callee, caller)), "BYE")


def _cancel_spiral(dialog, proxy, invite, arrived, onward, request):
    """Hop by hop: the caller's CANCEL ends at the proxy, which sends its own."""
    server, callee = dialog.server, proxy.callee
    at_server = yield from arrive(dialog, again(invite, "CANCEL"))
    same_branch(arrived, at_server)
    yield from respond(at_server, server, dialog.caller, "200 OK")
    at_callee = yield from travel(again(onward, "CANCEL"), callee.station)
    same_branch(request, at_callee)
    yield from respond(at_callee, callee, server, "200 OK")
    yield from proxy.bring_back(callee.answer(request, "487 Request Terminated"), dialog.caller)
    same_branch(request, (yield from travel(again(onward, "ACK", callee.tag), callee.station)))
    same_branch(arrived, (yield from arrive(dialog, again(invite, "ACK", callee.tag))))


ROWS = {
    "retransmission": retransmission,
    "challenge": challenge,
    "cancel": cancelled,
    "acks": acks,
    "in-dialog": in_dialog,
    "early-dialog": early_dialog,
    "forked-before-us": forked_before_us,
    "forked-behind-us": forked_behind_us,
    "subscription": subscription,
    "registration": registration,
    "from-backend": from_backend,
    "spiral": spiral,
}


def replaced(dialog: Dialog):
    """A transfer: INVITE under a new Call-ID that names the dialog it replaces, joins or is about, answered or cancelled."""
    yield from set_up(dialog)
    caller, server = dialog.caller, dialog.server
    yield from transact(caller, server, "REFER", "202 Accepted", extra=[
        f"Refer-To: <{dialog.cast.service}?Replaces={caller.call_id}%3Bto-tag%3D{server.tag}%3Bfrom-tag%3D{caller.tag}>"])
    second = Dialog(dialog.cast, f"named-by-{dialog.number % 3}", dialog.number)
    second.caller = dialog.phone(dialog.number + 5, "t", second.call_id)
    second.server = second.server_at(server.station)
    names = (f"Replaces: {caller.call_id};to-tag={server.tag};from-tag={caller.tag}",
             f"Join: {caller.call_id};to-tag={server.tag};from-tag={caller.tag}",
             f"Target-Dialog: {caller.call_id};local-tag={caller.tag};remote-tag={server.tag}")
    naming = [names[dialog.number % 3]]
    if dialog.number % 2:
        invite = second.to_service("INVITE", extra=naming)
        request = yield from arrive(second, invite)
        yield from respond(request, second.server, second.caller, "100 Trying", "180 Ringing")
        yield from cancel(second, invite, request)
    else:
        yield from set_up(second, extra=naming)
        yield from transact(second.server, second.caller, "INFO")
        yield from transact(second.caller, second.server, "BYE")
    yield from transact(server, caller, "BYE")


def aimed(dialog: Dialog):
    """An INVITE for the address of a backend, refused: its ACK has a To tag and must not follow the address elsewhere."""
    wanted = dialog.cast.servers[dialog.number % len(dialog.cast.servers)]
    uri = f"sip:service@{bracketed(wanted.address[0])}:{wanted.address[1]}"
    for status in ("407 Proxy Authentication Required", "486 Busy Here"):
        invite = dialog.to_service("INVITE", uri=uri)
        request = yield from arrive(dialog, invite)
        yield from refuse(dialog, invite, request, status, tag=f"{status[:3]}{dialog.number}")


# A choice made from what CANCEL and ACK do not repeat is kept in the affinity table of the node that made it.
ROWS_OF_ONE_NODE = {
    "replaces": replaced,
    "aimed": aimed,
}
