# SPDX-License-Identifier: Apache-2.0
"""What the dialogs of the matrix have in common: who plays in them, and exchanges of a request and its responses."""

from harness.exchange import Exchange, WrongTurn
from harness.party import Party, again
from harness.siplog import param
from harness.topology import bracketed

_PHONES = 8
_FIRST_PHONE_PORT = 5070
_SIP_PORT = 5060


class Cast:
    """Phones outside, servers at the backends' addresses inside, each one socket with a log of its own."""

    def __init__(self, topology, phones=_PHONES):
        self.exchange = Exchange()
        self.vip = (topology.outside.vip, _SIP_PORT)
        self.inside = (topology.outside.vip if topology.one_network else topology.inside.listener, _SIP_PORT)
        self.service = f"sip:service@{bracketed(topology.outside.vip)}"
        self.behind_nat = topology.nat
        self.phones = [self.exchange.add_station(f"phone{number}", "outside", topology.phones_ns, topology.phone_address,
                                                 _FIRST_PHONE_PORT + number) for number in range(phones)]
        self.servers = [self.exchange.add_station(f"server{number}", "inside", topology.backends_ns, address, _SIP_PORT)
                        for number, address in enumerate(topology.backend_addresses, 1)]


class Dialog:
    """One dialog of a row: the caller's end, and the end of the backend that took its first message."""

    def __init__(self, cast, row, number):
        self.cast = cast
        self.number = number
        self.call_id = f"{row}-{number}@caller.example"
        self.caller = self.phone(number, "a")
        self.server = None
        self.invite = None

    def phone(self, number, tag, call_id=""):
        """A phone's end of a dialog; what it sends first is for the service."""
        party = Party(self.cast.phones[number % len(self.cast.phones)], call_id or self.call_id, f"phone{number}", f"{tag}{self.number}",
                      self.cast.vip)
        party.remote = f"<{self.cast.service}>"
        return party

    def server_at(self, station, call_id="", tag="b"):
        """A backend's end of a dialog."""
        return Party(station, call_id or self.call_id, "server", f"{tag}{self.number}")

    def to_service(self, method, party=None, **what):
        """A request outside a dialog, to the service."""
        return (party or self.caller).request(method, **{"uri": self.cast.service, "routes": (), "to_tag": "", **what})


def need(holds, what):
    if not holds:
        raise WrongTurn(what)


def travel(outgoing, receiver):
    """Sends; returns the message as `receiver` (a Station) got it."""
    message, station = yield outgoing
    need(station is receiver, f"{outgoing.message.start_line!r} reached {station.name} instead of {receiver.name}")
    if message.is_request:
        need(not message.values("route"), f"{message.start_line!r} arrived with Route {message.values('route')}")
    return message


def arrive(dialog, outgoing):
    """Sends a request whose backend nobody knows yet; that backend's end is in the dialog from now on."""
    message, station = yield outgoing
    if dialog.server is None:
        dialog.server = dialog.server_at(station)
    need(station is dialog.server.station, f"{message.start_line!r} of {message.call_id} reached {station.name}, "
                                           f"the first one {dialog.server.station.name}")
    return message


def respond(request, answerer, asker, *statuses, tag=None, extra=()):
    """Every response reaches `asker`; returns the last."""
    response = None
    for status in statuses:
        response = yield from travel(answerer.answer(request, status, tag, extra), asker.station)
    return response


def transact(asker, answerer, method, *statuses, **what):
    """A request within a dialog and its responses (200 if none is given)."""
    request = yield from travel(asker.request(method, **what), answerer.station)
    return (yield from respond(request, answerer, asker, *statuses or ("200 OK",)))


def set_up(dialog, *statuses, extra=()):
    """INVITE, its responses and the ACK: both ends know the dialog."""
    dialog.invite = dialog.to_service("INVITE", extra=extra)
    request = yield from arrive(dialog, dialog.invite)
    dialog.server.learn_from_request(request)
    response = yield from respond(request, dialog.server, dialog.caller,
                                  *statuses or ("100 Trying", "180 Ringing", "200 OK"))
    dialog.caller.learn_from_response(response)
    yield from acknowledge(dialog.caller, dialog.server)
    return request


def acknowledge(caller, callee, cseq=0):
    """The ACK to a 2xx, along the route set."""
    return (yield from travel(caller.request("ACK", cseq=cseq or caller.cseq), callee.station))


def reinvite(asker, answerer):
    yield from transact(asker, answerer, "INVITE", "100 Trying", "200 OK")
    yield from acknowledge(asker, answerer)


def refuse(dialog, invite, request, status, tag=None):
    """A failure of `invite`, which arrived as `request`, and its ACK, which has to look like it."""
    response = yield from respond(request, dialog.server, dialog.caller, status, tag=tag)
    remote_tag = response.first("to").partition(";tag=")[2]
    ack = yield from arrive(dialog, again(invite, "ACK", remote_tag))
    same_branch(request, ack)


def cancel(dialog, invite, request):
    """CANCEL of an INVITE that rings, 200 and 487 for it, and the ACK."""
    arrived = yield from arrive(dialog, again(invite, "CANCEL"))
    same_branch(request, arrived)
    yield from respond(arrived, dialog.server, dialog.caller, "200 OK")
    yield from refuse(dialog, invite, request, "487 Request Terminated")


def register(dialog, phone, *, extra=("Supported: path",)):
    """REGISTER of a phone; returns the backend's station and the Path it was given."""
    request, station = yield dialog.to_service("REGISTER", phone, extra=extra)
    need(not request.values("record-route"), "REGISTER was record-routed")
    registrar = dialog.server_at(station, phone.call_id)
    path = request.values("path")
    yield from respond(request, registrar, phone, "200 OK", extra=[f"Path: {value}" for value in path])
    return station, path


def same_branch(one, other):
    branches = [param(m.values("via")[0], "branch") for m in (one, other)]
    need(branches[0] == branches[1], f"{other.method} of {one.call_id} has branch {branches[1]}, {one.method} {branches[0]}")
