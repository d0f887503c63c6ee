# SPDX-License-Identifier: Apache-2.0
"""The HTTP endpoint of a real dialplane: metrics equal what `show` says, health and readiness follow the facts."""

import contextlib
import ctypes
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from harness.counts import unaccounted_quiet
from harness.flows import FLOWS
from harness.netns_socket import open_socket
from harness.process import wait_until

from .support import BenchTest, also_sanitized

PORT = 9494
_SAMPLE = re.compile(r'^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (-?[0-9.e+-]+)$')
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')


def fetch(netns, path, method="GET"):
    """Status and body of one HTTP request inside the namespace."""
    with open_socket(netns, kind=1) as sock:
        sock.settimeout(10)
        sock.connect(("127.0.0.1", PORT))
        sock.sendall(f"{method} {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        data = b""
        while chunk := sock.recv(65536):
            data += chunk
    head, _, body = data.decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


def parse(page):
    """Samples by name and sorted labels, and types by name. Any breach of the text format raises."""
    samples, types = {}, {}
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            if name in types:
                raise ValueError(f"a metric twice: {line}")
            types[name] = kind
            continue
        if line.startswith("# HELP "):
            continue
        match = _SAMPLE.match(line)
        if not match or match[1] != next(reversed(types)):
            raise ValueError(f"no sample of the metric above: {line}")
        labels = _LABEL.findall(match[2] or "")
        if match[2] and ",".join(f'{name}="{value}"' for name, value in labels) != match[2]:
            raise ValueError(f"labels: {line}")
        key = (match[1], *sorted(labels))
        if key in samples:
            raise ValueError(f"a series twice: {line}")
        samples[key] = float(match[3])
    return samples, types


@contextlib.contextmanager
def frozen_worker(pid):
    """Stops one worker thread, and it alone, as a debugger would."""
    seize, interrupt, detach, wall = 0x4206, 0x4207, 17, 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def ptrace(request):
        if libc.ptrace(request, thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of thread {thread}")

    thread = next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()
                  if (task / "comm").read_text().startswith("rte-worker"))
    ptrace(seize)
    ptrace(interrupt)
    os.waitpid(thread, wall)
    try:
        yield
    finally:
        ptrace(detach)


class Metrics(BenchTest):
    def start(self, **settings):
        bench = self.bench(**settings)
        bench.start_servers()
        bench.daemon.write_config()
        path = bench.daemon.config_path
        path.write_text(path.read_text().replace("[control]\n", f'[control]\nmetrics = "127.0.0.1:{PORT}"\n'))
        bench.start_daemon()
        return bench

    def fetch(self, bench, path, method="GET"):
        return fetch(bench.topology.lb_ns, path, method)

    def metrics(self, bench):
        status, page = self.fetch(bench, "/metrics")
        self.assertEqual(status, 200, page)
        return (page, *parse(page))

    @also_sanitized
    def test_metrics_equal_show_after_calls(self):
        bench = self.start(backends=2)
        for flow in FLOWS:
            bench.call(flow, 10, 10)
        bench.wait_callers(60)
        self.assert_all_good(bench)
        self.assertEqual(unaccounted_quiet(bench.daemon), 0)
        _, samples, types = self.metrics(bench)
        self.assertGreater(samples[("dialplane_requests_total", ("direction", "from_outside"), ("method", "INVITE"))], 9)
        rows = bench.daemon.ctl.rows
        for row in rows("methods"):
            for side in ("from_outside", "from_inside"):
                key = ("dialplane_requests_total", ("direction", side), ("method", row["method"]))
                self.assertEqual(samples[key], row[side], key)
            for status_class in range(1, 7):
                key = ("dialplane_method_responses_total", ("class", f"{status_class}xx"), ("method", row["method"]))
                self.assertEqual(samples[key], row[f"responses_{status_class}xx"], key)
        for row in rows("responses"):
            code = "other" if row["code"] is None else str(row["code"])
            key = ("dialplane_responses_total", ("class", row["class"]), ("code", code))
            self.assertEqual(samples[key], row["forwarded"], key)
        for row in rows("answers"):
            key = ("dialplane_inline_responses_total", ("reason", row["name"]), ("status", str(row["status"])))
            self.assertEqual(samples[key], row["count"], key)
        for row in rows("backends"):
            labels = (("backend", row["name"]), ("pool", row["pool"]))
            for column in ("requests", "dialogs", "responses", "requests_from"):
                self.assertEqual(samples[(f"dialplane_backend_{column}_total", *labels)], row[column], row)
        for row in rows("drops"):
            if row["kind"] == "drop" and row["name"] != "no_exception":
                key = ("dialplane_drops_total", ("reason", row["name"]), ("stage", row["stage"]))
                self.assertEqual(samples[key], row["count"], key)
        self.assertEqual(samples[("dialplane_packets_unaccounted",)], 0)
        self.assertEqual({kind for kind in types.values()}, {"counter", "gauge"})

    def test_the_page_passes_promtool(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool (package prometheus) is not installed; the parser of these tests reads the page anyway")
        page, _, _ = self.metrics(self.start(backends=1))
        result = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=30,
                                check=False)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_it_is_healthy_and_ready_until_every_backend_is_drained(self):
        bench = self.start(backends=2)
        self.assertEqual(self.fetch(bench, "/healthz"), (200, "ok\n"))
        self.assertEqual(self.fetch(bench, "/readyz"), (200, "ok\n"))
        for name in ("server1", "server2"):
            result = bench.daemon.ctl_command("backend", "set", f"servers/{name}", "state", "drain")
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.fetch(bench, "/healthz"), (200, "ok\n"))
        self.assertEqual(self.fetch(bench, "/readyz"), (503, "pool servers has no backend for new dialogs\n"))

    def test_a_worker_that_hangs_is_named(self):
        bench = self.start(backends=1)
        pid = bench.daemon.ctl.rows("info")[0]["pid"]
        worker = bench.daemon.ctl.rows("workers")[0]
        with frozen_worker(pid):
            wait_until(lambda: self.fetch(bench, "/healthz")[0] == 503, 10, "a hanging worker shows", watch=bench.check)
            status, text = self.fetch(bench, "/readyz")
        self.assertEqual(status, 503)
        self.assertIn(f"worker 0 (CPU {worker['cpu']}) has made no round for", text)
        wait_until(lambda: self.fetch(bench, "/healthz")[0] == 200, 10, "it goes on", watch=bench.check)

    def test_nothing_else_is_served(self):
        bench = self.start(backends=1)
        for method, path in (("GET", "/"), ("GET", "/metrics/"), ("POST", "/metrics"), ("DELETE", "/healthz")):
            self.assertEqual(self.fetch(bench, path, method)[0], 404, f"{method} {path}")

    def test_a_taken_address_refuses_the_start(self):
        bench = self.bench(backends=1)
        bench.start_servers()
        bench.daemon.write_config()
        path = bench.daemon.config_path
        path.write_text(path.read_text().replace("[control]\n", f'[control]\nmetrics = "127.0.0.1:{PORT}"\n'))
        with open_socket(bench.topology.lb_ns, kind=1) as taken:
            taken.bind(("127.0.0.1", PORT))
            taken.listen()
            bench.daemon.start()
            bench.daemon.expect_end()
            self.assertEqual(bench.daemon.process.wait(20), 1)
        self.assertIn(f"cannot listen on 127.0.0.1:{PORT}: Address already in use; give", bench.daemon.log.read_text())

    def test_slow_clients_hold_up_neither_calls_nor_the_stop(self):
        bench = self.start(backends=1)
        slow = []
        for _ in range(8):
            slow.append(open_socket(bench.topology.lb_ns, kind=1))
            slow[-1].connect(("127.0.0.1", PORT))
            slow[-1].sendall(b"GET /metrics HTTP/1.1\r\n")
        bench.call(FLOWS[0], 10, 10)
        bench.wait_callers(40)
        self.assert_all_good(bench)
        began = time.monotonic()
        self.assertEqual(bench.daemon.stop(timeout_s=10), 0)
        self.assertLess(time.monotonic() - began, 2.0)
        for sock in slow:
            sock.close()
