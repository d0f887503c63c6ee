# SPDX-License-Identifier: Apache-2.0
"""One bench: namespaces, servers, a dialplane, callers; everything it made is gone when it closes.

If this process is killed, its children die with it and a small guard shell removes the namespaces and files.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .daemon import Daemon
from .errors import BenchError
from .kamailio import Kamailio
from .process import Supervisor, wait_until
from .sipp import PORT, B2buaLeg, Caller, Phone, Server
from .softphone import Softphone
from .topology import Topology, bracketed

_LOCKS = Path("/run/lock")
_GUARD = """
trap '' INT TERM HUP
read -r line
[ "$line" = done ] && exit 0
for ns in "$@"; do
  ip netns list | grep -q "^$ns\\b" || continue
  ip netns pids "$ns" | xargs -r kill -9
  ip netns del "$ns"
done
rm -rf -- "$BENCH_DIR"
"""


class Bench:
    """Use as a context manager; `keep` leaves logs and captures in `directory`."""

    def __init__(self, name, backends=3, one_network=False, settings=None, keep=False, behind=0,
                 families=(4, 4), nat=False, queues=(1, 1)):
        if os.geteuid() != 0:
            raise BenchError("network namespaces need root: use sudo")
        self.topology = self.make_topology(name, backends, one_network, behind, families, nat, queues)
        self.settings = settings
        self.keep = keep
        self.supervisor = Supervisor()
        self.servers = []
        self.callers = []
        self.softphones = []
        self.daemon = None
        self.directory = None
        self._lock = None
        self._guard = None
        self._callers_started = 0

    def __enter__(self):
        self._take_name()
        try:
            self.topology.destroy()
            self.directory = Path(tempfile.mkdtemp(prefix=f"dialplane-{self.topology.name}-"))
            self._start_guard()
            self.topology.create()
            self.daemon = self.make_daemon()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def make_topology(self, *arguments):
        return Topology(*arguments)

    def make_daemon(self):
        return Daemon(self.supervisor, self.topology, self.directory, self.settings)

    def _take_name(self):
        _LOCKS.mkdir(parents=True, exist_ok=True)
        self._lock = open(_LOCKS / f"dialplane-bench-{self.topology.name}.lock", "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BenchError(f"another run is using the name {self.topology.name}: choose another with --name") from error

    def _start_guard(self):
        env = {**os.environ, "BENCH_DIR": str(self.directory)}
        self._guard = subprocess.Popen(["bash", "-c", _GUARD, "guard", *self.topology.every_namespace], stdin=subprocess.PIPE, env=env,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def close(self):
        for softphone in self.softphones:
            softphone.close()
        self.supervisor.stop_all()
        self.topology.destroy()
        if self.directory and not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)
        if self._guard:
            try:
                self._guard.communicate(b"done\n", timeout=5)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self._guard.kill()
            self._guard = None
        if self._lock:
            Path(self._lock.name).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def start_servers(self, scenario="server.xml", others=None):
        """At the addresses behind the backends if there are any, else as the backends; `others`: name → its own scenario."""
        for number, address in enumerate(self.topology.behind_addresses or self.topology.backend_addresses, 1):
            name = f"server{number}"
            self.servers.append(Server(self.supervisor, self.directory, name, self.topology.backends_ns, address,
                                       scenario=(others or {}).get(name, scenario)))
        wait_until(lambda: all(server.listening() for server in self.servers), 10, "SIPp servers listen",
                   watch=self.supervisor.check)

    def start_kamailios(self, config, defines=lambda number: ()):
        """A Kamailio as each backend; `defines` gives the definitions of the one with that number, from 0."""
        kamailios = [Kamailio(self.supervisor, self.directory, f"kamailio{number + 1}", self.topology.backends_ns,
                              address, config, defines(number))
                     for number, address in enumerate(self.topology.backend_addresses)]
        wait_until(lambda: all(kamailio.listening() for kamailio in kamailios), 20, "Kamailios listen",
                   watch=self.supervisor.check)

    def start_b2bua(self, callee):
        """A back-to-back user agent: called at the first backend's address, calls `callee` from the second's."""
        called, calling = self.topology.backend_addresses[:2]
        callee_leg = B2buaLeg(self.supervisor, self.directory, "callee", self.topology.backends_ns, calling,
                              [f"{bracketed(self.topology.inside.listener)}:{PORT}", "-key", "callee", callee])
        wait_until(callee_leg.listening, 10, "the leg to the callee listens", watch=self.supervisor.check)
        caller_leg = B2buaLeg(self.supervisor, self.directory, "caller", self.topology.backends_ns, called)
        wait_until(caller_leg.listening, 10, "the leg to the caller listens", watch=self.supervisor.check)
        return caller_leg, callee_leg

    def start_phone(self, label, port):
        """A SIP server where the callers are, that is to be called."""
        phone = Server(self.supervisor, self.directory, label, self.topology.phones_ns,
                       self.topology.phone_address, port)
        wait_until(phone.listening, 10, "the phone listens", watch=self.supervisor.check)
        self.servers.append(phone)
        return phone

    def start_daemon(self):
        self.daemon.start().wait_ready()

    def start(self):
        """Servers, then dialplane, ready."""
        self.start_servers()
        self.start_daemon()
        return self

    def call(self, flow, count, rate, hold_ms=400, timeout_s=None, patience_ms=20000):
        """Starts one flow towards the listener."""
        taken = any(caller.label == flow.name for caller in self.callers)
        caller = Caller(self.supervisor, self.directory, flow, self.topology.phones_ns, self.topology.phone_address,
                        self._callers_started, self.topology.outside.vip, count, rate, hold_ms, timeout_s,
                        label=f"{flow.name}-{self._callers_started}" if taken else None,
                        patience_ms=patience_ms)
        self._callers_started += 1
        self.callers.append(caller)
        return caller

    def start_phones(self, count, calls_each, rate, supported):
        """Phones that call each other in a ring; every other one lets the called phone hang up."""
        users = [f"phone{number}" for number in range(1, count + 1)]
        for index, user in enumerate(users):
            self.callers.append(Phone(self.supervisor, self.directory, self.topology.phones_ns,
                                      self.topology.phone_address, index, self.topology.outside.vip, user,
                                      users[(index + 1) % count], calls_each, rate,
                                      ("caller", "callee")[index % 2], supported))

    def start_softphones(self, users, extra=""):
        """A baresip for each user, where the callers are; `extra` goes into their accounts."""
        self.softphones = [Softphone(self.supervisor, self.directory, self.topology.phones_ns, self.topology.phone_address,
                                     index, self.topology.outside.vip, user, extra) for index, user in enumerate(users)]
        return self.softphones

    def check(self):
        """Raises as soon as a part has died."""
        self.supervisor.check()
        for caller in self.callers:
            if caller.crashed:
                raise caller.process.died()

    def wait_callers(self, timeout_s):
        wait_until(lambda: all(caller.done for caller in self.callers), timeout_s, "all callers are done",
                   every_s=0.1, watch=self.check)

    def caller_logs(self):
        return {caller.label: caller.messages() for caller in self.callers}

    def server_logs(self):
        return {server.label: server.messages() for server in self.servers}

    def wait_servers_idle(self, timeout_s=10):
        """Waits until no server has an open call, for at most `timeout_s`; returns the calls still open."""
        try:
            wait_until(lambda: not any(server.open_calls for server in self.servers), timeout_s, "servers idle", 0.2,
                       self.supervisor.check)
        except BenchError:
            pass
        return sum(server.open_calls for server in self.servers)
