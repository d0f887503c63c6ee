# SPDX-License-Identifier: Apache-2.0
"""What leaves us is what tshark takes for SIP or STUN: the traces of docs/wire-formats.md and every golden packet."""

import pathlib
import tempfile
import unittest

import tree
import wire_trace

_CONTROL = (("192.0.2.77", 40000), ("203.0.113.10", 5060),
            b"SIP/2.0 503 Service Unavailable\r\nVia: SIP/2.0/UDP 192.0.2.77\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n")


class WireTraces(unittest.TestCase):
    def judge(self, packets):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "packets.pcap"
            wire_trace.write_capture(path, packets)
            found = wire_trace.judge(path)
        self.assertEqual(len(found), len(packets))
        return found

    def test_every_trace_of_the_page_is_a_packet_of_its_case(self):
        traces = wire_trace.page_traces((tree.ROOT / "docs" / "wire-formats.md").read_text())
        self.assertGreaterEqual(len(traces), 6)
        for case, packet in traces:
            self.assertIn(packet, wire_trace.case_packets(case), case)

    def test_every_trace_of_the_page_decodes_without_a_warning(self):
        packets = [packet for _, packet in wire_trace.page_traces((tree.ROOT / "docs" / "wire-formats.md").read_text())]
        for (protocols, complaint), packet in zip(self.judge(packets), packets):
            self.assertIn(protocols[-1], ("sip", "stun"), packet)
            self.assertEqual(complaint, "", packet)

    def test_every_golden_packet_that_leaves_decodes_as_well_as_what_came(self):
        came, left = self.judge_cases("in"), self.judge_cases("out")
        self.assertGreater(len(left), 60)
        for case, found in left.items():
            self.assertLessEqual(found, came.get(case, set()) | {("sip", ""), ("stun", "")}, case)

    def judge_cases(self, direction):
        """Case → what tshark says of its packets."""
        packets = [(path.name, packet) for path in sorted(wire_trace.CASES.glob("*.case"))
                   for packet in wire_trace.case_packets(path.name, direction)]
        said = {}
        for (case, _), (protocols, complaint) in zip(packets, self.judge([packet for _, packet in packets])):
            said.setdefault(case, set()).add((protocols[-1], complaint))
        return said

    def test_tshark_complains_of_a_bad_header(self):
        self.assertIn("retry_after", self.judge([_CONTROL])[0][1])


if __name__ == "__main__":
    unittest.main()
