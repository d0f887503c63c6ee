# SPDX-License-Identifier: Apache-2.0
"""Dialogs that are under way when all flows move to another node: each yields MOVE once, where that happens."""

from harness.party import again
from harness.siplog import param

from .dialogs import (Dialog, acknowledge, arrive, cancel, need, refuse, register, reinvite, respond, same_branch, set_up,
                      transact, travel)

MOVE = object()


def first_half(script):
    """Plays `script` as far as its MOVE."""
    outgoing = next(script)
    while outgoing is not MOVE:
        outgoing = script.send((yield outgoing))


def invite_sent(dialog: Dialog):
    """The INVITE is at its backend, which has not answered."""
    request = yield from arrive(dialog, dialog.to_service("INVITE"))
    dialog.server.learn_from_request(request)
    yield MOVE
    ok = yield from respond(request, dialog.server, dialog.caller, "100 Trying", "180 Ringing", "200 OK")
    dialog.caller.learn_from_response(ok)
    yield from acknowledge(dialog.caller, dialog.server)
    yield from transact(dialog.server, dialog.caller, "BYE")


def invite_again(dialog: Dialog):
    """The caller has had no answer and sends its INVITE again."""
    invite = dialog.to_service("INVITE")
    first = yield from arrive(dialog, invite)
    yield MOVE
    copy = yield from arrive(dialog, invite)
    same_branch(first, copy)
    yield from refuse(dialog, invite, copy, "486 Busy Here")


def ringing(dialog: Dialog):
    """180 has come."""
    request = yield from arrive(dialog, dialog.to_service("INVITE"))
    server, caller = dialog.server, dialog.caller
    server.learn_from_request(request)
    yield from respond(request, server, caller, "100 Trying", "180 Ringing")
    yield MOVE
    caller.learn_from_response((yield from respond(request, server, caller, "200 OK")))
    yield from acknowledge(caller, server)
    yield from transact(caller, server, "BYE")


def cancelled(dialog: Dialog):
    """CANCEL of an INVITE that rings."""
    invite = dialog.to_service("INVITE")
    request = yield from arrive(dialog, invite)
    yield from respond(request, dialog.server, dialog.caller, "180 Ringing")
    yield MOVE
    yield from cancel(dialog, invite, request)


def cancel_sent(dialog: Dialog):
    """The CANCEL is at the backend; its 200 and the 487 are to come."""
    invite = dialog.to_service("INVITE")
    request = yield from arrive(dialog, invite)
    cancelling = yield from arrive(dialog, again(invite, "CANCEL"))
    yield MOVE
    yield from respond(cancelling, dialog.server, dialog.caller, "200 OK")
    yield from refuse(dialog, invite, request, "487 Request Terminated")


def refused(dialog: Dialog):
    """A refusal has reached the caller; its ACK is to come."""
    invite = dialog.to_service("INVITE")
    request = yield from arrive(dialog, invite)
    response = yield from respond(request, dialog.server, dialog.caller, "486 Busy Here")
    yield MOVE
    ack = yield from arrive(dialog, again(invite, "ACK", response.first("to").partition(";tag=")[2]))
    same_branch(request, ack)


def refused_by_us(dialog: Dialog):
    """A refusal of the node that is gone; the other one absorbs its ACK."""
    invite = dialog.to_service("INVITE", hops=0)
    invite.side, invite.answered = "outside", 483
    refusal, _ = yield invite
    yield MOVE
    dialog.caller.station.send(again(invite, "ACK", refusal.first("to").partition(";tag=")[2]))


def answered(dialog: Dialog):
    """200 has come; its ACK is to come, and half of the calls get the 200 again before."""
    request = yield from arrive(dialog, dialog.to_service("INVITE"))
    server, caller = dialog.server, dialog.caller
    server.learn_from_request(request)
    caller.learn_from_response((yield from respond(request, server, caller, "200 OK")))
    yield MOVE
    if dialog.number % 2:
        yield from respond(request, server, caller, "200 OK")
    yield from acknowledge(caller, server)
    yield from transact(caller, server, "BYE")


def confirmed(dialog: Dialog):
    """The call is up; requests of both ends follow."""
    yield from set_up(dialog)
    caller, server = dialog.caller, dialog.server
    yield MOVE
    yield from reinvite(caller, server)
    yield from reinvite(server, caller)
    for asker, answerer in ((caller, server), (server, caller)):
        for method in ("UPDATE", "INFO"):
            yield from transact(asker, answerer, method)
    yield from transact(*((caller, server) if dialog.number % 2 else (server, caller)), "BYE")


def request_under_way(dialog: Dialog):
    """A request within the dialog has arrived, of either end, and is to be answered."""
    yield from set_up(dialog)
    asker, answerer = (dialog.caller, dialog.server)[::1 if dialog.number % 2 else -1]
    request = yield from travel(asker.request("INFO"), answerer.station)
    yield MOVE
    yield from respond(request, answerer, asker, "200 OK")
    yield from transact(answerer, asker, "BYE")


def message_sent(dialog: Dialog):
    """A MESSAGE outside any dialog waits for its answer; its copy goes where the first went."""
    message = dialog.to_service("MESSAGE")
    request = yield from arrive(dialog, message)
    yield MOVE
    same_branch(request, (yield from arrive(dialog, message)))
    yield from respond(request, dialog.server, dialog.caller, "200 OK")


def challenged(dialog: Dialog):
    """407 and its ACK; the INVITE that follows it is to come."""
    invite = dialog.to_service("INVITE")
    request = yield from arrive(dialog, invite)
    yield from refuse(dialog, invite, request, "407 Proxy Authentication Required", tag=f"challenge{dialog.number}")
    yield MOVE
    second = yield from set_up(dialog, extra=['Proxy-Authorization: Digest username="a", nonce="n", response="r"'])
    need(param(second.values("via")[0], "branch") != param(request.values("via")[0], "branch"),
         "two transactions have one branch")
    yield from transact(dialog.caller, dialog.server, "BYE")


def subscribed(dialog: Dialog):
    """A subscription is active; NOTIFY and refresh follow."""
    caller = dialog.caller
    request = yield from arrive(dialog, dialog.to_service("SUBSCRIBE", extra=["Event: presence"]))
    server = dialog.server
    server.learn_from_request(request)
    caller.learn_from_response((yield from respond(request, server, caller, "200 OK")))
    yield MOVE
    yield from transact(server, caller, "NOTIFY", extra=["Event: presence"])
    yield from transact(caller, server, "SUBSCRIBE", extra=["Event: presence", "Expires: 0"])


def registered(dialog: Dialog):
    """A phone has registered through the node that is gone; its backend calls it along its Path."""
    phone = dialog.phone(dialog.number, "p", f"reg-{dialog.call_id}")
    station, path = yield from register(dialog, phone)
    yield MOVE
    callee = dialog.phone(dialog.number, "a")
    server = dialog.server = dialog.server_at(station)
    server.remote = callee.local
    request = yield from travel(server.request("INVITE", uri=callee.contact, to_tag="", routes=path), callee.station)
    callee.learn_from_request(request)
    server.learn_from_response((yield from respond(request, callee, server, "180 Ringing", "200 OK")))
    yield from acknowledge(server, callee)
    yield from transact(callee, server, "BYE")
    again_at, _ = yield from register(dialog, phone)
    need(again_at is station, f"REGISTER of {phone.call_id} moved to {again_at.name}")


def called_by_backend(dialog: Dialog):
    """The phone rings for a call of its backend."""
    phone = dialog.phone(dialog.number, "p", f"reg-{dialog.call_id}")
    station, path = yield from register(dialog, phone)
    callee = dialog.phone(dialog.number, "a")
    server = dialog.server = dialog.server_at(station)
    server.remote = callee.local
    request = yield from travel(server.request("INVITE", uri=callee.contact, to_tag="", routes=path), callee.station)
    callee.learn_from_request(request)
    yield MOVE
    server.learn_from_response((yield from respond(request, callee, server, "180 Ringing", "200 OK")))
    yield from acknowledge(server, callee)
    yield from transact(*((callee, server) if dialog.number % 2 else (server, callee)), "BYE")


MOVES = (invite_sent, invite_again, ringing, cancelled, cancel_sent, refused, refused_by_us, answered, confirmed,
         request_under_way, message_sent, challenged, subscribed, registered, called_by_backend)
