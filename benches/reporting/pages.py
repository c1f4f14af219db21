"""Writes RESULTS.md and the table of the README."""

from .measure import BENCHES
from .plots import SUMMARY

README = BENCHES.parent / "README.md"
BEGIN, END = "<!-- written by benches/report -->", "<!-- end -->"
INTRODUCTION = """\
# Results

Written by `benches/report`. Times are medians for one unit (an event, a request) and belong to one run;
what can be compared is their ratio. "Speed" is the limit's time by the subject's: 1 is as fast as the
limit. Allocations are for one unit, peak bytes for one run. [DESIGN.md](../DESIGN.md#checks-and-performance)
explains the figures that are not reached.
"""
SERVED = """\
Over the loopback interface: processor time of the server's thread for one unit, with 8 connections; the
median of 9 rounds in which the subjects take turns.
"""


def scaled(time, unit):
    if unit == "bytes":
        return f"{time / 1024:.1f} KiB"
    for larger, size in (("ms", 1e6), ("us", 1e3)):
        if unit == "ns" and time >= size:
            return f"{time / size:.3g} {larger}"
    return f"{time:.3g} {unit}"


def subject(row):
    return f"**{row.subject}**" if row.role == "ours" else row.subject


def case_table(case):
    counted = case.limit.allocations is not None
    head, line = "| | | cost | speed |", "|---|---|---|---|"
    if counted:
        head, line = head + " allocations | peak bytes |", line + "---|---|"
    lines = [f"### {case.name}", "", head, line]
    for row in case.rows:
        cells = [subject(row), row.role, scaled(row.time, row.unit), f"{case.limit.time / row.time:.2f}"]
        if counted:
            cells += [f"{row.allocations:.3g}", f"{row.peak:,}"]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def shown(value, unit):
    return f"{value:.3g}{unit}"


def goal_table(rows):
    lines = ["## Figures to reach", "", "| what | at least or at most | measured | |", "|---|---|---|---|"]
    for row in rows:
        sign = ">=" if row.is_least else "<="
        reached = "" if row.is_reached else "not reached"
        cells = [row.what, f"{sign} {shown(row.goal, row.unit)}", shown(row.measured, row.unit), reached]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def write_results(measured, rows):
    lines = [INTRODUCTION, *(f"- {line}" for line in measured.about), "", *goal_table(rows)]
    for group in measured.groups():
        lines += [f"## {group}", "", f"![{group}](plots/{group}.svg)", ""]
        if group == "serve":
            lines += [SERVED]
        for case in measured.cases:
            if case.group == group:
                lines += case_table(case)
    (BENCHES / "RESULTS.md").write_text("\n".join(lines))


def summary_table(measured):
    lines = ["| work | limit | ours | best peer |", "|---|---|---|---|"]
    for title, (name, ours) in SUMMARY.items():
        case = measured.case(title)
        ours, peer = case.row(ours), case.best("peer")
        cell = lambda row: f"{case.limit.time / row.time:.2f}"
        lines.append(f"| {name} | {case.limit.subject} | **{cell(ours)}** | {cell(peer)} {peer.subject} |")
    return lines


def slower(measured):
    """Where a peer takes less than one of our ways."""
    found = []
    for case in measured.cases:
        for row in (row for row in case.rows if row.role == "ours"):
            peer = case.best_peer_of(row)
            if peer and peer.time < row.time:
                times = f"{row.time / peer.time:.2f} times {peer.subject}"
                found.append(f"- {case.title}, {row.subject}: {times}")
    return found or ["- nowhere in this run"]


def write_readme(measured):
    lines = [
        BEGIN,
        "![The limit, these crates and the best peer, for each step](benches/plots/summary.svg)",
        "",
        "Speed, as a fraction of the limit, in one run on one machine. Requests are parsed, validated and",
        "normalized; the peers only parse. [All figures](benches/RESULTS.md).",
        "",
        *summary_table(measured),
        "",
        "Where another takes less, and what ours takes of it:",
        "",
        *slower(measured),
        END,
    ]
    text = README.read_text()
    before, rest = text.split(BEGIN)
    README.write_text(before + "\n".join(lines) + rest.split(END)[1])
