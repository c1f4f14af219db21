"""Who may ask what, and what is kept: rows 26 to 33 of the threats."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from rows import Skipped, case, equal, holds
from server import Reader, Server, digest, read_answer, request, until

HELLO = {"model": "m", "input": "Hello"}
KEYS = f'[[keys]]\ntenant = "a"\nsha256 = "{digest("sk-good-key")}"\n[[keys]]\ntenant = "b"\nsha256 = "{digest("sk-other-key")}"\n'


@case("T26")
def keys_are_checked_before_the_body():
    """without a valid key nothing of a body is read, and near misses are refused"""
    with Server(KEYS) as server:
        for key in (
            None,
            "sk-good-ke",
            "sk-good-keyy",
            "SK-GOOD-KEY",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
            "null",
            "*",
            "sk-good-key\u00e9",
        ):
            with server.connect() as sock:
                head = request("POST", "/v1/responses", key, b"", {"content-length": "30000000"})
                sock.sendall(head)
                answer = read_answer(sock)
                answer.error(401)
                equal(answer.headers.get("www-authenticate", "").split(" ")[0], "Bearer")
        for query in (
            "api_key=sk-good-key",
            "key=sk-good-key",
            "access_token=sk-good-key",
            "API-KEY=sk-good-key",
        ):
            server.post(HELLO, key=None, path=f"/v1/responses?{query}").error(401)
        equal(server.post(HELLO, key="sk-good-key").status, 200)


@case("T27")
def only_the_path_that_is_authorized_is_served():
    """forms of the path, the Host header and the key: none without a key is served"""
    paths = [
        "/v1/responses",
        "/v1//responses",
        "//v1/responses",
        "/v1/responses/",
        "/v1/./responses",
        "/v1/x/../responses",
        "/v1/%72esponses",
        "/V1/responses",
        "/v1/responses;x=1",
        "/v1/responses%2f",
        "/v1/responses%00",
        "/v1\\responses",
        "http://localhost/v1/responses",
        "http://other@localhost/v1/responses",
        "/v1/responses?x#y",
        "/healthz/../v1/responses",
        "/metrics/v1/responses",
        "/v1/models",
        "/v1/responses/compact",
        "/v1/responses/input_tokens",
        "/healthz%2f..%2fv1/responses",
    ]
    hosts = ["localhost", "127.0.0.1", "healthz", "[::1]", "localhost/healthz"]
    keys = [
        {},
        {"authorization": "Bearer bad"},
        {"x-api-key": "bad"},
        {"authorization": "Bearer sk-good-key", "x-api-key": "bad"},
    ]
    with Server(KEYS) as server:
        for path, host, key in itertools.product(paths, hosts, keys):
            for method, body in (("POST", HELLO), ("GET", None)):
                with server.connect() as sock:
                    sock.sendall(request(method, path, None, body, {"host": host, **key}))
                    status = Reader(sock).head()[0]
                holds(400 <= status < 500, f"{status} for {method} {path} of {host} with {key}")


@case("T27")
def a_foreign_name_is_refused_wherever_it_stands():
    """on a loopback address a foreign host is 403, in the header and in an absolute URI"""
    foreign = "evil.example"
    with Server() as server:
        equal(server.post(HELLO, headers={"host": foreign}).status, 403)
        for path in (f"http://{foreign}/v1/responses", f"http://{foreign}:80/v1/responses"):
            equal(server.post(HELLO, path=path).status, 403)
        equal(server.post(HELLO, path="http://localhost/v1/responses").status, 200)


@case("T29")
def keys_and_prompts_are_in_no_log():
    """a key, a refused key, a prompt and an answer are in the log at no level"""
    with Server(KEYS, log="trace") as server:
        prompt = "the-secret-prompt"
        server.post({"model": "m", "input": prompt, "instructions": prompt}, key="sk-good-key")
        server.events({"model": "m", "input": prompt}, key="sk-good-key")
        server.post({"model": "m", "input": prompt}, key="sk-refused-key")
        server.post({"model": "fault-panic-mid", "input": prompt}, key="sk-good-key")
        server.post({"model": "fault-error-start", "input": prompt}, key="sk-good-key")
        server.post(
            {"model": "m", "input": [{"role": "user", "content": prompt}, {"type": 7, "text": prompt}]},
            key="sk-good-key",
        )
        server.post(HELLO, key=None, path="/v1/responses?api_key=sk-query-key")
        with server.web_socket("sk-good-key") as sock:
            sock.turn(model="m", input=prompt)
            sock.frame(prompt.encode())
            sock.event()
        time.sleep(0.2)
        log = server.log()
        holds(len(log) > 1_000, "a log at trace")
        for secret in ("sk-good-key", "sk-refused-key", "sk-query-key", prompt):
            at = log.find(secret)
            holds(at < 0, f"{secret} in {log[max(0, at - 300) : at + 100]}")


@case("T30")
def tenants_do_not_see_each_other():
    """a foreign id is answered exactly as a missing one, over each way there is"""
    with Server(KEYS) as server:
        stored = server.post({**HELLO, "metadata": {"a": "b"}}, key="sk-good-key").json()
        held, item, missing = stored["id"], stored["output"][0]["id"], "resp_" + "0" * 48
        holds(len(held) >= 5 + 24, "96 bits")

        def plain(answer, id_):
            return (
                answer.status,
                answer.body.replace(id_.encode(), b"ID"),
                sorted(set(answer.headers) - {"x-request-id", "date"}),
            )

        for method, path in (
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/input_items"),
            ("POST", "/cancel"),
            ("GET", "?stream=true"),
        ):
            foreign = server.get(f"/v1/responses/{held}{path}", "sk-other-key", method=method)
            none = server.get(f"/v1/responses/{missing}{path}", "sk-other-key", method=method)
            equal(plain(foreign, held), plain(none, missing), method + path)
        for path in ("/v1/responses", "/v1/responses/compact"):
            answers = [
                server.post(
                    {"model": "m", "input": "x", "previous_response_id": id_}, key="sk-other-key", path=path
                )
                for id_ in (held, missing)
            ]
            equal(plain(answers[0], held), plain(answers[1], missing), path)
            reference = [{"type": "item_reference", "id": item}, {"role": "user", "content": "x"}]
            answer = server.post({"model": "m", "input": reference}, key="sk-other-key", path=path)
            holds(b"Hello" not in answer.body, answer.body)
        with server.web_socket("sk-other-key") as sock:
            equal(
                sock.turn(model="m", input="x", previous_response_id=held)[-1]["error"]["code"],
                "previous_response_not_found",
            )
        equal(server.get(f"/v1/responses/{held}", "sk-good-key").status, 200)
        equal(server.delete(f"/v1/responses/{held}", "sk-good-key").status, 200)
        equal(server.get(f"/v1/responses/{held}", "sk-good-key").status, 404)
        # What was deleted is found by no reference.
        answer = server.post(
            {"model": "m", "input": [{"type": "item_reference", "id": item}]}, key="sk-good-key"
        )
        holds(b"Hello" not in answer.body, "a deleted item")


@case("T31")
def a_store_that_fails_is_not_a_missing_response():
    """with a store that stands still: loading is 503 in time, and an answer is delivered"""
    if not shutil.which("redis-server"):
        raise Skipped("redis-server is missing")
    with tempfile.TemporaryDirectory() as at, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        redis = subprocess.Popen(
            ["redis-server", "--port", str(port), "--save", "", "--dir", at, "--bind", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
        )
        try:
            until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10)
            with Server(None, "--store", f"redis://127.0.0.1:{port}") as server:
                held = server.post(HELLO).json()["id"]
                redis.send_signal(signal.SIGSTOP)
                begun = time.monotonic()
                server.get(f"/v1/responses/{held}", "test").error(503)
                server.post({**HELLO, "previous_response_id": held}).error(503)
                answer = server.post(HELLO)
                equal((answer.status, answer.json()["status"]), (200, "completed"))
                holds(time.monotonic() - begun < 30, "in time")
                redis.send_signal(signal.SIGCONT)
                holds(
                    until(lambda: server.get(f"/v1/responses/{held}", "test").status == 200, 10),
                    "it comes back",
                )
        finally:
            os.kill(redis.pid, signal.SIGCONT)
            redis.kill()
            redis.wait()


@case("T32")
def what_is_stored_is_bounded():
    """the memory store keeps no more than its bounds, of all and of each tenant"""
    config = "[store.memory]\nresponses = 30\ntenant_responses = 10\n"
    with Server('[server]\nlisten = "127.0.0.1:0"\n' + config) as server:
        first = server.post(HELLO, key="other").json()["id"]
        made = [server.post(HELLO, key="a").json()["id"] for _ in range(40)]
        kept = [server.get(f"/v1/responses/{one}", "a").status for one in made]
        equal(kept, [404] * 30 + [200] * 10)
        equal(server.get(f"/v1/responses/{first}", "other").status, 200, "the response of another tenant")


@case("T33")
def nothing_is_fetched():
    """URLs of images, files, schemas, tool servers and searches are not connected to"""
    with socket.socket() as trap, Server() as server:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.settimeout(1)
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/x"
        content = [
            {"type": "input_image", "image_url": url},
            {"type": "input_file", "file_url": url},
            {"type": "input_text", "text": url},
        ]
        tools = [
            {"type": "function", "name": "f", "parameters": {"$ref": url, "$schema": url}},
            {"type": "mcp", "server_label": "s", "server_url": url},
            {"type": "web_search", "url": url},
        ]
        for body in (
            {"input": [{"role": "user", "content": content}]},
            {"input": "x", "tools": tools},
            {"input": "x", "text": {"format": {"type": "json_schema", "name": "a", "schema": {"$ref": url}}}},
            {"input": "x", "tools": tools[:1], "tool_choice": "required"},
        ):
            server.post({"model": "m", **body})
        try:
            trap.accept()
        except TimeoutError:
            return
        raise AssertionError("a connection to a URL of a client")


@case("T30")
def queries_are_checked():
    """odd queries of stored responses are 400 or have no effect, and never 500"""
    with Server() as server:
        held = server.post(HELLO).json()["id"]
        for query in (
            "limit=0",
            "limit=-1",
            "limit=999999999999999999999",
            "limit=x",
            "order=up",
            "after=" + "x" * 5_000,
            "after=%00",
            "starting_after=-1",
            "starting_after=x",
            "stream=maybe",
            "stream=true&starting_after=99999999999999999999",
            "include[]=x",
            "include=" + "y" * 5_000,
            "&&&",
            "%",
            "limit=1&limit=2",
        ):
            for path in (f"/v1/responses/{held}", f"/v1/responses/{held}/input_items"):
                status = server.get(f"{path}?{query}", "test").status
                holds(status in (200, 400), f"{status} for {path[-12:]}?{query[:40]}")


@case("T14")
def bodies_that_are_never_sent_over_http2_end():
    """100 requests of one HTTP/2 connection whose bodies never come are 408, and others go on"""
    from c_http import module

    module("h2")
    from http2 import Client

    config = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nbody_timeout = "2s"\n'
    with Server(config) as server, Client(server) as client:
        streams = [client.begin({"content-length": "100000"}) for _ in range(100)]
        client.flush()
        equal(server.post(HELLO).status, 200)
        holds(client.until(lambda: len(client.statuses) == 100, 10), f"{len(client.statuses)} are answered")
        equal({client.statuses[one] for one in streams}, {408})


@case("T36")
def turns_in_parallel_sockets_stay_apart():
    """50 WebSockets at once: each turn has its own text"""
    faults = []

    def one(server, at):
        try:
            with server.web_socket(f"tenant-{at % 7}") as sock:
                for turn in range(5):
                    text = f"socket {at} turn {turn}"
                    sock.frame(f'{{"type":"response.create","model":"m","input":"{text}"}}'.encode())
                    found = sock.rest()
                    if found[-1]["response"]["output"][0]["content"][0]["text"] != f"Echo: {text}":
                        faults.append(found[-1])
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)

    with Server() as server:
        threads = [threading.Thread(target=one, args=(server, at)) for at in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    equal(faults, [])
