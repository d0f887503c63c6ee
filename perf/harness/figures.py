# SPDX-License-Identifier: Apache-2.0
"""From trials to figures, and the table a person reads."""

from statistics import median

WANTED_SPREAD = 0.05
# Makes the median absolute deviation comparable with a standard deviation.
_MAD_SCALE = 1.4826


def spread(values):
    """1.4826 × median absolute deviation / median: half of many trials lie within 0.67 of it."""
    middle = median(values)
    return _MAD_SCALE * median(abs(value - middle) for value in values) / middle


def full_range(values):
    return (max(values) - min(values)) / median(values)


def summary(windows, ghz):
    """One program in one case, over all trials."""
    ns = [window.ns_per_message for window in windows]
    return {"messages_per_second": round(1e9 / median(ns)),
            "ns_per_message": round(median(ns), 2),
            "cycles_per_message": round(median(ns) * ghz, 1),
            "spread": round(spread(ns), 4),
            "range": round(full_range(ns), 4),
            "cpu_share": round(median(window.cpu_share for window in windows), 4),
            "messages": sum(window.messages for window in windows),
            "lost": sum(window.lost for window in windows),
            "trials_ns_per_message": [round(value, 2) for value in ns]}


def ratios(other, dialplane):
    """Rate of dialplane as a part of another program's in the same trial."""
    return [o.ns_per_message / d.ns_per_message for o, d in zip(other, dialplane)]


def of_trials(values):
    return {"median": round(median(values), 5), "spread": round(spread(values), 4),
            "trials": [round(value, 5) for value in values]}


def stages(trials):
    """The stages of the last trial with the median of all trials' cycles.

    A trial whose worker was taken off its CPU in the middle of a sampled stage shows that time as cycles of the stage.
    """
    found = [dict(row) for row in trials[-1]]
    for number, row in enumerate(found):
        row["cycles_per_message"] = median(trial[number]["cycles_per_message"] for trial in trials)
    return found


def print_table(cases, out):
    head = ("case", "program", "messages/s", "ns/message", "cycles", "on CPU", "ratio", "spread", "range")
    rows = []
    for case in cases:
        for name in (name for name in ("testpmd", "dialplane", "dialplane-stateless") if name in case):
            part = case[name]
            ratio = ("1" if name == "testpmd" else "" if name != "dialplane" else "void" if case["ratio"] is None
                     else f"{case['ratio']:.4f}")
            shown = case if name == "dialplane" and case["ratio"] is not None else part
            rows.append((case["case"], name, f"{part['messages_per_second']:,}".replace(",", " "),
                         f"{part['ns_per_message']:.1f}", f"{part['cycles_per_message']:.0f}",
                         f"{100 * part['cpu_share']:.1f} %", ratio, f"{100 * shown['spread']:.1f} %",
                         f"{100 * shown['range']:.1f} %"))
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))),
              file=out)


def print_stages(name, stages, out):
    parts = ", ".join(f"{row['stage']} {row['cycles_per_message']:.0f}" for row in stages if row["messages"])
    print(f"  {name}: cycles per message by stage: {parts}", file=out)
