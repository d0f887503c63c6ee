# SPDX-License-Identifier: Apache-2.0
"""Dialogs per backend as `show backends` counts them: each once, nothing left when all are over or have aged out."""

import time
import unittest

from harness.config import Settings
from harness.flows import Flow
from harness.process import wait_until

from .dialogs import Cast, Dialog, acknowledge, arrive, refuse, respond, set_up, transact, travel
from .move_rows import MOVE, first_half
from .support import BenchTest, is_long

_BACKENDS = 4
_DIALOGS = 200
_ABANDONED = 10000
_RATE = 250
_TTL_S = 200
# Ages are told to four seconds; the audit frees what is too old within seconds.
_SWEPT_S = 60


def one_call(dialog):
    yield from set_up(dialog)
    yield MOVE
    yield from transact(dialog.server, dialog.caller, "BYE")


def same_call_id_on_both_legs(dialog):
    """The backend is a back-to-back user agent that calls a phone under the Call-ID it was called with."""
    yield from set_up(dialog)
    phone = dialog.phone(dialog.number + 3, "c")
    leg = dialog.server_at(dialog.server.station, tag="l")
    leg.remote, leg.first_hop = phone.local, dialog.cast.inside
    request = yield from travel(leg.request("INVITE", uri=phone.contact, to_tag="", routes=()), phone.station)
    phone.learn_from_request(request)
    leg.learn_from_response((yield from respond(request, phone, leg, "180 Ringing", "200 OK")))
    leg.first_hop = None
    yield from acknowledge(leg, phone)
    yield MOVE
    yield from transact(dialog.caller, dialog.server, "BYE")
    yield from transact(leg, phone, "BYE")


def forked_before_us(dialog):
    """A proxy before us forks; both branches reach one backend, which refuses the second."""
    below = f"SIP/2.0/UDP ua.example.org;branch=z9hG4bKua{dialog.number}"
    first, second = dialog.to_service("INVITE", vias=[below]), dialog.to_service("INVITE", vias=[below], cseq=1)
    arrived = yield from arrive(dialog, first)
    merged = yield from arrive(dialog, second)
    dialog.server.learn_from_request(arrived)
    yield from refuse(dialog, second, merged, "482 Merged Request", tag=f"merged{dialog.number}")
    dialog.caller.learn_from_response((yield from respond(arrived, dialog.server, dialog.caller, "200 OK")))
    yield from acknowledge(dialog.caller, dialog.server)
    yield MOVE
    yield from transact(dialog.caller, dialog.server, "BYE")


def ringing(dialog):
    """Counted from its first message on, and no more once it has been refused."""
    invite = dialog.to_service("INVITE")
    request = yield from arrive(dialog, invite)
    yield from respond(request, dialog.server, dialog.caller, "180 Ringing")
    yield MOVE
    yield from refuse(dialog, invite, request, "486 Busy Here")


class DialogCounts(BenchTest):
    def counts(self, bench):
        return {row["name"]: row["open_dialogs"] for row in bench.daemon.ctl.rows("backends")}

    def test_each_dialog_counts_once_and_none_when_it_is_over(self):
        bench = self.bench(backends=_BACKENDS)
        cast = Cast(bench.topology)
        self.addCleanup(cast.exchange.close)
        bench.start_daemon()
        for row in (one_call, same_call_id_on_both_legs, forked_before_us, ringing):
            with self.subTest(row=row.__name__):
                self.play(bench, cast, row)

    def play(self, bench, cast, row):
        dialogs = [Dialog(cast, row.__name__, number) for number in range(_DIALOGS)]
        scripts = [(f"{row.__name__} {dialog.number}", row(dialog)) for dialog in dialogs]
        cast.exchange.play((label, first_half(script)) for label, script in scripts)
        self.assertEqual(cast.exchange.failures, [])
        held = {server.name: sum(dialog.server.station is server for dialog in dialogs) for server in cast.servers}
        self.assertEqual(self.counts(bench), held, "while all are open")
        cast.exchange.play(scripts)
        self.assertEqual(cast.exchange.failures, [])
        wait_until(lambda: not any(self.counts(bench).values()), 5, f"no dialog is open: {self.counts(bench)}")

    def test_abandoned_calls_age_out(self):
        if not is_long():
            self.skipTest("takes five minutes: the shortest life of an entry is 200 s; unit tests move the clock instead")
        ages = f'[affinity]\nearly_ttl  = "{_TTL_S}s"\ndialog_ttl = "{_TTL_S}s"\n'
        bench = self.bench(backends=_BACKENDS, settings=Settings(rules=ages)).start()
        abandon = Flow("abandon", "call_abandoned.xml", 1.0, "talk")
        bench.call(abandon, _ABANDONED, _RATE)
        bench.wait_callers(_ABANDONED / _RATE + 60)
        self.assert_all_good(bench)
        self.assertEqual(sum(self.counts(bench).values()), _ABANDONED)
        ended = time.monotonic()
        wait_until(lambda: not any(self.counts(bench).values()), _TTL_S + _SWEPT_S, "all calls have aged out", 1.0,
                   bench.supervisor.check)
        self.assertGreater(time.monotonic() - ended, _TTL_S / 2)


if __name__ == "__main__":
    unittest.main()
