"""Bodies and heads that attack: rows 1 to 13 of the threats."""

import json
import random
import socket
import time

from rows import SLACK, case, equal, holds, takes
from server import MIB, Reader, Server, comes_back, read_answer, request, send_all

LIMIT = 34_603_008


@case("T1")
def the_limit_of_bodies_is_exact():
    """a body of the limit passes, one byte more is 413 before it is read, in chunks as declared"""
    with Server() as server:
        text = b'{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_data":"%s"}]}]%s}'
        data = b"A" * (33_554_432)
        whole = text % (data, b" " * (LIMIT - len(text) - len(data) + 4))
        equal(len(whole), LIMIT)
        equal(server.post(whole).status, 200)
        begun = time.monotonic()
        with server.connect() as sock:
            sock.sendall(request("POST", "/v1/responses", "test", b"", {"content-length": str(LIMIT + 1)}))
            read_answer(sock).error(413)
        takes(begun, 1, "at once")
        chunked = request(
            "POST", "/v1/responses", "test", b"", {"content-length": None, "transfer-encoding": "chunked"}
        )
        with server.connect() as sock:
            sock.sendall(chunked)
            sent = 0
            try:
                while sent < LIMIT + 8 * MIB:
                    sock.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                    sent += 65536
            except (BrokenPipeError, ConnectionResetError):
                pass
            read_answer(sock).error(413)


@case("T2", alone=True)
def unfinished_bodies_hold_little():
    """24 unfinished bodies of 30 MiB hold at most 512 MiB, others are served, and memory comes back"""
    with Server() as server:
        server.post({"model": "m", "input": "x"})
        begun = server.resident()
        open_ones = []
        with server.peak() as peak:
            for _ in range(24):
                sock = server.connect()
                sock.settimeout(2)
                send_some(
                    sock,
                    request(
                        "POST", "/v1/responses", "a", b" " * (30 * MIB - 1), {"content-length": str(30 * MIB)}
                    ),
                )
                open_ones.append(sock)
            equal(server.post({"model": "m", "input": "x"}, key="b").status, 200)
            begun_at = time.monotonic()
            equal(server.post({"model": "m", "input": "x" * 100_000}, key="b").status, 200)
            takes(begun_at, 5, "another tenant waits")
        holds(peak.most <= 512 * MIB + begun, f"{peak.most // MIB} MiB")
        for sock in open_ones:
            sock.close()
        time.sleep(2)
        equal(server.post({"model": "m", "input": "x"}, key="a").status, 200)
        comes_back(server, begun, 30)


def send_some(sock, data):
    try:
        sock.sendall(data)
    except (OSError, socket.timeout):
        pass


@case("T2")
def a_body_over_the_share_is_refused_with_a_time():
    """over the share of a tenant a body is 429, over the total 503, each with retry-after"""
    config = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nmemory = { total = "12MiB", tenant = "8MiB" }\n'
    with Server(config) as server:
        held = []
        for key, size, status in (("a", 7, None), ("a", 7, 429), ("b", 4, None), ("c", 7, 503)):
            sock = server.connect()
            send_some(
                sock,
                request(
                    "POST", "/v1/responses", key, b" " * (size * MIB - 1), {"content-length": str(size * MIB)}
                ),
            )
            held.append(sock)
            time.sleep(0.3)
            if status:
                answer = read_answer(sock)
                answer.error(status)
                holds(int(answer.headers["retry-after"]) >= 1, "retry-after")
        equal(server.post({"model": "m", "input": "x"}, key="d").status, 200)
        for sock in held:
            sock.close()


def nested(levels, open_, close):
    return '{"model":"m","input":"x","metadata":{},"x":' + open_ * levels + "1" + close * levels + "}"


@case("T3")
def depth_is_limited_everywhere():
    """40 levels pass, 128 and 400,000 are 400 within 3 s, also in opaque parts and on WebSockets"""
    with Server() as server:
        for open_, close in (("[", "]"), ('{"a":', "}")):
            for levels in (40, 120):
                equal(server.post(nested(levels, open_, close).encode()).status, 200, levels)
            for levels in (128, 2_000, 400_000):
                begun = time.monotonic()
                server.post(nested(levels, open_, close).encode()).error(400)
                takes(begun, 3, "within 3 s")
        tool = '{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":%s}]}'
        server.post((tool % ("[" * 200_000 + "]" * 200_000)).encode()).error(400)
        server.post(("[" * 400_000).encode()).error(400)
        with server.web_socket() as sock:
            body = nested(400_000, "[", "]").replace("{", '{"type":"response.create",', 1)
            sock.frame(body.encode())
            equal(sock.event()["type"], "error")
            equal(sock.turn(model="m", input="x")[-1]["type"], "response.completed")


SHAPES = {
    "objects": lambda n: '{"model":"m","input":"x","x":[' + ",".join(['{"":0}'] * n) + "]}",
    "tools": lambda n: (
        '{"model":"m","input":"x","tools":['
        + ",".join('{"type":"function","name":"f%d"}' % at for at in range(n // 3))
        + "]}"
    ),
    "items": lambda n: (
        '{"model":"m","input":[' + ",".join(['{"role":"user","content":"x"}'] * (n // 3)) + "]}"
    ),
    "parts": lambda n: (
        '{"model":"m","input":[{"role":"user","content":['
        + ",".join(['{"type":"input_text","text":""}'] * (n // 4))
        + "]}]}"
    ),
    "members": lambda n: '{"model":"m","input":"x",' + ",".join('"u%d":0' % at for at in range(n)) + "}",
    "escapes": lambda n: '{"model":"m","input":"' + "\\u00e9" * n + '"}',
    "numbers": lambda n: '{"model":"m","input":"x","x":[' + ",".join(["0"] * (2 * n)) + "]}",
    "deep": lambda n: (
        '{"model":"m","input":"x","x":[' + ",".join(["[" * 100 + "]" * 100] * (n // 100)) + "]}"
    ),
}


@case("T4", alone=True)
def no_shape_takes_more_than_eight_times_its_bytes():
    """the peak of memory is at most 8 times the body and 64 MiB, for every shape"""
    for name, shape in SHAPES.items():
        body = shape(300_000).replace("{", '{"store":false,', 1).encode()
        with Server() as server:
            server.post({"model": "m", "input": "x"})
            begun = server.resident()
            with server.peak() as peak:
                answer = server.post(body, timeout=120)
            holds(answer.status in (200, 400), f"{name}: {answer.status} {answer.body[:200]}")
            most = 8 * len(body) + 64 * MIB
            holds(
                peak.most - begun <= most,
                f"{name}: {(peak.most - begun) // MIB} MiB for {len(body) // MIB} MiB",
            )
            comes_back(server, begun, 30)


@case("T5")
def duplicate_members_are_refused():
    """a member twice is 400, however it is spelled and wherever it stands"""
    with Server() as server:
        for body in (
            '{"model":"m","model":"m","input":"x"}',
            '{"model":"m","input":"x","\\u0069nput":"y"}',
            '{"model":"m","input":"x","metadata":{"a":"1","a":"2"}}',
            '{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":{"a":1,"a":1}}]}',
            '{"model":"m","input":"x","unknown":[{"a":{"b":1,"\\u0062":2}}]}',
            '{"model":"m","input":[{"role":"user","role":"system","content":"x"}]}',
        ):
            server.post(body.encode()).error(400)
        with server.web_socket() as sock:
            sock.frame(b'{"type":"response.create","model":"m","input":"x","input":"y"}')
            equal(sock.event()["status"], 400)


@case("T6")
def text_that_is_no_json_is_refused():
    """invalid UTF-8, marks of byte order, lone surrogates, NaN and 1e400 are 400; NUL passes"""
    with Server() as server:
        inside = [
            b"\xff",
            b"\xc0\x80",
            b"\xed\xa0\x80",
            b"\xf5\x80\x80\x80",
            b"\\ud800",
            b"\\udc00\\ud800",
            b"\n",
            b"\\x41",
        ]
        bodies = [b'{"model":"m","input":"%s"}' % text for text in inside]
        bodies += [b'{"model":"m","input":"x","unknown":"%s"}' % text for text in inside]
        bodies += [b'{"model":"m","input":"x","%s":1}' % text for text in inside]
        for number in (
            b"NaN",
            b"1e400",
            b"-1e400",
            b"Infinity",
            b"01",
            b"1.",
            b".5",
            b"+1",
            b"0x1",
            b"1e",
            b"--1",
        ):
            bodies.append(b'{"model":"m","input":"x","temperature":%s}' % number)
            bodies.append(b'{"model":"m","input":"x","unknown":[%s]}' % number)
        good = b'{"model":"m","input":"x"}'
        bodies += [
            b"\xef\xbb\xbf" + good,
            good.decode().encode("utf-16"),
            good + b"x",
            good + good,
            b"{'model':'m'}",
            b'{"model":"m","input":"x",}',
            b"// c\n" + good,
            good + b"\0",
        ]
        for body in bodies:
            server.post(body).error(400)
        equal(server.post(b'{"model":"m","input":"a\\u0000b \\ud83d\\ude00"}').status, 200)


@case("T7")
def many_small_things_take_little_time():
    """100,000 items, 200,000 metadata keys, and keys made to collide, in bounded time"""
    with Server() as server:
        begun = time.monotonic()
        items = [{"role": "user", "content": "x"}] * 100_000
        holds(server.post({"model": "m", "input": items}, timeout=60).status in (200, 400), "items")
        takes(begun, 20, "100,000 items")
        begun = time.monotonic()
        metadata = {f"k{at}": "v" for at in range(200_000)}
        server.post({"model": "m", "input": "x", "metadata": metadata}).error(400)
        takes(begun, 10, "metadata")
        begun = time.monotonic()
        server.post({"model": "m", "input": "x", **{"a" * 40 + f"{at:06}": 0 for at in range(150_000)}})
        takes(begun, 10, "unknown members")


@case("T8")
def schemas_are_not_followed():
    """patterns, references and broken schemas are neither compiled nor followed: 200 or 400 within 2 s"""
    schemas = [
        {"type": "string", "pattern": "(a+)+$"},
        {"type": "string", "pattern": "((((((((((a{1,1000}){1,1000}){1,1000})))))))"},
        {"type": "string", "pattern": "["},
        {"$ref": "#"},
        {"$ref": "http://127.0.0.1:1/x"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        {"type": 7},
        {"type": "array", "minItems": 1 << 40, "items": {}},
        {"type": "string", "minLength": 1 << 50},
        {
            "type": "array",
            "uniqueItems": True,
            "minItems": 600,
            "items": {"enum": [f"{n:03}" for n in range(600)]},
        },
        {"type": "object", "required": [f"r{n}" for n in range(20_000)]},
        {"allOf": [{"allOf": [{"type": "string"}]}] * 1_000},
        {"enum": []},
        {"not": {}},
        {"type": "integer", "minimum": 1e300},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"multipleOf": 0},
        {"const": None},
    ]
    with Server() as server:
        for schema in schemas:
            begun = time.monotonic()
            tool = {"type": "function", "name": "f", "parameters": schema}
            text = {"format": {"type": "json_schema", "name": "a", "schema": schema}}
            for body in ({"tools": [tool], "tool_choice": "required"}, {"text": text}):
                answer = server.post({"model": "m", "input": "x", **body})
                holds(answer.status in (200, 400), f"{schema}: {answer.status}")
            takes(begun, 2, str(schema)[:200])


@case("T9")
def compressed_bodies_are_refused():
    """a content-encoding is 415, but identity; a transfer-encoding is 501, but chunked"""
    with Server() as server:
        for coding, status in (("gzip, chunked", 501), ("x, chunked", 501), ("Chunked", 200)):
            body = b'{"model":"m","input":"x"}'
            headers = {"transfer-encoding": coding, "content-length": None}
            head = request("POST", "/v1/responses", "test", b"", headers)
            answer = server.send(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            equal(answer.status, status, coding)
        for coding in ("gzip", "br", "deflate", "zstd", "identity, gzip", "x"):
            server.post({"model": "m", "input": "x"}, headers={"content-encoding": coding}).error(415)
        equal(server.post({"model": "m", "input": "x"}, headers={"content-encoding": "identity"}).status, 200)


BASE = {
    "model": "m",
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "y"},
    ],
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
    "tool_choice": "auto",
    "text": {"format": {"type": "text"}},
    "reasoning": {"effort": "low"},
    "metadata": {"a": "b"},
    "temperature": 1,
    "max_output_tokens": 100,
    "stream": False,
}
VIOLATIONS = [
    (("input", 0, "content", 0, "text"), 1, "input[0].content[0].text"),
    (("input", 0, "role"), "robot", "input[0].role"),
    (("input", 0, "content"), 7, "input[0].content"),
    (("input", 1, "arguments"), {}, "input[1].arguments"),
    (("input", 1, "name"), 5, "input[1].name"),
    (("input", 2, "call_id"), None, "input[2].call_id"),
    (("tools", 0, "name"), 1, "tools[0].name"),
    (("tools",), {}, "tools"),
    (("tool_choice",), "sometimes", "tool_choice"),
    (("text", "format"), 7, "text.format"),
    (("reasoning", "effort"), "enormous", "reasoning.effort"),
    (("metadata",), [], "metadata"),
    (("metadata", "a"), 1, "metadata.a"),
    (("temperature",), "hot", "temperature"),
    (("temperature",), 3, "temperature"),
    (("max_output_tokens",), 0, "max_output_tokens"),
    (("max_output_tokens",), 1.5, "max_output_tokens"),
    (("stream",), "yes", "stream"),
    (("model",), 1, "model"),
    (("input",), 1, "input"),
    (("previous_response_id",), 1, "previous_response_id"),
    (("background",), "x", "background"),
    (("include",), "x", "include"),
    (("truncation",), "x", "truncation"),
    (("top_p",), -1, "top_p"),
    (("top_logprobs",), 21, "top_logprobs"),
    (("store",), 1, "store"),
    (("metadata", "k" * 65), "x", "metadata." + "k" * 65),
]


def changed(path, value):
    body = json.loads(json.dumps(BASE))
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return body


@case("T10")
def violations_have_their_place():
    """a violation is 400 invalid_request_error with its param, over HTTP and WebSocket"""
    with Server() as server, server.web_socket() as sock:
        equal(server.post(BASE).status, 200)
        for path, value, param in VIOLATIONS:
            answer = server.post(changed(path, value))
            equal(answer.status, 400, f"{param} {value!r}")
            error = answer.error(400)
            equal(error["type"], "invalid_request_error")
            if len(param) < 60:
                equal(error["param"], param, str(value))
            sock.create(**changed(path, value))
            event = sock.event()
            equal((event["type"], event["status"], event["error"]["param"]), ("error", 400, error["param"]))


@case("T10")
def random_mutations_are_never_500():
    """2,000 mutations of a request are 200 or 400, and 98 % of the refused have a param"""
    chance = random.Random(7)
    values = [None, True, -1, 1e9, "", "x", [], {}, [None], {"type": "x"}, [[[]]], "\u0000", 1 << 70]

    def mutate(value, at=None):
        if at == "stream":
            return False
        if chance.random() < 0.15:
            return chance.choice(values)
        if isinstance(value, dict):
            return {
                name if chance.random() > 0.05 else name + "x": mutate(inner, name)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [mutate(inner) for inner in value] * chance.choice([1, 1, 1, 2])
        return value

    refused, without = 0, 0
    with Server() as server, server.connect() as sock:
        reader = Reader(sock)
        for _ in range(2_000):
            body = mutate(BASE)
            sock.sendall(request("POST", "/v1/responses", "test", json.dumps(body).encode()))
            answer = reader.answer()
            holds(answer.status in (200, 400, 404, 501), f"{answer.status} for {json.dumps(body)[:600]}")
            if answer.status != 200:
                refused += 1
                without += not answer.error()["param"]
    holds(refused > 200 and without <= 0.02 * refused, f"{without} of {refused} without param")


@case("T11")
def errors_are_short_and_reveal_nothing():
    """an error is at most 16 KiB, and repeats no long value, path of files or text of a panic"""
    long = "L" * 300_000
    bodies = [
        {"model": "m", "input": "x", "tool_choice": long},
        {"model": "m", "input": [{"type": "message", "role": long, "content": "x"}]},
        {"model": "m", "input": [{"type": long}]},
        {"model": "m", "input": "x", "previous_response_id": long},
        {"model": "m", "input": "x", "metadata": {long: "x"}},
        {"model": "m", "input": "x", "include": [1] * 100_000},
        {"model": "m", "input": [{}] * 50_000},
        {long: 1},
        {"model": "fault-panic-start", "input": "x"},
        {"model": "fault-error-start", "input": "x"},
    ]
    with Server() as server:
        for body in bodies:
            answer = server.post(body)
            holds(answer.status >= 400, f"{answer.status} for {json.dumps(body)[:100]}")
            answer.error()
            text = answer.body.decode()
            for secret in ("L" * 400, ".rs", "panicked", "/home", "/work", "/root", "fault-panic"):
                holds(secret not in text, f"{secret[:20]} in {text[:200]}")
        for path in ("/v1/responses/" + "L" * 20_000, "/" + "L" * 20_000, "/v1/responses?x=" + "L" * 20_000):
            holds(len(server.get(path, "test").body) <= 16 << 10, "a long path")
        answer = server.get("/v1/responses/resp_%3Cscript%3E", "test")
        equal(answer.headers["content-type"], "application/json")


@case("T12")
def slow_heads_and_bodies_leave_others_alone():
    """100 half heads and 50 trickles are cut in their time, and others are answered in 100 ms"""
    with Server() as server:
        head = request("POST", "/v1/responses", "test", b"", {"content-length": "100000"})
        half = [server.connect(60) for _ in range(100)]
        for sock in half:
            sock.sendall(head[: len(head) // 2])
        trickles = [server.connect(60) for _ in range(50)]
        for sock in trickles:
            sock.sendall(head + b" ")
        begun = time.monotonic()
        times = []
        while half and time.monotonic() - begun < 40 * SLACK:
            for sock in trickles:
                send_all(sock, b" ")
            asked = time.monotonic()
            equal(server.post({"model": "m", "input": "x"}).status, 200)
            times.append(time.monotonic() - asked)
            half = [sock for sock in half if is_open(sock)]
            time.sleep(0.5)
        equal(len(half), 0, "half heads after 40 s")
        holds(sorted(times)[len(times) * 9 // 10] < 0.1 * SLACK, f"{sorted(times)[-3:]}")
        statuses = [read_answer(sock).status for sock in trickles]
        equal(set(statuses), {408})
        takes(begun, 60, "trickles end")


def is_open(sock):
    sock.setblocking(False)
    try:
        return bool(sock.recv(1, socket.MSG_PEEK)) and False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(60)


@case("T13")
def heads_that_smuggle_get_one_answer_at_most():
    """two lengths, spaces, signs, hex and NUL are 400 or closed, never two answers"""
    body = b'{"model":"m","input":"x"}'
    inner = request("GET", "/healthz", None, None)
    good = request("POST", "/v1/responses", "test", body)
    length = b"content-length: 25\r\n"

    def swap(new):
        return good.replace(length, new)

    heads = [
        swap(b"content-length: 25\r\ncontent-length: 24\r\n"),
        swap(b"content-length : 25\r\n"),
        swap(b"content-length: +25\r\n"),
        swap(b"content-length: 0x19\r\n"),
        swap(b"content-length: 25\0\r\n"),
        swap(b"content-length: 25, 24\r\n"),
        swap(b"content-length: 25\r\ntransfer-encoding: chunked\r\n"),
        swap(b"transfer-encoding: chunked, identity\r\n"),
        swap(b"transfer-encoding: xchunked\r\n"),
        swap(b"content-length: -1\r\n"),
        swap(b"transfer-encoding : chunked\r\n"),
        swap(b"content-length: 99999999999999999999\r\n"),
        swap(b" content-length: 25\r\n"),
        swap(b"x: a\nb: c\r\n" + length + b"\0: x\r\n"),
        good.replace(b"host: localhost\r\n", b""),
        good.replace(b"host: localhost\r\n", b"host: localhost\r\nhost: localhost\r\n"),
        good.replace(b"host: localhost\r\n", b"host: a b\r\n"),
        good.replace(b"host: localhost\r\n", b"host: evil.example\r\n"),
        good.replace(b"host: localhost\r\n", b"host: localhost:99999999\r\n"),
        good.replace(b"HTTP/1.1", b"HTTP/1.2"),
        good.replace(b"host: localhost\r\n", b"host: user@localhost\r\n"),
        good.replace(b"host: localhost\r\n", b"host:\r\n"),
    ]
    with Server() as server:
        for head in heads:
            with server.connect(3) as sock:
                send_all(sock, head + inner)
                received = b""
                try:
                    while piece := sock.recv(65536):
                        received += piece
                except (ConnectionResetError, TimeoutError):
                    pass
            answers = received.count(b"HTTP/1.1 ")
            first = received[:12]
            accepted = first == b"HTTP/1.1 200"
            holds(not accepted, f"{head[:300]!r}: {received[:200]!r}")
            holds(
                answers <= 1 or first in (b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.1 421"),
                f"{head[:300]!r}: {received[:900]!r}",
            )
        # Two good requests at once have two answers, in order.
        with server.connect() as sock:
            sock.sendall(good + inner)
            reader = Reader(sock)
            equal((reader.answer().status, reader.answer("GET").status), (200, 200))


MODEL_SHAPES = {
    "calls of tools": lambda n: {
        "tool_choice": "required",
        "input": [
            one
            for at in range(n)
            for one in (
                {"type": "function_call", "call_id": str(at), "name": f"f{at}", "arguments": ""},
                {"type": "function_call_output", "call_id": str(at), "output": ""},
            )
        ],
        "tools": [{"type": "function", "name": f"f{at}"} for at in range(n)],
    },
    "written calls": lambda n: {
        "input": "".join(f"call g{at} {{}} " for at in range(n)),
        "tools": [{"type": "function", "name": f"f{at}"} for at in range(n)],
    },
    "an object without an end": lambda n: {
        "input": 'call f {"' + "}" * (20 * n),
        "tools": [{"type": "function", "name": "f"}],
    },
    "words": lambda n: {"stream": True, "input": "a " * (5 * n)},
    "users": lambda n: {"input": [{"role": "user", "content": f"w {at}"} for at in range(n)]},
    "ids": lambda n: {
        "input": [{"type": "message", "id": f"msg_{at}", "role": "user", "content": "x"} for at in range(n)]
    },
    "references": lambda n: {
        "input": [{"type": "item_reference", "id": f"msg_{at % 900}"} for at in range(n)]
    },
    "properties": lambda n: {
        "text": {
            "format": {
                "type": "json_schema",
                "name": "a",
                "schema": {
                    "type": "object",
                    "properties": {f"p{at}": {"type": "string"} for at in range(n)},
                    "required": [f"p{at}" for at in range(n)],
                },
            }
        },
        "input": "x",
    },
    "30 MiB of text": lambda n: {
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "x" * (75 * n)}] * 5}]
    },
    "30 MiB of escapes": lambda n: {
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "\u00e9\n" * (10 * n)}] * 5}]
    },
}


@case("T4", alone=True)
def work_grows_no_faster_than_bytes():
    """four times the bytes take at most six times the processor time, for every shape, up to 30 MiB"""
    shapes = {
        name: lambda n, shape=shape: shape(2 * n).replace("{", '{"store":false,', 1).encode()
        for name, shape in SHAPES.items()
    }
    shapes |= {
        name: lambda n, shape=shape: json.dumps({"model": "m", "store": False, **shape(n)}).encode()
        for name, shape in MODEL_SHAPES.items()
    }
    with Server() as server:
        for name, shape in shapes.items():
            took = []
            for count in (20_000, 80_000):
                body = shape(count)
                before = server.processor_time()
                answer = server.post(body, timeout=120)
                took.append(server.processor_time() - before)
                holds(answer.status in (200, 400), f"{name}: {answer.status} {answer.body[:200]}")
            holds(
                took[1] <= 6 * max(took[0], 0.05),
                f"{name}: {took[0]:.2f} s, and {took[1]:.2f} s for {len(body) >> 10} KiB",
            )
