"""WebSockets: rows 34 to 42 of the threats."""

import signal
import struct
import threading
import time

from rows import case, equal, holds, takes
from server import MIB, Server, check_legal, frame, read_answer, send_all, text_of, until

HELLO = {"model": "m", "input": "Hello"}


@case("T34")
def handshakes_are_checked():
    """a handshake without a key, of a foreign page, of a wrong version, or with a large head is refused"""
    with Server() as server:

        def refused(**changes):
            sock = server.web_socket(**changes)
            sock.sock.close()
            return sock.answer

        refused(key=None).error(401)
        refused(key="bad").error(401)
        # What a page of another origin can send: cookies, and no header with a key.
        refused(key=None, headers={"origin": "https://evil.example", "cookie": "key=test"}).error(401)
        for headers, statuses in (
            ({"sec-websocket-version": "12"}, (400, 426)),
            ({"sec-websocket-key": "x"}, (400,)),
            ({"sec-websocket-key": None}, (400,)),
            ({"upgrade": "h2c"}, (400, 426, 405)),
            ({"connection": "close"}, (400, 426, 405)),
            ({"host": "evil.example"}, (403,)),
        ):
            answer = refused(headers=headers)
            holds(answer.status in statuses, f"{headers}: {answer}")
            if answer.status == 426 and "version" in str(headers):
                equal(answer.headers.get("sec-websocket-version"), "13")
        begun = time.monotonic()
        holds(refused(headers={"x": "y" * 2 * MIB}).status in (400, 431), "a head of 2 MiB")
        takes(begun, 2, "within 2 s")


VIOLATIONS = {
    "an unmasked frame": (b"\x81\x02hi", (1002,)),
    "a reserved bit": (frame(b"x", 0xC1), (1002,)),
    "two reserved bits": (frame(b"x", 0xB1), (1002,)),
    "reserved operation 3": (frame(b"x", 0x83), (1002,)),
    "reserved operation 11": (frame(b"x", 0x8B), (1002,)),
    "a continuation of nothing": (frame(b"x", 0x80), (1002,)),
    "a text within a text": (frame(b"x", 0x01) + frame(b"y", 0x81), (1002,)),
    "a fragmented ping": (frame(b"x", 0x09), (1002,)),
    "a long ping": (frame(b"x" * 126, 0x89), (1002,)),
    "a fragmented close": (frame(struct.pack(">H", 1000), 0x08), (1002,)),
    "a close of one byte": (frame(b"\x03", 0x88), (1002,)),
    "a close with code 1005": (frame(struct.pack(">H", 1005), 0x88), (1002,)),
    "a close with code 999": (frame(struct.pack(">H", 999), 0x88), (1002,)),
    "a close whose reason is no UTF-8": (frame(struct.pack(">H", 1000) + b"\xff", 0x88), (1007, 1002)),
    "a text that is no UTF-8": (frame(b"\xff\xfe", 0x81), (1007,)),
    "a half character at the end of fragments": (frame(b"\xc3", 0x01) + frame(b"x", 0x80), (1007,)),
    "2^40 bytes": (b"\x81\xff" + struct.pack(">Q", 1 << 40) + b"\0\0\0\0", (1009,)),
    "2^63 bytes": (b"\x81\xff" + struct.pack(">Q", 1 << 63) + b"\0\0\0\0", (1002, 1009)),
    "a large binary": (b"\x82\xff" + struct.pack(">Q", 1 << 40) + b"\0\0\0\0", (1009, 1003)),
}


@case("T35")
def violations_are_closed_with_their_code():
    """each violation of the framing is closed with 1002, 1003, 1007 or 1009, and no text message"""
    with Server() as server:
        for name, (data, codes) in VIOLATIONS.items():
            with server.web_socket(timeout=5) as sock:
                sock.raw(data)
                code = sock.closed_with()
                holds(code in codes, f"{name}: {code}")


@case("T35", alone=True)
def empty_fragments_cost_nothing():
    """200,000 empty fragments: at most 16 MiB, and others wait less than a second"""
    with Server() as server, server.web_socket() as sock:
        server.post(HELLO)
        begun = server.resident()
        send_all(sock.sock, frame(b"", 0x01))
        pieces = frame(b"", 0x00) * 1_000
        for _ in range(200):
            send_all(sock.sock, pieces)
        asked = time.monotonic()
        equal(server.post(HELLO, key="b").status, 200)
        takes(asked, 1, "others")
        holds(server.resident() - begun <= 16 * MIB, f"{(server.resident() - begun) // MIB} MiB")


@case("T36")
def turns_never_interleave():
    """100 messages at once: one turn at a time, at most 16 wait, the others are refused"""
    with Server() as server, server.web_socket() as sock:
        for at in range(100):
            sock.create(model="slow" if at == 0 else "m", input=f"turn {at}")
        finished, refused, current = 0, 0, None
        while finished + refused < 100:
            event = sock.event()
            if event["type"] == "error":
                refused += 1
                holds(event["status"] in (429, 503, 409) and event["error"]["code"], event)
            elif event["type"] == "response.created":
                equal(current, None, "a turn within a turn")
                current = event["response"]["id"]
            elif event["type"] in ("response.completed", "response.failed"):
                equal(event["response"]["id"], current)
                current, finished = None, finished + 1
        holds(1 < finished <= 17, f"{finished} finished")
        equal(sock.turn(**HELLO)[-1]["type"], "response.completed")


@case("T37")
def bad_texts_do_not_end_a_connection():
    """175 bad texts are answered with an error each, and the connection goes on"""
    bad = [
        "",
        " ",
        "{",
        "[]",
        '"x"',
        "1",
        "null",
        "{}",
        '{"type":1}',
        '{"type":"x"}',
        '{"type":"response.create"',
        '{"type":"response.create","model":1}',
        '{"type":"response.create","input":{}}',
        '{"type":"response.cancel"}',
        '{"type":"response.create","type":"response.create"}',
        '{"type":null}',
        '{"Type":"response.create"}',
        '{"type":"response.create","model":"m","input":"x","temperature":1e400}',
        "\u0000",
        "[" * 200,
        '{"type":"session.update"}',
        '{"type":"response.create","response":{"model":"m","input":"x"}}',
        '{"type":"response.create","model":"m","input":"x","stream":7}',
        '{"type":"response.create","model":"m","input":"x","previous_response_id":"resp_none"}',
        '{"model":"m","input":"x"}',
    ]
    with Server() as server, server.web_socket() as sock:
        sock.frame(b"abc", 0x82)
        equal(sock.event()["type"], "error", "a binary message")
        for at in range(175):
            text = bad[at % len(bad)]
            sock.frame(text.encode())
            event = sock.event()
            equal((event["type"], 400 <= event["status"] < 500), ("error", True), f"{text}: {event}")
            holds(event["error"]["message"] and event["error"]["code"], event)
        equal(text_of(sock.turn(**HELLO)), "Echo: Hello")


@case("T38")
def pings_and_closes_are_answered_during_a_turn():
    """a pong within 100 ms and a close within 2 s while a turn runs"""
    with Server() as server:
        for model in ("slow", "fault-stall"):
            with server.web_socket() as sock:
                sock.create(model=model, input="x")
                sock.event()
                begun = time.monotonic()
                sock.frame(b"mark", 0x89)
                while (received := sock.receive())[0] != 10:
                    pass
                equal(received[1], b"mark")
                takes(begun, 0.1 + 0.1, "the pong")
                begun = time.monotonic()
                sock.frame(struct.pack(">H", 1000), 0x88)
                equal(sock.closed_with(), 1000)
                equal(sock.receive(), None)
                takes(begun, 2, "closed")
            holds(server.becomes_idle(2), "the turn goes on")


@case("T39")
def a_connection_has_its_time():
    """at the limit of a connection an error names it, and the connection is closed"""
    with Server(None, "--ws-limit", "1") as server:
        with server.web_socket() as sock:
            event = sock.event()
            equal((event["type"], event["error"]["code"]), ("error", "websocket_connection_limit_reached"))
            holds(sock.closed_with() in (1000, 1001, 1008), "a close frame")
        with server.web_socket() as sock:
            time.sleep(0.7)
            found = sock.turn(model="slow", input="x")
            equal(found[-1]["type"], "response.completed")


@case("T40", alone=True)
def idle_sockets_are_small():
    """400 idle WebSockets take at most 16 KiB each, and 3,000 turns at most 16 MiB"""
    with Server() as server:
        socks = []
        for at in range(450):
            if at == 50:
                begun = server.resident()
            sock = server.web_socket()
            equal(sock.answer.status, 101)
            socks.append(sock)
        each = (server.resident() - begun) / 400 / 1024
        holds(each <= 16 + 2, f"{each:.1f} KiB each")
        sock = socks[0]
        for at in range(4_000):
            if at == 1_000:
                begun = server.resident()
            equal(sock.turn(**HELLO, store=False)[-1]["type"], "response.completed")
        holds(server.resident() - begun <= 16 * MIB, f"{(server.resident() - begun) // MIB} MiB")
        for sock in socks:
            sock.sock.close()


@case("T41")
def continuations_stay_with_their_connection():
    """a stored or remembered response continues; unknown, foreign and failed ones do not"""
    with (
        Server() as server,
        server.web_socket() as sock,
        server.web_socket() as second,
        server.web_socket("other") as other,
    ):
        first = sock.turn(**HELLO, store=False)[-1]["response"]["id"]
        going_on = {"model": "m", "input": "y", "previous_response_id": first}
        equal(second.turn(**going_on)[-1]["error"]["code"], "previous_response_not_found")
        equal(other.turn(**going_on)[-1]["error"]["code"], "previous_response_not_found")
        next_ = sock.turn(**going_on, store=False)[-1]
        equal(next_["type"], "response.completed")
        failed = sock.turn(
            model="fail-midstream", input="z", previous_response_id=next_["response"]["id"], store=False
        )[-1]
        equal(failed["type"], "response.failed")
        equal(
            sock.turn(model="m", input="y", previous_response_id=next_["response"]["id"])[-1]["error"][
                "code"
            ],
            "previous_response_not_found",
        )
        stored = sock.turn(**HELLO)[-1]["response"]["id"]
        equal(
            second.turn(model="m", input="y", previous_response_id=stored)[-1]["type"], "response.completed"
        )
        equal(
            other.turn(model="m", input="y", previous_response_id=stored)[-1]["error"]["code"],
            "previous_response_not_found",
        )
        equal(server.post({"model": "m", "input": "y", "previous_response_id": stored}).status, 200)


@case("T42")
def a_signal_ends_what_runs_legally():
    """SIGTERM: no new connections, running streams and turns end, the exit status is 0"""
    with Server(None, "--grace", "2") as server:
        with (
            server.web_socket() as sock,
            server.stream({"model": "slow", "input": "x"}) as stream,
            server.stream({"model": "fault-stall", "input": "x"}) as stalled,
            server.web_socket() as idle,
        ):
            sock.create(model="slow", input="x")
            sock.event()
            holds(until(lambda: server.active() == 3, 5), "begun")
            server.process.send_signal(signal.SIGTERM)
            answers = {}
            reading = threading.Thread(target=lambda: answers.update(stalled=read_answer(stalled)))
            reading.start()
            end = read_answer(stream)
            holds(check_legal(end.events()) in ("response.completed", "response.failed"), "the stream")
            last = sock.rest()[-1]
            holds(last["type"] in ("response.completed", "response.failed"), last["type"])
            holds(sock.closed_with() in (1000, 1001, 1012), "the close of the WebSocket")
            holds(idle.closed_with() in (1000, 1001, 1012), "the close of an idle WebSocket")
            reading.join()
            equal(check_legal(answers["stalled"].events()), "response.failed")
        equal(server.process.wait(15), 0)
