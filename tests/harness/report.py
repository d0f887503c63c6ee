# SPDX-License-Identifier: Apache-2.0
"""What a person sees of a demo: the live line, the tables, the verdict, what to try next."""

import sys
import time

METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO",
           "REFER", "MESSAGE", "UPDATE")
_MIN_SHARE = 0.8


class LiveLine:
    """One line that is rewritten on a terminal; a line every two seconds elsewhere."""

    def __init__(self, out, planned):
        self.out = out
        self.planned = planned
        self.tty = out.isatty()
        self.started_at = time.monotonic()
        self.last_printed = 0.0

    def update(self, callers, force=False):
        now = time.monotonic()
        if not force and not self.tty and now - self.last_printed < 2:
            return
        self.last_printed = now
        stats = [caller.stats() for caller in callers]
        done = sum(s.get("SuccessfulCall(C)", 0) for s in stats)
        failed = sum(s.get("FailedCall(C)", 0) for s in stats)
        created = sum(s.get("TotalCallCreated", 0) for s in stats)
        resent = sum(s.get("Retransmissions(C)", 0) for s in stats)
        rate = created / max(now - self.started_at, 0.1)
        filled = 24 * (done + failed) // max(self.planned, 1)
        text = (f"  [{'#' * filled}{'.' * (24 - filled)}] {done}/{self.planned} done  {rate:6.1f}/s  "
                f"{failed} failed  {resent} resent")
        print(("\r" + text + " ") if self.tty else text, end="" if self.tty else "\n", file=self.out, flush=True)

    def finish(self, callers):
        self.update(callers, force=True)
        if self.tty:
            print(file=self.out)


def problems(result):
    """Every way in which a run falls short, as sentences; empty means it is good."""
    found = []
    if result["failed_calls"]:
        found.append(f"{result['failed_calls']} calls failed")
    if result["dialogs_split"]:
        found.append(f"{result['dialogs_split']} dialogs reached more than one server, for instance "
                     + "; ".join(result["split_examples"][:2]))
    if result["dialogs_seen"] < result["calls"]:
        found.append(f"the servers saw {result['dialogs_seen']} dialogs of {result['calls']} calls")
    shares = result["calls_per_backend"]
    if sum(shares.values()) != result["calls"]:
        found.append(f"the servers saw {sum(shares.values())} calls begin, made were {result['calls']}")
    least = _MIN_SHARE * result["calls"] / result["backends"]
    # A handful of calls says nothing about shares.
    if result["calls"] >= 200 * result["backends"]:
        found += [f"{name} got {count} calls, at least {least:.0f} were due" for name, count in shares.items()
                  if count < least]
    if result["unaccounted_packets"]:
        found.append(f"{result['unaccounted_packets']} packets ended in no counter")
    if result["rx_kernel"] != result["rx_dialplane"]:
        found.append(f"the kernel sent {result['rx_kernel']} packets, dialplane received {result['rx_dialplane']}"
                     + (f" ({result['lost_before_dialplane']})" if result["lost_before_dialplane"] else ""))
    if result["scans_dropped"] != result["scans_sent"]:
        found.append(f"{result['scans_dropped']} requests were dropped by rule, the scanner sent {result['scans_sent']}")
    unanswered = [method for method in result["methods_expected"] if not result["methods"][method]]
    if unanswered:
        found.append(f"never answered: {', '.join(unanswered)}")
    for kind in ("route_errors", "branch_errors", "fragment_errors"):
        if result[kind]:
            found.append(f"{len(result[kind])} {kind.replace('_', ' ')}, first: {result[kind][0]}")
    return found


def table(header, rows):
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    def line(row):
        return "  " + "  ".join(str(cell).ljust(w) if i == 0 else str(cell).rjust(w)
                                for i, (cell, w) in enumerate(zip(row, widths)))
    return "\n".join([line(header), "  " + "  ".join("-" * w for w in widths), *map(line, rows)])


def print_report(result, found, bench, args, out=None):
    out = out or sys.stdout
    backends = sorted(result["methods_per_backend"])
    per_backend = result["methods_per_backend"]
    rows = [[m, result["methods"].get(m, 0), *(per_backend[b].get(m, 0) for b in backends)] for m in METHODS
            if result["methods"].get(m) or any(per_backend[b].get(m) for b in backends)]
    print("\nAnswered transactions by method, and requests each server received:\n", file=out)
    print(table(["method", "answered", *backends], rows), file=out)
    total = max(sum(result["calls_per_backend"].values()), 1)
    print("\nCalls by server (from the servers' own logs):\n", file=out)
    print(table(["server", "address", "calls", "share"],
                [[b, a, n, f"{100 * n / total:.1f} %"] for (b, n), a in
                 zip(result["calls_per_backend"].items(), bench.topology.backend_addresses)]), file=out)
    print("\nScreening rules (a scanner was among the callers):\n", file=out)
    print(table(["rule", "field", "action", "hits"],
                [[rule["name"], rule["field"], rule["action"], rule["hits"]] for rule in result["rules"]]), file=out)
    print(f"\n  {result['calls']} calls in {result['duration_seconds']} s, {result['failed_calls']} failed, "
          f"{result['retransmissions']} resent by the callers", file=out)
    print(f"  {result['dialogs_seen']} dialogs seen, {result['dialogs_split']} split", file=out)
    print(f"  {result['fragmented_invites']} INVITEs too long for a packet reached their server whole", file=out)
    print(f"  packets: kernel sent {result['rx_kernel']}, dialplane received {result['rx_dialplane']} on "
          f"{result['port_driver']}, {result['unaccounted_packets']} unaccounted", file=out)
    if found:
        print("\nVERDICT: NOT GOOD", file=out)
        for text in found:
            print(f"  - {text}", file=out)
        if result["drops"]:
            print("  dropped by dialplane: " + ", ".join(f"{n} {name}" for name, n in result["drops"].items()), file=out)
    else:
        print("\nVERDICT: GOOD. Every call answered, every dialog at one server, every packet accounted for.", file=out)
    _next(bench, args, out)


def _next(bench, args, out):
    from .daemon import build_dir
    socket = bench.daemon.ctl.path
    print("\nWhat to try next:", file=out)
    if args.keep:
        print(f"  {build_dir()}/dialplanectl --socket {socket} show backends", file=out)
        print(f"  {build_dir()}/dialplanectl --socket {socket} backend set servers/server1 state drain", file=out)
        print(f"  sudo ip netns exec {bench.topology.callers_ns} ping -c 3 198.51.100.10", file=out)
        print(f"  sudo ip netns exec {bench.topology.lb_ns} tcpdump -ni edge0", file=out)
        return
    print("  sudo scripts/demo --keep                   leave it running and look inside with dialplanectl", file=out)
    print("  sudo scripts/demo --calls 2000 --rate 200  more calls", file=out)
    print("  sudo scripts/demo --break                  see the checks fail when stickiness is sabotaged", file=out)
