# SPDX-License-Identifier: Apache-2.0
"""What goes to the kernel through the exception interface: ARP, ICMP, TCP."""

import json
import socket
import time

from harness.capture import Capture
from harness.netns_socket import open_socket
from harness.process import run, wait_until
from harness.topology import VIP

from .support import BenchTest


# A SYN that is lost is sent again after a second.
_AT_ONCE_S = 0.9


class KernelSide(BenchTest):
    def start(self):
        bench = self.bench(backends=1)
        bench.start_servers()
        bench.start_daemon()
        return bench

    def test_ping_to_the_listener_answers(self):
        bench = self.start()
        result = run(["ping", "-c", "3", "-i", "0.2", "-W", "2", VIP], netns=bench.topology.callers_ns, check=False)
        self.assertIn("3 received", result.stdout, result.stdout)

    def test_the_exception_interface_shows_arp(self):
        bench = self.start()
        capture = Capture(bench.supervisor, bench.directory, "arp", bench.topology.lb_ns, "edge0", "arp")
        run(["ip", "-n", bench.topology.callers_ns, "neigh", "flush", "all"])
        run(["ping", "-c", "1", "-W", "2", VIP], netns=bench.topology.callers_ns, check=False)
        wait_until(lambda: len(capture.arp_frames()) >= 2, 3, "a request and its answer in the capture")
        capture.stop()

    def test_a_port_takes_all_multicast_and_not_what_is_for_other_hosts(self):
        bench = self.start()
        links = json.loads(run(["ip", "-n", bench.topology.lb_ns, "-d", "-j", "link", "show"]).stdout)
        wires = [link for link in links if link["ifname"].startswith("wire")]
        self.assertEqual([link["promiscuity"] for link in wires], [0, 0])
        self.assertTrue(all("ALLMULTI" in link["flags"] for link in wires), wires)

    def test_a_port_without_carrier_is_shown_down_and_serves_again_after_it(self):
        bench = self.start()

        def links():
            return [row["link"] for row in bench.daemon.ctl.rows("ports")]

        self.assertEqual(links(), ["up", "up"])
        run(["ip", "-n", bench.topology.callers_ns, "link", "set", "net0", "down"])
        wait_until(lambda: links() == ["down", "up"], 3, "the port of the callers is down")
        run(["ip", "-n", bench.topology.callers_ns, "link", "set", "net0", "up"])
        wait_until(lambda: links() == ["up", "up"], 3, "the port of the callers is up again")
        result = run(["ping", "-c", "3", "-i", "0.2", "-W", "2", VIP], netns=bench.topology.callers_ns, check=False)
        self.assertNotIn(" 0 received", result.stdout, result.stdout)

    def test_tcp_to_the_udp_listener_is_reset_at_once(self):
        bench = self.start()
        with open_socket(bench.topology.callers_ns, socket.SOCK_STREAM) as sock:
            sock.settimeout(3)
            began = time.monotonic()
            with self.assertRaises(ConnectionRefusedError):
                sock.connect((VIP, 5060))
            self.assertLess(time.monotonic() - began, _AT_ONCE_S)
