"""One client against the others: section A."""

import socket
import struct
import time

from rows import case, equal, holds, takes
from server import (
    MIB,
    Reader,
    Server,
    check_legal,
    comes_back,
    digest,
    events,
    frame,
    read_answer,
    request,
    send_all,
    until,
)
from upstream import Upstream

HELLO = {"model": "m", "input": "x"}


def gateway(**options):
    return {"providerOptions": {"gateway": options}}


@case("A1")
def a_client_opens_no_circuit():
    """time limits that a client shortens open no circuit, and those that it extends are the host's"""
    settings = 'circuit_breaker = { failures = 2, open_for = "30s" }\ntimeout = "3s"\n'
    with Upstream() as upstream, Server(upstream.config(provider=settings)) as server:
        slow = {"model": "up/delay-1400", "input": "x"}
        for _ in range(6):
            answer = server.post({**slow, **gateway(providerTimeouts={"up": 1_000})}, key="bad-neighbour")
            holds(answer.status >= 400, f"{answer.status}: the limit of the client counts for itself")
            equal(server.post(slow, key="other").status, 200)
        # Longer than the host permits.
        begun = time.monotonic()
        answer = server.post({"model": "up/silent", "input": "x", **gateway(providerTimeouts={"up": 60_000})})
        holds(answer.status >= 500, answer)
        takes(begun, 8)
        for value in (0, -1, 1e300, "x", None, 1.5, 789_000):
            answer = server.post(
                {"model": "up/good", "input": "x", **gateway(providerTimeouts={"up": value})}
            )
            holds(answer.status in (200, 400), answer)


@case("A1")
def disconnecting_is_no_sign_of_health():
    """clients that go in mid-answer, and answers that a client makes fail, open no circuit"""
    settings = 'circuit_breaker = { failures = 2, open_for = "30s" }\n'
    with Upstream() as upstream, Server(upstream.config(provider=settings)) as server:
        for stream in (True, False):
            for _ in range(6):
                with server.connect() as sock:
                    sock.sendall(
                        request(
                            "POST",
                            "/v1/responses",
                            "a",
                            {"model": "up/silent", "input": "x", "stream": stream},
                        )
                    )
                    holds(until(lambda: server.active() == 1, 5), "begun")
                holds(server.becomes_idle(5), "the call goes on")
        equal(server.post({"model": "up/good", "input": "x"}, key="b").status, 200)


@case("A3")
def windows_of_zero_do_not_hold_a_provider():
    """streams of an HTTP/2 client whose window stays shut are cut, and free the provider"""
    from c_http import module

    module("h2")
    from http2 import Client

    config = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nstall = "2s"\n[providers.p]\nkind = "embedded"\nconcurrency = 10\nany_model = true\n'
    with Server(config) as server:
        for window in (0, 1, 1_000):
            with Client(server, window) as client:
                streams = [client.post({"model": "p/flood", "input": "x", "stream": True}) for _ in range(10)]
                holds(
                    client.until(lambda: server.active() == 10, 5), f"{server.active()} begun with {window}"
                )
                holds(
                    client.until(lambda: server.active() == 0, 10),
                    f"window {window}: {server.active()} hold the provider",
                )
                equal(server.post({"model": "p/m", "input": "x"}, key="b").status, 200)
                # Where a client listens after all, its streams end legally.
                client.open()
                holds(
                    client.until(lambda: len(client.ended) == 10, 10),
                    f"{len(client.ended)} streams end, {client.resets}",
                )
                for stream in streams:
                    equal(check_legal(events(client.bodies[stream])), "response.failed")


@case("A3")
def a_window_that_opens_now_and_then_is_no_way_out():
    """a byte now and then does not keep a stream for ever, on HTTP/1.1"""
    config = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nstall = "2s"\n'
    with Server(config) as server:
        # What reads slowly and steadily is served.
        with server.stream({"model": "flood", "input": "x"}, receive_buffer=65536) as sock:
            end, read = time.monotonic() + 5, 0
            while time.monotonic() < end:
                read += len(sock.recv(65536))
                time.sleep(0.05)
            holds(read > MIB, f"{read} bytes")
            equal(server.active() <= 1, True)


@case("A4", alone=True)
def parsed_turns_count():
    """300,000 tools at once are refused beyond the share of a tenant, and memory stays bounded"""
    rest = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nmemory = { total = "256MiB", tenant = "128MiB" }\n'
    tools = [{"type": "function", "name": f"f{at}"} for at in range(300_000)]
    data = request(
        "POST", "/v1/responses", "a", {"model": "slow", "input": "x", "stream": True, "tools": tools}
    )
    with Server(rest) as server:
        server.post(HELLO)
        begun = server.resident()
        statuses, socks = [], []
        with server.peak() as peak:
            for _ in range(6):
                sock = server.connect()
                send_all(sock, data)
                socks.append(sock)
            other = server.post(HELLO, key="b")
            for sock in socks:
                head = sock.recv(12)
                statuses.append(int(head.split()[1]))
        equal(other.status, 200)
        holds(429 in statuses, f"{statuses}")
        holds(peak.most - begun <= (256 + 64) * MIB, f"{(peak.most - begun) // MIB} MiB")
        for sock in socks:
            sock.close()
        holds(server.becomes_idle(10), "calls go on")
        comes_back(server, begun, 20)


@case("A4")
def background_responses_have_a_bound():
    """background responses beyond the share are 429 and beyond the total 503, and a silent one ends"""
    rest = '[limits]\nbackground = { total = 6, tenant = 4 }\nfirst_output = "2s"\n'
    with Upstream() as upstream, Server(upstream.config(rest)) as server:
        body = {"model": "up/silent", "input": "x", "background": True}
        answers = [server.post(body, key="a") for _ in range(6)]
        equal([answer.status for answer in answers], [200] * 4 + [429] * 2)
        holds(int(answers[-1].headers["retry-after"]) >= 1, "retry-after")
        equal([server.post(body, key="b").status for _ in range(3)], [200, 200, 503])
        equal(server.post({"model": "up/good", "input": "x"}, key="b").status, 200)
        made = answers[0].json()["id"]
        holds(
            until(lambda: server.get(f"/v1/responses/{made}", "a").json()["status"] == "failed", 10),
            "a silent one",
        )
        holds(until(lambda: server.post(body, key="a").status == 200, 5), "its place is free")


@case("A4", alone=True)
def idle_sockets_share_what_they_remember():
    """what WebSockets remember counts for their tenant, and others go on"""
    rest = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nmemory = { total = "64MiB", tenant = "32MiB" }\n'
    with Server(rest) as server:
        server.post(HELLO)
        begun = server.resident()
        socks = []
        for _ in range(40):
            sock = server.web_socket("a")
            socks.append(sock)
            last = sock.turn(model="m", input="x" * (2 * MIB), store=False)[-1]
            # Over the share a turn is refused, or not remembered.
            holds(last["type"] == "response.completed" or last["status"] == 429, str(last)[:300])
        holds(server.resident() - begun <= (64 + 64) * MIB, f"{(server.resident() - begun) // MIB} MiB")
        equal(server.post({"model": "m", "input": "x" * (MIB // 2)}, key="b").status, 200)
        with server.web_socket("b") as sock:
            equal(sock.turn(**HELLO)[-1]["type"], "response.completed")
        for sock in socks:
            sock.sock.close()


@case("A5")
def warm_ups_are_requests():
    """generate: false counts for the rate limit, on one WebSocket and on several"""
    rest = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nrate = { requests = 5, per = "1h" }\n'
    with Server(rest) as server:
        ends = []
        with server.web_socket("a") as sock, server.web_socket("a") as second:
            for _ in range(4):
                ends.append(sock.turn(model="m", input="x", generate=False)[-1])
                ends.append(second.turn(model="m", input="x", generate=False)[-1])
        passed = [one for one in ends if one["type"] == "response.completed"]
        holds(0 < len(passed) <= 5, f"{len(passed)} pass a limit of 5")
        refused = ends[-1]
        equal((refused["type"], refused["status"]), ("error", 429))
        equal(server.post(HELLO, key="a").status, 429)
        equal(server.post(HELLO, key="b").status, 200)


@case("A6", alone=True)
def half_messages_have_a_share_and_a_time():
    """half messages and pings hold a share at most, and end in time; others go on"""
    rest = (
        '[server]\nlisten = "127.0.0.1:0"\n[limits]\nmemory = { total = "64MiB", tenant = "32MiB" }\n'
        'body_timeout = "2s"\nbody_rate = "16MiB"\n'
    )
    with Server(rest) as server:
        server.post(HELLO)
        begun = server.resident()
        half = frame(b" " * (10 * MIB), 0x01)
        socks = [server.web_socket("a") for _ in range(8)]
        for sock in socks:
            sock.raw(half)
        answer = server.post({"model": "m", "input": "y" * (2 * MIB)}, key="b")
        equal(answer.status, 200)
        holds(server.resident() - begun <= (64 + 64) * MIB, f"{(server.resident() - begun) // MIB} MiB")
        end = time.monotonic() + 15
        codes = []
        for sock in socks:
            while time.monotonic() < end:
                sock.frame(b"x", 0x89)
                received = sock.receive()
                if received is None or received[0] == 8:
                    codes.append(received and struct.unpack(">H", received[1][:2])[0])
                    break
            sock.sock.close()
        equal(len(codes), 8, f"closed: {codes}")
        equal(server.post({"model": "m", "input": "y" * (2 * MIB)}, key="a").status, 200)


@case("A6")
def fragments_have_a_bound():
    """a message of too many fragments is closed, and small budgets are not exhausted by empty ones"""
    with Server() as server, server.web_socket(timeout=20) as sock:
        send_all(sock.sock, frame(b"", 0x01))
        pieces = frame(b"", 0x00) * 10_000
        for _ in range(50):
            send_all(sock.sock, pieces)
        code = None
        try:
            code = sock.closed_with()
        except (ConnectionResetError, TimeoutError):
            pass
        holds(code in (1008, 1009, 1002), f"{code}")
        equal(server.post({"model": "m", "input": "x" * 100_000}).status, 200)


@case("A10", alone=True)
def long_keys_cost_the_same_beside_many():
    """a bearer of 16 kB costs the same processor time beside 5,000 keys as beside one"""

    def cost(count):
        lines = "\n".join(f"t{at}=sha256:{digest(f'key-{at}')}" for at in range(count))
        config = '[server]\nlisten = "127.0.0.1:0"\n[[keys]]\nfile = "keys.txt"\n'
        with Server(config, files={"keys.txt": lines + "\n"}) as server, server.connect() as sock:
            reader = Reader(sock)

            def ask(times):
                data = request("POST", "/v1/responses", "k" * 16_000, HELLO)
                for _ in range(times):
                    sock.sendall(data)
                    equal(reader.answer().status, 401)

            ask(100)
            before = server.processor_time()
            ask(1_000)
            return server.processor_time() - before

    one, many = cost(1), cost(5_000)
    holds(
        many <= 2 * max(one, 0.1),
        f"{many:.2f} s beside 5,000 keys, {one:.2f} s beside one, for 1,000 requests",
    )


@case("A11", alone=True)
def memory_of_unfinished_bodies_comes_back():
    """unfinished bodies stay within the budget, and what they took comes back within 64 MiB"""
    rest = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nmemory = { total = "256MiB", tenant = "128MiB" }\n'
    with Server(rest) as server:
        server.post(HELLO)
        begun = server.resident()
        socks = []
        with server.peak() as peak:
            for at in range(30):
                sock = server.connect(1)
                try:
                    sock.sendall(
                        request(
                            "POST",
                            "/v1/responses",
                            f"t{at % 5}",
                            b" " * (20 * MIB),
                            {"content-length": str(30 * MIB)},
                        )
                    )
                except (OSError, socket.timeout):
                    pass
                socks.append(sock)
            equal(server.post({"model": "m", "input": "x"}, key="b").status, 200)
        holds(peak.most - begun <= (256 + 64) * MIB, f"{(peak.most - begun) // MIB} MiB")
        for sock in socks:
            sock.close()
        comes_back(server, begun, 30)


@case("A12")
def connections_before_a_key_are_bounded():
    """connections beyond a bound are refused with 503, and the others go on"""
    rest = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nopen_connections = { total = 40, address = 30 }\n'
    with Server(rest) as server, server.connect() as first:
        first.sendall(request("POST", "/v1/responses", "a", HELLO))
        equal(read_answer(first).status, 200)
        socks = [server.connect() for _ in range(40)]
        refused = read_answer(socks[-1])
        refused.error(503)
        holds(int(refused.headers["retry-after"]) >= 1, "retry-after")
        first.sendall(request("POST", "/v1/responses", "a", HELLO))
        equal(read_answer(first).status, 200)
        for sock in socks:
            sock.close()
        holds(until(lambda: server.post(HELLO).status == 200, 5), "places are free again")
