# SPDX-License-Identifier: Apache-2.0
"""From repetitions of dialplane-micro to medians, ratios and the table a person reads."""

from statistics import median

from perf.harness.figures import WANTED_SPREAD, spread

_CORPORA = ("invite860", "same", "near", "alike", "hot", "cold")
_PEERS = {"libosip2": "osip", "libosip2 without its allocator": "osip_arena", "Kamailio lazy": "kamailio_call_id",
          "Kamailio all headers": "kamailio_all", "Sofia-SIP": "sofia"}


def _row(name, runs, ghz):
    work, _, corpus = name.partition("/")
    ns = [run["ns_per_message"] for run in runs]
    return {"work": work, "corpus": corpus, "ns_per_message": round(median(ns), 2),
            "cycles_per_message": round(median(ns) * ghz, 1),
            "gb_per_second": round(median(run["gb_per_second"] for run in runs), 3),
            "spread": round(spread(ns), 4), "best_ns": round(min(ns), 2),
            "refused_share": max(run["refused_share"] for run in runs), "runs": [round(value, 2) for value in ns]}


def _rule_row(name, runs):
    """Screening rules: rules_pass/100/manual_time is the cost of 100 expressions of which none matches."""
    work, patterns = name.split("/")[:2]
    ns = [run["ns_per_message"] for run in runs]
    return {"work": work, "patterns": int(patterns), "ns_per_message": round(median(ns), 2),
            "spread": round(spread(ns), 4), "runs": [round(value, 2) for value in ns]}


def _path_row(name, runs):
    """The whole packet path: pipeline_invite/manual_time, with the cycles of its stages."""
    ns = [run["ns_per_message"] for run in runs]
    stages = [key.removeprefix("cycles_") for key in runs[0]
              if key.startswith("cycles_") and key != "cycles_per_message"]
    return {"work": name.split("/")[0], "ns_per_message": round(median(ns), 2), "spread": round(spread(ns), 4),
            "stages": {stage: round(median(run[f"cycles_{stage}"] for run in runs), 1) for stage in stages},
            "runs": [round(value, 2) for value in ns]}


def _ns(rows, work, corpus):
    return next((row["ns_per_message"] for row in rows if (row["work"], row["corpus"]) == (work, corpus)), None)


def _best_kernel(rows, work, corpus):
    """Name of the fastest kernel and its time."""
    found = [(row["ns_per_message"], row["work"].split(":")[1]) for row in rows
             if row["corpus"] == corpus and row["work"].startswith(work + ":")]
    return min(found) if found else (None, "")


def _verdicts(rows):
    """The lines that are compared with the wanted figures: (name, value, unit)."""
    lines = []
    for work in ("scan_hash", "scan_validate_hash"):
        ns, kernel = _best_kernel(rows, work, "invite860")
        if ns is not None:
            lines.append((f"{work} invite860 ({kernel})", ns, "ns"))
    for kernel in ("avx512", "avx2"):
        for corpus in ("invite860", "hot"):
            value = next((row["gb_per_second"] for row in rows
                          if (row["work"], row["corpus"]) == (f"scan_hash:{kernel}", corpus)), None)
            if value is not None:
                lines.append((f"scan_hash GB/s {kernel} {corpus}", value, "GB/s"))
    for peer, peer_work in _PEERS.items():
        for corpus in ("invite860", "hot"):
            ours, _ = _best_kernel(rows, "scan_hash", corpus)
            theirs = _ns(rows, peer_work, corpus)
            if ours is not None and theirs is not None:
                lines.append((f"ratio to {peer} {corpus}", round(theirs / ours, 1), "times"))
    return lines


def summarise(about, runs):
    failed = [run["run_name"] for run in runs if run.get("error_occurred")]
    iterations = [run for run in runs if run.get("run_type") == "iteration" and not run.get("error_occurred")]
    by_name = {}
    for run in iterations:
        by_name.setdefault(run["run_name"], []).append(run)
    clock = by_name.pop("core_clock", [])
    rules = [_rule_row(name, by_name.pop(name)) for name in list(by_name) if name.startswith("rules_")]
    rules.sort(key=lambda row: (row["work"], row["patterns"]))
    paths = [_path_row(name, by_name.pop(name)) for name in list(by_name)
             if name.startswith(("pipeline_", "affinity_"))]
    rows = [_row(name, found, about["tsc_ghz"]) for name, found in by_name.items()]
    rows.sort(key=lambda row: (_CORPORA.index(row["corpus"]), row["work"]))
    verdicts = _verdicts(rows)
    return {"machine": about, "core_ghz": round(median(run["ghz"] for run in clock), 3) if clock else None,
            "rows": rows, "rules": rules, "paths": paths, "verdicts": {name: value for name, value, _ in verdicts},
            "units": {name: unit for name, _, unit in verdicts},
            "void": [f"{row['work']} refuses {100 * row['refused_share']:.2g} % of {row['corpus']}"
                     for row in rows if row["refused_share"] > 0] +
                    [f"{name} failed" for name in sorted(set(failed))]}


def _print_table(rows, out):
    head = ("corpus", "work", "ns/message", "TSC cycles", "GB/s", "spread", "best ns")
    lines = [(row["corpus"], row["work"], f"{row['ns_per_message']:.1f}", f"{row['cycles_per_message']:.0f}",
              f"{row['gb_per_second']:.2f}", f"{100 * row['spread']:.1f} %", f"{row['best_ns']:.1f}") for row in rows]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    for line in [head, *lines]:
        print("  ".join(cell.ljust(w) if i < 2 else cell.rjust(w)
                        for i, (cell, w) in enumerate(zip(line, widths))).rstrip(), file=out)


def print_all(result, took_s, out):
    about = result["machine"]
    for name in _CORPORA:
        if name in about["corpora"]:
            print(f"{name}: {about['corpora'][name]}", file=out)
    print(file=out)
    _print_table(result["rows"], out)
    ceiling = {row["corpus"]: row for row in result["rows"] if row["work"].startswith("read_")}
    if result["rules"]:
        print(file=out)
    for row in result["rules"]:
        print(f"{row['work']} with {row['patterns']} expressions: {row['ns_per_message']:.1f} ns/message (spread "
              f"{100 * row['spread']:.1f} %)", file=out)
    for row in result["paths"]:
        stages = ", ".join(f"{name} {cycles:.0f}" for name, cycles in row["stages"].items())
        print(f"{row['work']}: {row['ns_per_message']:.1f} ns/message (spread {100 * row['spread']:.1f} %); TSC cycles "
              f"by stage: {stages}", file=out)
    for row in result["rows"]:
        if row["work"].startswith("read_") and row["gb_per_second"] > ceiling[row["corpus"]]["gb_per_second"]:
            ceiling[row["corpus"]] = row
    clock = f"core {result['core_ghz']:.2f} GHz, TSC {about['tsc_ghz']:.2f} GHz" if result["core_ghz"] else "no clock"
    reads = ", ".join(f"{name} {row['gb_per_second']:.1f} GB/s" for name, row in ceiling.items())
    print(f"\ncalibration: {clock}; every byte read once: {reads or 'not measured'}", file=out)
    print(f"{about['cpu']}; {about['repetitions']} repetitions of {about['seconds_each']:g} s in {took_s:.0f} s; load "
          f"{about['load_average_before'][0]:g} before, {about['load_average_after'][0]:g} after; time stolen by the "
          f"hypervisor: {about['steal_seconds']:g} s", file=out)
    for reason in result["void"]:
        print(f"VOID {reason}", file=out)
    every = result["rows"] + result["rules"] + result["paths"]
    unsteady = [row for row in every if row["spread"] > WANTED_SPREAD]
    if unsteady:
        print(f"UNSTEADY {len(unsteady)} of {len(every)} rows: spread above {100 * WANTED_SPREAD:g} %; repeat on "
              "a quiet machine", file=out)
    for name, value in result["verdicts"].items():
        print(f"{name}: {value:g} {result['units'][name]}", file=out)
