"""Streams, and clients that go: rows 14 to 25 of the threats."""

import re
import socket
import struct
import time

from rows import SLACK, case, equal, holds, takes
from server import MIB, Reader, Server, check_legal, read_answer, request, text_of, until

STALL = {"model": "fault-stall", "input": "x"}


def reset(sock):
    """Closes a connection with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@case("T14")
def a_provider_ends_with_its_client():
    """FIN and RST end the call of the provider: JSON, stream and WebSocket"""
    with Server() as server:
        for end in (socket.socket.close, reset):
            for stream in (True, False):
                sock = server.connect()
                sock.sendall(request("POST", "/v1/responses", "test", {**STALL, "stream": stream}))
                holds(until(lambda: server.active() == 1, 5), "begun")
                begun = time.monotonic()
                end(sock)
                holds(server.becomes_idle(5), "the call goes on")
                takes(begun, 0.4 if stream else 1.6, f"stream: {stream}")
            sock = server.web_socket()
            with sock:
                sock.create(**STALL)
                holds(until(lambda: server.active() == 1, 5), "begun")
                begun = time.monotonic()
                end(sock.sock)
            holds(server.becomes_idle(5), "the call goes on")
            takes(begun, 0.4, "WebSocket")


@case("T14")
def bytes_sent_ahead_do_not_hide_a_client_that_went():
    """ten clients that pipelined bytes and went are noticed within two heartbeats"""
    with Server(None, "--heartbeat", "1") as server:
        for stream in (True, False):
            socks = [server.connect() for _ in range(10)]
            for sock in socks:
                sock.sendall(
                    request("POST", "/v1/responses", "test", {**STALL, "stream": stream})
                    + b"GET /x HTTP/1.1\r\n"
                    + b"x" * 5_000
                )
            holds(until(lambda: server.active() == 10, 5), "begun")
            for sock in socks:
                sock.close()
            holds(server.becomes_idle(3), f"stream {stream}: {server.active()} go on")


@case("T14", alone=True)
def resets_leave_nothing_behind():
    """200 resets in mid-stream: no file more, at most 16 MiB more"""
    with Server() as server:
        for count in (50, 200):
            if count == 200:
                files, memory = server.descriptors(), server.resident()
            for at in range(count):
                sock = server.connect()
                sock.sendall(request("POST", "/v1/responses", "test", {**STALL, "stream": at % 2 == 0}))
                if at % 2 == 0:
                    sock.recv(100)
                reset(sock)
            holds(server.becomes_idle(5), "calls go on")
            holds(until(lambda: server.descriptors() <= 20, 5), "files")
        holds(server.descriptors() <= files, f"{server.descriptors()} files, {files} before")
        holds(server.resident() - memory <= 16 * MIB, f"{(server.resident() - memory) // 1024} KiB")


@case("T16", alone=True)
def streams_that_are_not_read_hold_at_most_a_mebibyte():
    """40 unread streams of much text hold at most 1 MiB each, and what is read then is whole"""
    with Server() as server:
        server.events({"model": "m", "input": "x"})
        begun = server.resident()
        body = {"model": "flood", "input": "x"}
        socks = []
        for _ in range(40):
            sock = server.connect()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.sendall(request("POST", "/v1/responses", "test", {**body, "stream": True}))
            socks.append(sock)
        time.sleep(3)
        each = (server.resident() - begun) / len(socks) / MIB
        holds(each <= 1, f"{each:.2f} MiB each")
        for sock in socks:
            sock.close()
        holds(server.becomes_idle(5), "calls go on")


@case("T16")
def a_stream_that_nobody_reads_is_cut():
    """a stalled reader is cut after the stall limit, over HTTP/1.1 and WebSocket"""
    config = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nstall = "2s"\n'
    with Server(config) as server:
        with server.stream({"model": "flood", "input": "x"}, receive_buffer=4096):
            holds(until(lambda: server.active() == 1, 5), "begun")
            holds(server.becomes_idle(8), "the stream goes on")
        sock = server.web_socket()
        with sock:
            sock.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.create(model="flood", input="x")
            holds(until(lambda: server.active() == 1, 5), "begun")
            end = time.monotonic() + 10
            while server.active() and time.monotonic() < end:
                # Pings do not help a client that reads nothing.
                sock.frame(b"x", 0x89)
                time.sleep(0.2)
            equal(server.active(), 0, "the turn goes on")


@case("T17", alone=True)
def a_thousand_streams_at_once():
    """1,000 streams at once are legal, and take at most 64 KiB each"""
    # A stream lasts 3 s: a slow server would not have as many at once.
    count = int(1_000 / SLACK)
    with Server() as server:
        server.events({"model": "m", "input": "x"})
        begun = server.resident()
        data = request("POST", "/v1/responses", "test", {"model": "slow", "input": "x", "stream": True})
        socks = []
        for _ in range(count):
            sock = server.connect(120)
            sock.sendall(data)
            socks.append(sock)
        holds(until(lambda: server.active() > count * 9 // 10, 2), f"{server.active()} streams at once")
        each = (server.resident() - begun) / count / 1024
        for sock in socks:
            equal(check_legal(read_answer(sock).events()), "response.completed")
            sock.close()
        holds(each <= 64, f"{each:.1f} KiB each")


@case("T18")
def panics_and_errors_of_a_provider_end_legally():
    """a panic or an error is an envelope before the first output, and response.failed after it"""
    with Server() as server, server.connect() as sock:
        reader = Reader(sock)

        def ask(body):
            sock.sendall(request("POST", "/v1/responses", "test", body))
            return reader.answer()

        for model, statuses in (
            ("fault-panic-start", (500,)),
            ("fault-error-start", (500, 502, 503)),
            ("rate-limited", (429,)),
            ("missing-model", (404,)),
        ):
            for stream in (True, False):
                answer = ask({"model": model, "input": "x", "stream": stream})
                holds(answer.status in statuses, f"{model}: {answer.status}")
                error = answer.error()
                holds(error["message"] and error["type"], error)
                if answer.status == 429:
                    equal(answer.headers["retry-after"], "1")
                holds("panic" not in answer.body.decode(), "the text of a panic")
        for model in ("fault-panic-mid", "fault-error-mid", "fail-midstream", "fault-missing-terminal"):
            answer = ask({"model": model, "input": "one two", "stream": True})
            equal(check_legal(answer.events()), "response.failed")
            holds(answer.body.endswith(b"data: [DONE]\n\n"), "[DONE]")
            last = answer.events()[-1]["response"]
            holds(
                last["status"] == "failed" and last["error"]["code"] and last["error"]["message"],
                last["error"],
            )
            answer = ask({"model": model, "input": "one two"})
            holds(answer.status >= 500, answer.status)
            answer.error()
            with server.web_socket() as web_socket:
                events_ = web_socket.turn(model=model, input="one two")
                equal(
                    [one["type"] for one in events_ if one["type"] in ("error", "response.failed")],
                    ["response.failed"],
                )
                equal(web_socket.turn(model="m", input="x")[-1]["type"], "response.completed")
        equal(ask({"model": "m", "input": "x"}).status, 200)


@case("T20")
def silence_is_filled_with_comments():
    """a silent stream has a comment for each heartbeat, and a client sees its head at once"""
    with Server(None, "--heartbeat", "0.5") as server, server.stream(STALL) as sock:
        reader = Reader(sock)
        status, headers = reader.head()
        equal((status, headers["content-type"].split(";")[0]), (200, "text/event-stream"))
        comments, end = 0, time.monotonic() + 10
        while comments < 3 and time.monotonic() < end:
            comments += reader.chunk().startswith(b":")
        equal(comments, 3)


@case("T21")
def what_a_broken_provider_sends_is_legal_on_the_wire():
    """each violation of the embedded upstream is repaired or fails, and the events are legal"""
    with Server() as server:
        for name in (
            "delta-after-done",
            "unclosed-item",
            "events-after-terminal",
            "duplicate-created",
            "bad-event-name",
            "wrong-index",
            "seq-gap",
            "huge-delta",
            "missing-terminal",
        ):
            status, found = server.events({"model": f"fault-{name}", "input": "one two"})
            equal(status, 200)
            check_legal(found)


@case("T23")
def nothing_injects_frames():
    """lines of text, of ids and of separators stay inside one data line"""
    odd = "a\r\nb\n\ndata: x\u2028y\u2029z\u0085w\u0000 \r \x0b\x0c end"
    with Server() as server:
        answer = server.post({"model": "m", "input": odd, "stream": True, "metadata": {"a\nb": "c\r\nd"}})
        equal(text_of(answer.events()), f"Echo: {odd}")
        for raw in (b"\r", "\u2028".encode(), "\u2029".encode(), "\u0085".encode(), b"\x0b", b"\x0c"):
            holds(raw not in answer.body, repr(raw))
        for frame in answer.body.split(b"\n\n")[:-1]:
            lines = frame.split(b"\n")
            holds(frame == b"data: [DONE]" or re.match(rb"event: [\w.:-]+$", lines[0]), lines[0])
            equal(sum(line.startswith(b"data:") for line in lines), 1)
            holds(len(lines) <= 2, frame)


@case("T24")
def chunks_hold_whole_events():
    """each chunk of a stream has one or more whole events"""
    with Server() as server:
        for body in (
            {"model": "m", "input": "word " * 2_000},
            {"model": "slow", "input": "x"},
            {"model": "fault-huge-delta", "input": "x"},
        ):
            with server.stream(body) as sock:
                reader = Reader(sock)
                reader.head()
                while chunk := reader.chunk():
                    holds(chunk.endswith(b"\n\n"), chunk[-50:])


@case("T25")
def request_ids_are_bounded_and_plain():
    """an x-request-id comes back if it is short and plain, else another one does"""
    with Server() as server:
        equal(
            server.post({"model": "m", "input": "x"}, headers={"x-request-id": "abc-1"}).headers[
                "x-request-id"
            ],
            "abc-1",
        )
        for odd in ("x" * 5_000, "a b\tc", "é", '"><script>', ""):
            back = server.post({"model": "m", "input": "x"}, headers={"x-request-id": odd}).headers[
                "x-request-id"
            ]
            holds(0 < len(back) <= 128 and back.isascii() and back.isprintable(), back)
        answer = server.post(
            {
                "model": "x\r\nset-cookie: a=b",
                "input": "x",
                "service_tier": "y\r\nx-evil: 1",
                "include": ["a\r\nx-evil: 2"],
            }
        )
        holds("x-evil" not in answer.headers and "set-cookie" not in answer.headers, answer.headers)


@case("T43")
def http2_attacks_leave_the_server_well():
    """rapid resets, a flood of empty frames and dropped streams over HTTP/2 cost little"""
    from c_http import module

    module("h2")
    from http2 import Client

    with Server() as server:
        server.events({"model": "m", "input": "x"})
        begun = server.resident()
        for _ in range(20):
            with Client(server) as client:
                for _ in range(100):
                    stream = client.post(STALL | {"stream": True}, flush=False)
                    client.connection.reset_stream(stream, 8)
                client.flush()
                client.drain(0.05)
        holds(server.becomes_idle(5), "reset streams go on")
        with Client(server) as client:
            stream = client.begin({"content-length": None})
            for _ in range(20_000):
                client.connection.send_data(stream, b"")
            client.flush()
            client.drain(0.3)
        with Client(server) as client:
            for _ in range(100):
                client.post(STALL | {"stream": True})
            holds(until(lambda: server.active() >= 90, 5), f"{server.active()} begun")
        holds(server.becomes_idle(5), "dropped streams go on")
        holds(server.resident() - begun <= 32 * MIB, f"{(server.resident() - begun) // MIB} MiB")
        equal(server.post({"model": "m", "input": "x"}).status, 200)
