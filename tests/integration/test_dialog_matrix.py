# SPDX-License-Identifier: Apache-2.0
"""Every kind of dialog, a thousand times each over real sockets: one dialog, one backend, whatever the message."""

import unittest

from harness.counts import unaccounted_quiet
from harness.errors import BenchError

from .dialog_rows import ROWS, ROWS_OF_ONE_NODE
from .dialogs import Cast, Dialog, arrive
from .support import BenchTest, also_sanitized

_DIALOGS = 1000
_BACKENDS = 4
_LEAST_SHARE = 0.15
_FEW_DIALOGS = 100
# Chance alone gives a quarter of a hundred dialogs a spread of 4.3 points: below 5 % lies one run in a hundred million.
_LEAST_SHARE_OF_FEW = 0.05


class DialogMatrix(BenchTest):
    def start(self, **settings):
        bench = self.bench(backends=_BACKENDS, **settings)
        cast = Cast(bench.topology)
        self.addCleanup(cast.exchange.close)
        bench.start_daemon()
        return bench, cast

    def play(self, dialogs=_DIALOGS, **settings):
        bench, cast = self.start(**settings)
        for row, script in {**ROWS, **ROWS_OF_ONE_NODE}.items():
            with self.subTest(row=row):
                self.play_row(cast, row, script, dialogs)
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        self.assertEqual(bench.daemon.drops().get("own_ack"), dialogs, "ACKs to refusals of ours that were absorbed")

    def play_row(self, cast, row, script, dialogs):
        cast.exchange.forget_logs()
        finished = cast.exchange.play((f"{row} {number}", script(Dialog(cast, row, number))) for number in range(dialogs))
        self.assertEqual(cast.exchange.failures, [])
        self.assertEqual(finished, dialogs)
        homes = self.homes(cast)
        self.assertEqual(sorted(call_id for call_id, servers in homes.items() if len(servers) > 1)[:5], [],
                         "dialogs whose messages stand in the logs of several backends")
        shares = {server.name: sum(servers == {server.name} for servers in homes.values()) / len(homes)
                  for server in cast.servers}
        least = _LEAST_SHARE if dialogs >= _DIALOGS else _LEAST_SHARE_OF_FEW
        self.assertGreaterEqual(min(shares.values()), least, shares)

    @staticmethod
    def homes(cast):
        """Call-ID → the backends in whose own logs it stands, as sender or as receiver."""
        homes = {}
        for server in cast.servers:
            for message in server.log:
                homes.setdefault(message.call_id, set()).add(server.name)
        return homes

    def test_1000_dialogs_of_each_kind(self):
        self.play()

    def test_1000_dialogs_of_each_kind_from_ipv6_callers_to_ipv4_backends(self):
        self.play(families=(6, 4))

    def test_1000_dialogs_of_each_kind_from_callers_behind_nat(self):
        self.play(nat=True)

    @also_sanitized
    def test_some_dialogs_of_each_kind_on_one_network(self):
        self.play(dialogs=_FEW_DIALOGS, one_network=True)

    def test_a_split_dialog_is_noticed(self):
        """Two Call-IDs played as one dialog: three of four meet two backends."""
        def split(dialog):
            yield from arrive(dialog, dialog.to_service("INVITE"))
            yield from arrive(dialog, dialog.to_service("INVITE", dialog.phone(dialog.number, "z", f"x{dialog.call_id}")))

        _, cast = self.start()
        with self.assertRaisesRegex(BenchError, "reached server"):
            cast.exchange.play((f"split {number}", split(Dialog(cast, "split", number))) for number in range(200))


if __name__ == "__main__":
    unittest.main()
