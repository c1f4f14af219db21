"""Draws a plot for each group, and one of what matters most."""

import math
from html import escape

from .measure import BENCHES

COLORS = {"limit": "#888888", "ours": "#2b6cb0", "peer": "#dd8452"}
HEIGHT, LEFT, WIDTH = 18, 270, 440

# Title -> what the README calls it, and our subject.
SUMMARY = {
    "sse_decode: chunks of 16 KiB": ("decode a stream", "Decoder"),
    "sse_encode: text deltas": ("encode a delta", "Encoder, one buffer"),
    "parse: 300 B": ("a request of 300 B", "validated and normalized"),
    "parse: 4 KiB, tools": ("a request of 4 KiB with tools", "validated and normalized"),
    "parse: 64 KiB, history": ("a conversation of 64 KiB", "validated and normalized"),
    "serve: a stream of ready deltas": ("serve a stream", "the endpoint"),
    "serve: a JSON answer": ("serve a JSON answer", "the endpoint"),
    "serve: a stream of an upstream": ("relay a stream", "the endpoint, relay"),
}


def label(x, y, text, more=""):
    return f'<text x="{x}" y="{y}"{more}>{escape(text)}</text>'


def bars(title, cases):
    """Horizontal bars: how much longer than the limit, on a logarithmic scale. `cases` are pairs of a
    name and rows, the limit first."""
    ratios = [row.time / rows[0].time for _, rows in cases for row in rows]
    least, span = min(ratios), math.log(max(ratios) / min(ratios)) or 1
    count = sum(len(rows) + 1 for _, rows in cases)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 80}" '
        f'height="{HEIGHT * count + 30}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        label(8, 16, f"{title}: cost, limit = 1, logarithmic", ' font-weight="bold"'),
    ]
    y = 26
    for name, rows in cases:
        parts.append(label(8, y + 13, name, ' font-weight="bold"'))
        y += HEIGHT
        for row in rows:
            ratio = row.time / rows[0].time
            length = 4 + (WIDTH - 4) * math.log(ratio / least) / span
            parts += [
                label(LEFT - 6, y + 13, row.subject, ' text-anchor="end"'),
                f'<rect x="{LEFT}" y="{y + 2}" width="{length:.0f}" height="{HEIGHT - 5}" fill="{COLORS[row.role]}"/>',
                label(f"{LEFT + length + 4:.0f}", y + 13, f"{ratio:.2f}"),
            ]
            y += HEIGHT
    return "\n".join([*parts, "</svg>"]) + "\n"


def summary(measured):
    """The limit, ours and the best peer of what the README shows."""
    cases = []
    for title, (name, subject) in SUMMARY.items():
        case = measured.case(title)
        cases.append((name, [case.limit, case.row(subject), case.best("peer")]))
    return bars("limit (gray), ours (blue), the best peer (orange)", cases)


def write(measured):
    folder = BENCHES / "plots"
    folder.mkdir(exist_ok=True)
    for group in measured.groups():
        cases = [(case.name, case.rows) for case in measured.cases if case.group == group]
        (folder / f"{group}.svg").write_text(bars(group, cases))
    (folder / "summary.svg").write_text(summary(measured))
