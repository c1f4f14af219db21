"""Promises: section B."""

import re
import time

from rows import case, equal, holds, takes
from server import MIB, Reader, Server, check_legal, read_answer, request, text_of
from upstream import Upstream


@case("B2")
def a_panic_never_takes_the_connection():
    """panics of a provider, in any place: the connection and the other streams go on"""
    with (
        Server() as server,
        server.stream({"model": "slow", "input": "x"}) as other,
        server.connect() as sock,
    ):
        reader = Reader(sock)
        for _ in range(20):
            for model in ("fault-panic-start", "fault-panic-mid"):
                for stream in (True, False):
                    sock.sendall(
                        request(
                            "POST", "/v1/responses", "test", {"model": model, "input": "x", "stream": stream}
                        )
                    )
                    answer = reader.answer()
                    if answer.status == 200:
                        equal(check_legal(answer.events()), "response.failed")
        equal(check_legal(read_answer(other).events()), "response.completed")


@case("B3")
def sampling_is_bounded():
    """schemas that are dear to sample take less than a second"""
    values = [f"{n:03}" for n in range(600)]
    schema = {"type": "array", "uniqueItems": True, "minItems": 600, "items": {"enum": values}}
    deep = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}
    wide = {
        "type": "array",
        "minItems": 10_000,
        "items": {"type": "array", "minItems": 10_000, "items": {"type": "string", "minLength": 10_000}},
    }
    with Server() as server:
        for one in (
            schema,
            deep,
            wide,
            {"type": "array", "uniqueItems": True, "minItems": 5_000, "items": {"type": "boolean"}},
        ):
            begun = time.monotonic()
            text = {"format": {"type": "json_schema", "name": "a", "schema": one}}
            answer = server.post({"model": "m", "input": "x", "text": text})
            holds(answer.status in (200, 400, 500), answer.status)
            takes(begun, 1)


@case("B4")
def relaying_is_linear():
    """a terminal event with 40,000 unknown members takes less than two seconds"""
    with Upstream() as upstream, Server(upstream.config()) as server:
        begun = time.monotonic()
        status, events = server.events({"model": "up/members-40000", "input": "x"})
        equal((status, check_legal(events)), (200, "response.completed"))
        takes(begun, 2)


@case("B5")
def forbidden_calls_never_reach_the_wire():
    """calls under tool_choice none, with places that cannot be read, are not sent, in no dialect of events"""
    tools = [{"type": "function", "name": "f"}]
    with Upstream() as upstream, Server(upstream.config()) as server:
        for kind in ("missing", "string", "huge", "item", "added", "approval", "custom"):
            for stream in (True, False):
                body = {
                    "model": f"up/call-{kind}",
                    "input": "x",
                    "tools": tools,
                    "tool_choice": "none",
                    "stream": stream,
                }
                answer = server.post(body)
                holds(answer.status in (200, 502), answer)
                for word in ("fc_1", "call_1", "mcpr_1", "ctc_1", "arguments"):
                    holds(word not in answer.body.decode(), f"{kind}: {word} in {answer.body[:600]}")
                if stream and answer.status == 200:
                    check_legal(answer.events())
        # The same call is sent where it is permitted.
        body = {"model": "up/call-item", "input": "x", "tools": tools, "stream": True}
        holds("call_1" in server.post(body).body.decode(), "a permitted call")


@case("B6", alone=True)
def a_long_answer_is_not_held_while_a_fallback_waits():
    """an answer of 200 MiB, not streamed, with a fallback: bounded memory, 200 or an error"""
    rest = '[limits]\nmemory = { total = "64MiB", tenant = "48MiB" }\n'
    with Upstream() as upstream:
        models = '[models."m"]\nproviders = [{ provider = "up", model = "huge-200" }]\nfallbacks = ["n"]\n[models."n"]\nproviders = [{ provider = "up", model = "good" }]\n'
        with Server(upstream.config(rest, models)) as server:
            server.post({"model": "n", "input": "x"})
            begun = server.resident()
            with server.peak() as peak:
                answer = server.post({"model": "m", "input": "x"}, timeout=120)
            holds(answer.status in (200, 429, 502, 503), answer)
            holds(peak.most - begun <= 128 * MIB, f"{(peak.most - begun) // MIB} MiB")
            equal(server.post({"model": "n", "input": "x"}).status, 200)


@case("B7")
def a_provider_that_falls_silent_ends():
    """silence before and in an answer ends in time: 504, or response.failed in a stream"""
    rest = '[limits]\nidle = "1s"\nfirst_output = "1s"\n'
    for kind in ("openresponses", "chat"):
        with Upstream() as upstream, Server(upstream.config(rest, kind=kind)) as server:
            for model in ("up/silent", "up/begins"):
                begun = time.monotonic()
                answer = server.post({"model": model, "input": "x"})
                holds(answer.status in (502, 504), answer)
                answer.error()
                status, events = server.events({"model": model, "input": "x"})
                if status == 200:
                    equal(check_legal(events), "response.failed")
                else:
                    equal(status, 504)
                takes(begun, 6, model)
                with server.web_socket() as sock:
                    holds(
                        sock.turn(model=model, input="x")[-1]["type"] in ("error", "response.failed"),
                        "a turn",
                    )
                    equal(sock.turn(model="up/good", input="x")[-1]["type"], "response.completed")
            holds(server.becomes_idle(3), "calls go on")


@case("B8")
def headers_of_a_hop_stay_there():
    """headers of a provider that are of its connection or its body do not reach the client"""
    gone = (
        "keep-alive",
        "x-hop",
        "proxy-authenticate",
        "proxy-connection",
        "upgrade",
        "te",
        "trailer",
        "etag",
        "content-md5",
        "content-range",
        "set-cookie",
        "last-modified",
        "server",
        "alt-svc",
        "strict-transport-security",
        "content-disposition",
        "digest",
        "accept-ranges",
    )
    for kind in ("openresponses", "chat"):
        with Upstream() as upstream, Server(upstream.config(kind=kind)) as server, server.connect() as sock:
            reader = Reader(sock)
            for stream in (True, False, True):
                sock.sendall(
                    request(
                        "POST",
                        "/v1/responses",
                        "test",
                        {"model": "up/headers", "input": "x", "stream": stream},
                    )
                )
                answer = reader.answer()
                equal(answer.status, 200)
                for name in gone:
                    holds(name not in answer.headers, f"{name}: {answer.headers.get(name)}")
                holds("1970" not in answer.headers.get("date", ""), "date")
                holds(answer.headers.get("connection", "") == "", answer.headers.get("connection"))


@case("B9")
def a_log_has_no_line_of_a_client():
    """names with newlines and escapes do not forge a line of the log, at any level"""
    forged = "a\n2026-01-01T00:00:00Z ERROR forged\r\x1b[31mred\u2028\u202e"
    with Upstream() as upstream, Server(upstream.config(), log="trace") as server:
        tool = [{"type": "function", "name": "f"}]
        server.events({"model": "up/call-forged", "input": "x", "tools": tool})
        server.events({"model": "up/call-forged", "input": "x", "tools": tool, "tool_choice": "none"})
        server.post({"model": forged, "input": "x"})
        server.post({"model": "up/" + forged, "input": "x"})
        server.post(
            {
                "model": "up/good",
                "input": "x",
                "previous_response_id": forged,
                "include": [forged],
                "service_tier": forged,
            }
        )
        server.post(
            {
                "model": "up/good",
                "input": [{"type": "item_reference", "id": forged}],
                "tools": [{"type": forged}],
            }
        )
        server.post({forged: 1})
        server.get("/v1/responses/a%0aforged%1b[31m", "test")
        server.get("/v1/responses?x=%0aforged", "te\tst")
        with server.web_socket() as sock:
            sock.turn(model=forged, input="x")
        time.sleep(0.2)
        # Colors of the log itself are not those of a client.
        log = re.sub(
            r"\x1b\[[0-9;]*m",
            "",
            server.log().replace("\x1b[31mred", "FORGED").replace("\x1b[31mforged", "FORGED"),
        )
        holds("FORGED" not in log, "an escape")
        for line in log.split("\n"):
            holds(
                not line.startswith("2026-01-01") and not line.startswith("forged") and "\r" not in line,
                line[:300],
            )
        for odd in ("\u2028", "\u202e", "\x1b"):
            holds(
                odd not in log,
                f"{odd!r} in the log: " + next((line for line in log.split("\n") if odd in line), "")[:400],
            )


@case("B10")
def leniencies_are_reported():
    """what a request needed is named in a header, in the log at debug, and can be switched off"""
    body = {
        "model": "m",
        "input": [{"role": "user", "content": "x"}, {"type": "item_reference", "id": "msg_none"}],
        "include": ["bogus"],
        "service_tier": "gold",
        "tools": [{"type": "odd"}],
    }
    with Server(log="debug") as server:
        answer = server.post(body)
        equal(answer.status, 200)
        named = answer.headers["openresponses-leniencies"]
        for name in ("vendor_include", "open_service_tier", "unknown_tool", "unresolved_item_reference"):
            holds(name in named, f"{name} is not in {named}")
        streamed = server.post({**body, "stream": True})
        equal(streamed.headers["openresponses-leniencies"], named)
        holds("vendor_include" in server.log(), "the log")
        holds(
            "openresponses-leniencies" not in server.post({"model": "m", "input": "x"}).headers,
            "a plain request",
        )
    with Server('[server]\nlisten = "127.0.0.1:0"\nreport_leniencies = false\n') as server:
        holds("openresponses-leniencies" not in server.post(body).headers, "switched off")


@case("C3")
def an_empty_delta_is_no_output():
    """a provider that breaks off after an empty delta is failed over, and a stream answers with a status"""
    with Upstream() as upstream:
        models = '[models."m"]\nproviders = [{ provider = "up", model = "empty" }, { provider = "up", model = "good" }]\n[models."alone"]\nproviders = [{ provider = "up", model = "empty" }]\n'
        with Server(upstream.config(provider=models, kind="chat")) as server:
            for stream in (True, False):
                answer = server.post({"model": "m", "input": "x", "stream": stream})
                equal(answer.status, 200, answer.body[:300])
                text = (
                    text_of(answer.events()) if stream else answer.json()["output"][0]["content"][0]["text"]
                )
                equal(text, "good")
                answer = server.post({"model": "alone", "input": "x", "stream": stream})
                holds(answer.status in (502, 503), answer)


@case("C13")
def a_last_frame_without_its_blank_line_counts():
    """a relayed stream whose last frame lacks its blank line is completed"""
    with Upstream() as upstream, Server(upstream.config()) as server:
        status, events = server.events({"model": "up/blank", "input": "x"})
        equal((status, check_legal(events), text_of(events)), (200, "response.completed", "whole"))
