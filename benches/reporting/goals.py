"""The figures to reach, each compared with what was measured."""

import dataclasses

from .measure import OF_BODIES

CHAT = {"per event": "a chunk an event", "1,460 B": "chunks of 1460 B", "16 KiB": "chunks of 16 KiB"}
REQUESTS = ["300 B", "4 KiB, tools", "64 KiB, history", "1 MiB, image", "10 MiB, history"]
KEY = "with key, gateway and metrics"


@dataclasses.dataclass
class Row:
    """One figure."""

    what: str
    goal: float
    measured: float
    is_least: bool
    unit: str

    @property
    def is_reached(self):
        # To the digits that are shown.
        measured = round(self.measured, 2)
        return measured >= self.goal if self.is_least else measured <= self.goal


class Figures:
    """Computes rows from the figures of one run."""

    def __init__(self, measured):
        self.measured = measured
        self.rows = []

    def least(self, what, goal, value, unit=""):
        self.rows.append(Row(what, goal, value, True, unit))

    def most(self, what, goal, value, unit=""):
        self.rows.append(Row(what, goal, value, False, unit))

    def time(self, title, subject):
        return self.measured.case(title).row(subject).time

    def speed(self, title, subject):
        """The limit's time by the subject's."""
        return self.measured.case(title).limit.time / self.time(title, subject)

    def times_limit(self, title, subject):
        return 1 / self.speed(title, subject)

    def faster(self, title, subject, *peers):
        """How many times faster than the best of these peers, or than the best of all."""
        case = self.measured.case(title)
        times = [case.row(peer).time for peer in peers] or [case.best("peer").time]
        return min(times) / case.row(subject).time

    def allocations(self, title, subject):
        return self.measured.case(title).row(subject).allocations


def decoding(figures):
    for (what, case), plain, checked in zip(CHAT.items(), (0.75, 0.75, 0.90), (0.60, 0.60, 0.70)):
        title = f"sse_decode: {case}"
        figures.least(f"decode a chat stream, {what}, by a memchr scan", plain, figures.speed(title, "Decoder"))
        text = f"the same with UTF-8 checked, {what}"
        figures.least(text, checked, figures.speed(title, "Decoder, UTF-8 checked"))
    for what, case in CHAT.items():
        title = f"sse_decode: {case}"
        figures.least(f"`FrameStream`, {what}, against sse-stream", 3, figures.faster(title, "FrameStream", "sse-stream"), "x")
        text = f"`FrameStream`, {what}, against eventsource-stream"
        figures.least(text, 12, figures.faster(title, "FrameStream", "eventsource-stream"), "x")
    for size, goal in (("1 B", 1.15), ("7 B", 2)):
        title = f"sse_decode: chunks of {size}"
        text = f"chunks of {size}, `Decoder`, against the fastest peer"
        figures.least(text, goal, figures.faster(title, "Decoder"), "x")
        text = f"chunks of {size}, `FrameStream`, against the fastest peer over a body"
        figures.least(text, goal, figures.faster(title, "FrameStream", *OF_BODIES), "x")
    title = "sse_decode: one event of 1 MiB"
    figures.least("one event of 1 MiB by memcpy", 0.9, figures.speed(title, "Decoder"))
    figures.least("the same with UTF-8 checked", 0.45, figures.speed(title, "Decoder, UTF-8 checked"))
    peak = figures.measured.case(title).row("Decoder").peak / (1 << 20)
    figures.most("peak memory of an event of 1 MiB, by its size", 2.1, peak)
    title = "typed_events: chunks of 16 KiB"
    text = "bytes to typed deltas by frames and `IgnoredAny`"
    figures.least(f"{text}, memory used again", 1.0, figures.speed(title, "Decoder and EventReader, events given back"))
    figures.least(f"{text}, owned events", 0.6, figures.speed(title, "Decoder and EventReader"))
    value = figures.faster(title, "EventStream", "eventsource-stream and async-openai")
    figures.least("`EventStream` against async-openai's types", 7, value, "x")


def encoding(figures):
    title = "sse_encode: text deltas"
    shared = "Encoder, one buffer"
    figures.least("encode a delta by memcpy, shared buffer", 0.95, figures.speed(title, shared))
    figures.least("the same, own `Bytes`", 0.65, figures.speed(title, "Encoder, own Bytes"))
    figures.most("allocations of it", 0, round(figures.allocations(title, shared), 2))
    figures.least("against axum `json_data`", 20, figures.faster(title, shared, "axum json_data"), "x")
    figures.least("against axum `data`", 12, figures.faster(title, shared, "axum data"), "x")
    figures.least("against the best peer encoder", 7, figures.faster(title, shared), "x")
    title = "sse_encode: a done event of 1 MiB"
    figures.least("a done event of 1 MiB by memcpy", 0.9, figures.speed(title, "Encoder, after its deltas"))


def parsing(figures):
    alone = (0.50, 0.55, 0.40, 0.85, 0.40)
    whole = (0.40, 0.45, 0.35, 0.80, 0.35)
    peer = (2.5, 5, 2.8, 1.2, 1.7)
    turn = "validated and normalized"
    for name, goal in zip(REQUESTS, alone):
        figures.least(f"parse alone by `IgnoredAny`, {name}", goal, figures.speed(f"parse: {name}", "CreateRequest"))
    for name, goal in zip(REQUESTS, whole):
        figures.least(f"parse, validate, normalize, {name}", goal, figures.speed(f"parse: {name}", turn))
    for name, goal in zip(REQUESTS, peer):
        value = figures.faster(f"parse: {name}", turn)
        figures.least(f"the same against the best peer's parse alone, {name}", goal, value, "x")
    for name, goal in zip(REQUESTS, (4, 30, 400, 6)):
        figures.most(f"allocations of parsing, {name}", goal, figures.allocations(f"parse: {name}", "CreateRequest"))


def serving(figures):
    endpoint = "the endpoint"
    title = "serve: a stream of ready deltas"
    text = "serve a ready stream, CPU an event, by a pre-encoded frame an event"
    figures.most(text, 0.85, figures.times_limit(title, endpoint))
    value = figures.faster("serve: a stream behind a channel", endpoint, "axum Sse json_data")
    figures.least("serve behind a channel against axum `json_data`", 4, value, "x")
    value = figures.times_limit("serve: a paced stream, 100 at a time", endpoint)
    figures.most("a paced stream by the pre-encoded floor", 1.10, value)
    value = figures.times_limit("serve: an idle stream, both ends", endpoint)
    figures.most("memory of an idle stream by raw hyper, both ends", 1.10, value)
    # Without a rest before it, raw frames wait for hyper's buffer to fill, and the difference says nothing.
    first = figures.measured.case("serve: time to the first event, after a rest")
    figures.most("time to the first event over raw frames", 10, first.row(endpoint).time - first.limit.time, " us")
    value = figures.times_limit("serve: a JSON answer", endpoint)
    figures.most("a JSON answer, CPU, by a handler with constant bytes", 1.5, value)
    value = 1 / figures.faster("requests: a JSON answer", endpoint, "axum, typed")
    figures.most("the same in process, by axum typed and `Json`", 0.8, value)


def gateways(figures):
    document, stream = "requests: a JSON answer", "requests: a stream of 500 deltas"
    more = lambda title: figures.time(title, KEY) - figures.time(title, "the endpoint")
    counted = lambda title: figures.allocations(title, KEY) - figures.allocations(title, "the endpoint")
    figures.most("key, gateway and metrics over the bare layer, a request", 4, more(document) / 1000, " us")
    figures.most("allocations of it", 40, counted(document))
    # Without what the request itself costs more.
    deltas = 500
    value = more(stream) - more(document) / deltas
    figures.most("the same, an event", 15, value, " ns")
    value = counted(stream) - counted(document) / deltas
    figures.most("allocations of it, an event", 0, max(0, round(value, 2)))


def relaying(figures):
    value = figures.times_limit("serve: a stream of an upstream", "the endpoint, relay")
    figures.most("relay, CPU an event, by a pass-through polled in the body", 1.6, value)
    # What the other frames of both streams allocate cancels out, but for the longer text.
    short, long = (500 + 8, 20_000 + 8)
    counted = lambda title, frames: figures.allocations(title, "Relay, Repair") * frames
    more = counted("relay: a stream of 20,000 deltas", long) - counted("relay: a whole stream", short)
    figures.most("allocations for an unchanged frame", 0, max(0, round(more / (long - short), 2)))


def growth(figures):
    times = lambda what, of: [row.time for case in figures.measured.cases if case.group == "growth" and what in case.name for row in case.rows if row.subject == of]
    streams = times("stream", "Sequencer and Encoder")
    figures.most("an event of 100,000 by one of 1,000", 1.33, streams[-1] / streams[1])
    requests = times("request", "validated and normalized")
    figures.most("a KiB of a request of 30 MiB by one of 32 KiB", 1.33, requests[-1] / requests[1])


def rows(measured):
    """All figures, in the order of the table that states them."""
    figures = Figures(measured)
    for part in (decoding, encoding, parsing, serving, gateways, relaying, growth):
        part(figures)
    return figures.rows
