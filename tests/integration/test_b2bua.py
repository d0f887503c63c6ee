# SPDX-License-Identifier: Apache-2.0
"""A back-to-back user agent as the backend: the second leg is a dialog that a backend began (RFC 7092)."""

from harness.analysis import analyse
from harness.config import Settings
from harness.counts import unaccounted_quiet
from harness.flows import FLOWS

from .support import BenchTest

_CALLS = 100
_PHONE_PORT = 5099


class B2bua(BenchTest):
    """SIPp in 3PCC mode, called at one address, calling from another that takes no new calls."""

    def test_200_calls_hung_up_from_either_side(self):
        bench = self.bench(backends=2, settings=Settings(backend_states={"server2": "drain"}))
        legs = bench.start_b2bua(f"{bench.topology.outside.caller}:{_PHONE_PORT}")
        bench.start_daemon()
        bench.start_phone("phone", _PHONE_PORT)
        for flow in FLOWS[:2]:
            bench.call(flow, _CALLS, 20)
        bench.wait_callers(60)
        self.assert_all_good(bench)
        self.assertEqual(bench.wait_servers_idle(), 0)
        callers, phone = bench.caller_logs(), bench.server_logs()
        # The log of a leg holds what the legs say to each other, too.
        found = analyse({**callers, **phone}, {leg.label: [m for m in leg.messages() if "SIP/2.0" in m.start_line]
                                               for leg in legs})
        self.assertEqual((found.dialogs_split, found.missing_acks, found.route_errors), (0, 0, []), found.split_examples)
        self.assertEqual(found.calls_per_backend, {"b2bua-caller": 2 * _CALLS, "b2bua-callee": 0})
        at_phone = {m.call_id for m in phone["phone"] if not m.sent and m.is_request and m.method == "INVITE"}
        made = {m.call_id for log in callers.values() for m in log if m.sent and m.is_request and m.method == "INVITE"}
        self.assertEqual(at_phone, {f"leg///{call_id}" for call_id in made})
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
