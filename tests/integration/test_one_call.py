# SPDX-License-Identifier: Apache-2.0
"""One call, looked at line by line on both sides (RFC 3261 §16.6, §16.7, §16.11)."""

import unittest

from harness.capture import Capture
from harness.flows import FLOWS
from harness.process import wait_until
from harness.siplog import param, parse_message
from harness.topology import CALLER, INSIDE_LISTENER, VIP

from .raw_call import CALLER_PORT, SENT_BY, RawCall, without
from .support import BenchTest, also_sanitized


class OneCall(BenchTest):
    def start(self, one_network=False):
        bench = self.bench(backends=1, one_network=one_network)
        call = RawCall(self, bench)
        bench.start_daemon()
        return bench, call

    @also_sanitized
    def test_invite_gets_via_record_route_pair_and_one_hop_less(self):
        _, call = self.start()
        sent = call.invite()
        got = call.from_caller(sent)
        invite = parse_message(got)
        vias = invite.values("via")
        self.assertEqual(len(vias), 2)
        self.assertTrue(vias[0].startswith(f"SIP/2.0/UDP {INSIDE_LISTENER}:5060;"), vias[0])
        self.assertRegex(param(vias[0], "branch"), r"^z9hG4bK[0-9a-v]+$")
        self.assertRegex(param(vias[0], "dps"), r"^[0-9a-z]+$")
        self.assertTrue(vias[1].startswith(f"SIP/2.0/UDP {SENT_BY};"), vias[1])
        self.assertEqual(param(vias[1], "branch"), "z9hG4bKraw1")
        self.assertEqual((param(vias[1], "received"), param(vias[1], "rport")), (CALLER, str(CALLER_PORT)))
        routes = invite.values("record-route")
        self.assertEqual(len(routes), 2)
        self.assertIn(f"sip:{INSIDE_LISTENER}:5060", routes[0])
        self.assertIn(f"sip:{VIP}:5060", routes[1])
        for route in routes:
            self.assertIn(";lr", route)
            self.assertIn(";r2=on", route)
            self.assertRegex(route, r";dp=[0-9a-z]+")
        self.assertEqual(invite.first("max-forwards"), "69")
        self.assertEqual(without(got, "Via:", "Record-Route:", "Max-Forwards:"), without(sent, "Via:", "Max-Forwards:"))
        self.assertEqual(call.last_server_source, call.inside)

    def test_one_network_records_one_value(self):
        _, call = self.start(one_network=True)
        invite = parse_message(call.from_caller(call.invite()))
        self.assertTrue(invite.values("via")[0].startswith(f"SIP/2.0/UDP {VIP}:5060;"))
        routes = invite.values("record-route")
        self.assertEqual(len(routes), 1)
        self.assertNotIn("r2=on", routes[0])

    def test_a_retransmission_is_identical(self):
        _, call = self.start()
        self.assertEqual(call.from_caller(call.invite()), call.from_caller(call.invite()))

    @also_sanitized
    def test_responses_lose_our_via_and_nothing_else(self):
        _, call = self.start()
        invite = call.from_caller(call.invite())
        for status in ("100 Trying", "180 Ringing", "200 OK"):
            answer = call.answer(invite, status, extra=[f"Contact: <sip:bob@{call.server_address}>"])
            got = call.from_server(answer)
            ours = parse_message(answer).headers["via"][0]
            self.assertEqual(got.split("\r\n"), [line for line in answer.split("\r\n") if line != f"Via: {ours}"])
            self.assertEqual(call.last_caller_source, (VIP, 5060))

    def test_routes_of_both_sides_are_popped_as_a_pair(self):
        _, call = self.start()
        invite = call.from_caller(call.invite())
        contact = f"sip:bob@{call.server_address}:5060"
        ok = parse_message(call.from_server(call.answer(invite, "200 OK", extra=[f"Contact: <{contact}>"])))
        recorded = ok.values("record-route")
        self.assertEqual(len(recorded), 2)
        for method, branch, cseq in (("ACK", "z9hG4bKraw2", 1), ("INFO", "z9hG4bKraw3", 2)):
            routes = [f"Route: {value}" for value in recorded[::-1]]
            got = parse_message(call.from_caller(call.request(method, branch, cseq, contact, "b1", routes)))
            self.assertEqual(got.values("route"), [])
            self.assertEqual(got.request_uri, contact)
            self.assertTrue(got.values("via")[0].startswith(f"SIP/2.0/UDP {INSIDE_LISTENER}:5060;"))
        bye = "\r\n".join([
            f"BYE sip:alice@{CALLER}:{CALLER_PORT} SIP/2.0",
            f"Via: SIP/2.0/UDP {call.server_address}:5060;branch=z9hG4bKsrv1",
            *(f"Route: {value}" for value in parse_message(invite).values("record-route")),
            "Max-Forwards: 70", f"From: <sip:bob@{VIP}>;tag=b1", "To: \"Alice\" <sip:alice@192.0.2.55>;tag=a1",
            f"Call-ID: {call.call_id}", "CSeq: 1 BYE", "Content-Length: 0", "", ""])
        got_text = call.from_server(bye)
        got = parse_message(got_text)
        self.assertEqual(got.values("route"), [])
        self.assertTrue(got.values("via")[0].startswith(f"SIP/2.0/UDP {VIP}:5060;"), got_text)
        call.caller.sendto(call.answer(got_text, "200 OK").encode(), (VIP, 5060))
        self.assertEqual(parse_message(call.at_server()).values("via"),
                         [f"SIP/2.0/UDP {call.server_address}:5060;branch=z9hG4bKsrv1"])

    @also_sanitized
    def test_cancel_and_ack_carry_the_branch_of_their_invite(self):
        _, call = self.start()
        invite_text = call.from_caller(call.invite())
        branch = param(parse_message(invite_text).values("via")[0], "branch")
        call.from_server(call.answer(invite_text, "180 Ringing"))
        cancel = parse_message(call.from_caller(call.request("CANCEL", "z9hG4bKraw1", 1)))
        self.assertEqual(param(cancel.values("via")[0], "branch"), branch)
        call.from_server(call.answer(invite_text, "487 Request Terminated"))
        ack = parse_message(call.from_caller(call.request("ACK", "z9hG4bKraw1", 1, to_tag="b1")))
        self.assertEqual(param(ack.values("via")[0], "branch"), branch)
        other = parse_message(call.from_caller(call.invite(branch="z9hG4bKraw9", cseq=2)))
        self.assertNotEqual(param(other.values("via")[0], "branch"), branch)

    def test_frames_on_the_wire_are_ours_with_right_checksums(self):
        bench, call = self.start()
        inside = Capture(bench.supervisor, bench.directory, "inside", bench.topology.backends_ns, "net0", "udp")
        outside = Capture(bench.supervisor, bench.directory, "outside", bench.topology.callers_ns, "net0", "udp")
        invite = call.from_caller(call.invite())
        call.from_server(call.answer(invite, "200 OK"))
        wait_until(lambda: inside.datagrams() and outside.datagrams()[1:], 5, "tcpdump has seen what arrived")
        toward = [d for d in inside.stop().datagrams() if d.destination == (call.server_address, 5060)]
        back = [d for d in outside.stop().datagrams() if d.source == (VIP, 5060)]
        self.assertEqual(len(toward), 1)
        self.assertEqual(len(back), 1)
        for datagram in toward + back:
            self.assertEqual((datagram.ttl, datagram.dont_fragment), (64, False))
            self.assertTrue(datagram.checksum_right, "UDP checksum")
        self.assertEqual(toward[0].source, call.inside)
        self.assertEqual(back[0].destination, (CALLER, CALLER_PORT))

    def test_options_to_the_listener_is_answered_by_it(self):
        _, call = self.start()
        call.caller.sendto(call.request("OPTIONS", "z9hG4bKopt", 1, uri=f"sip:{VIP}").encode(), (VIP, 5060))
        answer = parse_message(call.caller.recv(65536).decode())
        self.assertEqual(answer.status, 200)
        self.assertEqual(param(answer.values("via")[0], "rport"), str(CALLER_PORT))
        self.assertIn(";tag=", answer.first("to"))
        self.assertEqual(answer.first("allow"), "")
        call.server.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            call.at_server()

    def test_a_forged_response_reaches_nobody(self):
        _, call = self.start()
        invite = call.from_caller(call.invite())
        answer = call.answer(invite, "200 OK")
        dps = param(parse_message(invite).values("via")[0], "dps")
        forged = answer.replace(dps, dps[:-1] + ("a" if dps[-1] != "a" else "b"))
        call.caller.settimeout(0.3)
        call.server.sendto(forged.encode(), call.inside)
        with self.assertRaises(TimeoutError):
            call.caller.recv(65536)
        call.caller.settimeout(3)
        self.assertTrue(call.from_server(answer).startswith("SIP/2.0 200"))


class EveryFlow(BenchTest):
    @also_sanitized
    def test_one_call_of_each_flow_by_sipp(self):
        bench = self.bench(backends=2).start()
        for flow in FLOWS:
            bench.call(flow, 3, 10)
        bench.wait_callers(40)
        self.assert_all_good(bench)


if __name__ == "__main__":
    unittest.main()
