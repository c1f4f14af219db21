"""HTTP as clients know it: section C, with real clients on reused connections."""

import http.client
import importlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import server as program
from rows import Skipped, case, equal, holds
from server import MIB, Reader, Server, digest, read_answer, request, until

HELLO = {"model": "m", "input": "Hello"}
JSON = {"content-type": "application/json"}
KEY = {"authorization": "Bearer test"}

# What is refused before its body is read, and the status: path, headers, body.
REFUSED = [
    (401, "/v1/responses", JSON, b"{}"),
    (401, "/v1/responses", {**JSON, "authorization": "Bearer bad"}, b" " * 1_000),
    (415, "/v1/responses", {**KEY, "content-type": "text/plain"}, b"x" * 40_000),
    (415, "/v1/responses", {**KEY, **JSON, "content-encoding": "gzip"}, b"x" * 100),
    (404, "/v1/nothing", {**KEY, **JSON}, b"x" * 60_000),
    (405, "/v1/models", {**KEY, **JSON}, b"x" * 2_000),
    (400, "/v1/responses", {**KEY, **JSON}, b"{"),
    (404, "/v1/responses/resp_none/cancel", {**KEY, **JSON}, b"{}"),
]


def module(name):
    try:
        return importlib.import_module(name)
    except ImportError as missing:
        raise Skipped(f"{name} is not installed") from missing


@case("C2")
def http_client_goes_on_after_refusals():
    """http.client reuses a connection after each refusal of a body that was not read"""
    with Server() as server:
        for status, path, headers, body in REFUSED:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            for _ in range(20):
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                equal(answer.status, status, answer.read())
                answer.read()
                connection.request("POST", "/v1/responses", json.dumps(HELLO), {**KEY, **JSON})
                answer = connection.getresponse()
                equal((answer.status, json.loads(answer.read())["status"]), (200, "completed"))
            connection.close()


@case("C2")
def large_refused_bodies_close_the_connection_with_a_word():
    """a refusal of a body too large to drain is read by its client, and says connection: close"""
    with Server() as server:
        for size in (200_000, 5 * MIB, 40 * MIB):
            for headers in (JSON, {**JSON, **KEY, "content-type": "text/plain"}):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
                try:
                    connection.request("POST", "/v1/responses", b"x" * size, headers)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                answer = connection.getresponse()
                holds(answer.status in (401, 413, 415), answer.status)
                equal(answer.getheader("connection"), "close", f"{size} bytes, {answer.status}")
                json.loads(answer.read())
                connection.close()


@case("C2")
def requests_goes_on_after_refusals():
    """requests with a session: refusals, then good requests, with bodies of known and unknown length"""
    requests = module("requests")
    with Server() as server, requests.Session() as session:
        base = f"http://127.0.0.1:{server.port}"
        for status, path, headers, body in REFUSED * 3:
            for data in (body, iter([body])):
                answer = session.post(base + path, data=data, headers=headers, timeout=20)
                equal(answer.status_code, status, answer.text[:200])
                answer = session.post(f"{base}/v1/responses", json=HELLO, headers=KEY, timeout=20)
                equal(answer.status_code, 200)
        answer = session.post(
            f"{base}/v1/responses", json={**HELLO, "stream": True}, headers=KEY, stream=True
        )
        holds(b"response.completed" in b"".join(answer.iter_content(7)), "a stream")


@case("C2")
def httpx_goes_on_after_refusals():
    """httpx over HTTP/1.1 and HTTP/2: refusals, then good requests on the same connection"""
    httpx = module("httpx")
    module("h2")
    with Server() as server:
        for settings in ({}, {"http1": False, "http2": True}):
            with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=20, **settings) as client:
                for status, path, headers, body in REFUSED * 3:
                    answer = client.post(path, content=body, headers=headers)
                    equal(answer.status_code, status, answer.text[:200])
                    answer = client.post("/v1/responses", json=HELLO, headers=KEY)
                    equal(answer.status_code, 200)
                with client.stream(
                    "POST", "/v1/responses", json={**HELLO, "stream": True}, headers=KEY
                ) as answer:
                    holds(b"response.completed" in b"".join(answer.iter_bytes()), "a stream")
                version = answer.http_version
            equal(version, "HTTP/2" if settings else "HTTP/1.1")


UNDICI = """
import { Pool } from 'undici';
const [base, refused] = JSON.parse(process.argv[2]);
const pool = new Pool(base, { connections: 2, pipelining: 1 });
const hello = { method: 'POST', path: '/v1/responses', body: JSON.stringify({ model: 'm', input: 'Hello' }),
    headers: { 'content-type': 'application/json', authorization: 'Bearer test' } };
let made = 0;
pool.on('connect', () => made++);
for (let round = 0; round < 5; round++) for (const [status, path, headers, body] of refused) {
    const answer = await pool.request({ method: 'POST', path, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== status) throw new Error(`${answer.statusCode} for ${status}: ${text}`);
    const next = await pool.request(hello);
    await next.body.text();
    if (next.statusCode !== 200) throw new Error(String(next.statusCode));
}
const big = await pool.request({ method: 'POST', path: '/v1/responses', headers: { 'content-type': 'application/json' },
    body: 'x'.repeat(300000) }).catch(error => error);
const after = await pool.request(hello);
await after.body.text();
await pool.close();
console.log(JSON.stringify([big.statusCode ?? String(big), after.statusCode, made]));
"""


@case("C2")
def undici_goes_on_after_refusals():
    """undici: refusals, then good requests on the same connections"""
    modules = os.environ.get("NODE_PATH", "")
    folder = next((at for at in modules.split(":") if os.path.isdir(os.path.join(at, "undici"))), None)
    if not shutil.which("node") or folder is None:
        raise Skipped("undici is not in a folder of NODE_PATH")
    with Server() as server, tempfile.TemporaryDirectory() as at:
        os.symlink(folder, os.path.join(at, "node_modules"))
        with open(os.path.join(at, "run.mjs"), "w", encoding="utf-8") as script:
            script.write(UNDICI)
        refused = [(status, path, headers, body.decode()) for status, path, headers, body in REFUSED]
        argument = json.dumps([f"http://127.0.0.1:{server.port}", refused])
        ran = subprocess.run(["node", f"{at}/run.mjs", argument], capture_output=True, text=True, check=False)
        equal(ran.returncode, 0, ran.stderr[-600:])
        big, after, made = json.loads(ran.stdout)
        equal((big, after), (401, 200))
        holds(made <= 4, f"{made} connections")


@case("C2")
def curl_reuses_a_connection():
    """curl: a refusal and a good request on one connection; and the same over HTTP/2"""
    if not shutil.which("curl"):
        raise Skipped("curl is missing")
    with Server() as server, tempfile.TemporaryDirectory() as at:

        def curl(version, *requests):
            command = ["curl"]
            for headers in requests:
                command += [
                    version,
                    "-s",
                    "-o",
                    os.path.join(at, "out"),
                    "-w",
                    "%{http_code} %{num_connects}\n",
                ]
                command += ["-H", "content-type: application/json", *headers, "-d", json.dumps(HELLO)]
                command += [f"http://127.0.0.1:{server.port}/v1/responses", "--next"]
            ran = subprocess.run(command[:-1], capture_output=True, text=True, check=True)
            return ran.stdout.split("\n")[:-1]

        good = ["-H", "authorization: Bearer test"]
        equal(curl("--http1.1", [], good), ["401 1", "200 0"])
        # This curl cannot use a connection twice with prior knowledge, whatever the server.
        equal(curl("--http2-prior-knowledge", []), ["401 1"])
        equal(curl("--http2-prior-knowledge", good), ["200 1"])


@case("C2")
def expectations_are_answered_before_the_body():
    """expect: 100-continue: a refusal instead of 100, and 100 for a good request"""
    with Server() as server:
        data = json.dumps(HELLO).encode()
        for key, expected in (("bad", 401), ("test", 100)):
            with server.connect() as sock:
                head = request("POST", "/v1/responses", key, data, {"expect": "100-continue"})
                sock.sendall(head[: -len(data)])
                reader = Reader(sock)
                status, _ = reader.head()
                equal(status, expected)
                if expected == 100:
                    sock.sendall(data)
                    equal(reader.answer().status, 200)


@case("C4")
def head_is_get_without_body():
    """HEAD of all that GET serves has its status and headers and no body, on HTTP/1.1 and HTTP/2"""
    with Server() as server:
        made = server.post(HELLO).json()["id"]
        paths = [
            "/v1/models",
            "/healthz",
            f"/v1/responses/{made}",
            f"/v1/responses/{made}/input_items",
            "/v1/responses/resp_none",
            "/nothing",
            "/",
            "/metrics",
            "/probe",
        ]
        for path in paths:
            get = server.get(path, "test")
            with server.connect() as sock:
                sock.sendall(request("HEAD", path, "test", None))
                reader = Reader(sock)
                head = reader.answer("HEAD")
                equal(head.status, get.status, path)
                for name in ("content-type", "cache-control"):
                    equal(head.headers.get(name), get.headers.get(name), path)
                # What is sent after it is the next answer and not a body.
                sock.sendall(request("GET", "/healthz", None, None))
                equal(reader.answer("GET").status, 200, path)
        # A HEAD of what GET does not serve.
        with server.connect() as sock:
            sock.sendall(request("HEAD", "/v1/responses", "test", None))
            equal(read_answer(sock, "HEAD").status, 405)
        httpx = module("httpx")
        module("h2")
        with httpx.Client(http1=False, http2=True, base_url=f"http://127.0.0.1:{server.port}") as client:
            for path in paths:
                head = client.head(path, headers=KEY)
                equal(head.content, b"", path)
                equal(head.status_code, client.get(path, headers=KEY).status_code, path)


@case("C5")
def a_subprotocol_is_selected_where_the_host_names_it():
    """a WebSocket selects the host's subprotocol and never echoes a key that hides among them"""
    config = '[server]\nlisten = "127.0.0.1:0"\n[websocket]\nsubprotocols = ["responses"]\n'
    with Server(config) as server:
        for offered, selected in (
            ("responses", "responses"),
            ("x, responses", "responses"),
            ("openai-insecure-api-key.sk-1, x", None),
            ("Responses", None),
        ):
            with server.web_socket(headers={"sec-websocket-protocol": offered}) as sock:
                equal(sock.answer.headers.get("sec-websocket-protocol"), selected, offered)
                holds("sk-1" not in str(sock.answer.headers), "a key is echoed")
                equal(sock.turn(**HELLO)[-1]["type"], "response.completed")


@case("C7")
def faults_of_clients_are_no_errors_of_the_log():
    """a 401, a 400, a 413 and an aborted upload are no ERROR and no WARN"""
    with Server(log="info") as server:
        server.post(HELLO, key=None)
        server.post(b"{", key="test")
        server.post({"model": 1})
        server.post(b"x", headers={"content-length": str(100 * MIB)})
        with server.connect() as sock:
            sock.sendall(request("POST", "/v1/responses", "test", b"x" * 10, {"content-length": "1000"}))
        with server.stream({"model": "slow", "input": "x"}) as sock:
            sock.recv(10)
        with server.web_socket() as sock:
            sock.frame(b"no JSON")
            sock.event()
            sock.frame(b"\xff")
        holds(until(lambda: server.active() == 0, 10), "a stream goes on")
        time.sleep(0.3)
        for line in server.log().splitlines():
            plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
            holds(" ERROR " not in plain and " WARN " not in plain, line)


@case("C8")
def parameters_of_the_content_type_have_no_effect():
    """each spelling of application/json is accepted, and what is not JSON is 415"""
    with Server() as server:
        for kind in (
            "application/json",
            "application/json; charset=utf8",
            "application/json;charset=UTF-8",
            "Application/JSON",
            'application/json; charset="utf-8"',
            "application/json ; a=b",
            "application/json; charset=latin1",
            "application/json;",
            "application/json; profile=x; q=1",
        ):
            equal(server.post(HELLO, headers={"content-type": kind}).status, 200, kind)
        for kind in (
            "text/plain",
            "application/jsonx",
            "application/x-www-form-urlencoded",
            "json",
            "multipart/form-data; boundary=application/json",
            "",
            None,
            "text/plain, application/json",
        ):
            server.post(HELLO, headers={"content-type": kind}).error(415)


@case("C10")
def a_wrong_key_decides():
    """a wrong key beside a token, or two keys, are refused, with and without configured keys"""
    both = [
        {"authorization": "Bearer aaa.bbb.ccc", "x-api-key": "bad"},
        {"authorization": "Bearer bad", "x-api-key": "good"},
        {"authorization": "Bearer good", "x-api-key": "bad"},
        {"authorization": "Bearer good", "x-api-key": "other"},
        {"authorization": "Basic Z29vZDo="},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": "good"},
        {"authorization": "Bearer good good"},
        {"x-api-key": ""},
    ]
    keys = f'[[keys]]\ntenant = "a"\nsha256 = "{digest("good")}"\n'
    with Server() as open_server, Server(keys) as server:
        for headers in both:
            for one in (open_server, server):
                one.post(HELLO, key=None, headers=headers).error(401)
        equal(server.post(HELLO, key="good").status, 200)
        equal(server.post(HELLO, key=None, headers={"x-api-key": "good"}).status, 200)
        twice = request("POST", "/v1/responses", "good", HELLO).replace(
            b"authorization: Bearer good\r\n",
            b"authorization: Bearer good\r\nauthorization: Bearer other\r\n",
        )
        equal(server.send(twice).status, 401)


@case("C11")
def the_command_and_the_server_name_the_same_place():
    """documents that are no objects: the command and the server give one code and one param"""
    if program.COMMAND is None:
        raise Skipped("the command is not given")
    with Server() as server:
        for body in (
            "[]",
            '"x"',
            "1",
            "null",
            "true",
            "",
            " ",
            "{",
            '{"model":1}',
            '{"input":[{}]}',
            '{"input":"x","input":"y"}',
            '{"model":"m","input":[{"type":"message","role":"user","content":[{}]}]}',
        ):
            error = server.post(body.encode()).error(400)
            ran = subprocess.run(
                [program.COMMAND, "check", "--kind", "create_request", "--format", "json", "-"],
                input=body,
                capture_output=True,
                text=True,
                check=False,
            )
            equal(ran.returncode, 1, ran.stderr)
            first = json.loads(ran.stdout)["violations"][0]
            equal((first["code"], first["param"]), (error["code"], error["param"]), body)


@case("C12")
def answers_are_not_cached():
    """every answer with content or about a key has cache-control: no-store and vary"""
    with Server() as server:
        made = server.post(HELLO).json()["id"]
        answers = {
            "json": server.post(HELLO),
            "stream": server.post({**HELLO, "stream": True}),
            "stored": server.get(f"/v1/responses/{made}", "test"),
            "items": server.get(f"/v1/responses/{made}/input_items", "test"),
            "models": server.get("/v1/models", "test"),
            "401": server.post(HELLO, key=None),
            "404": server.get("/v1/responses/resp_none", "test"),
            "400": server.post(b"{"),
            "compact": server.post(HELLO, path="/v1/responses/compact"),
            "deleted": server.delete(f"/v1/responses/{made}"),
        }
        for name, answer in answers.items():
            holds("no-store" in answer.headers.get("cache-control", ""), name)
            vary = answer.headers.get("vary", "").lower()
            holds("authorization" in vary and "x-api-key" in vary, f"{name}: vary: {vary}")


@case("C1")
def bodies_that_take_too_long_or_are_too_large():
    """a body over the limit is 413 and one that stands still 408, both with the envelope"""
    config = '[server]\nlisten = "127.0.0.1:0"\n[limits]\nbody = "100KiB"\nbody_timeout = "1s"\n'
    with Server(config) as server:
        server.post(b" " * 200_000).error(413)
        chunked = request(
            "POST", "/v1/responses", "test", b"", {"content-length": None, "transfer-encoding": "chunked"}
        )
        server.send(chunked + b"20000\r\n" + b" " * 0x20000 + b"\r\n").error(413)
        with server.connect() as sock:
            sock.sendall(request("POST", "/v1/responses", "test", b" ", {"content-length": "100"}))
            begun = time.monotonic()
            answer = read_answer(sock)
            answer.error(408)
            equal(answer.headers.get("connection"), "close")
            holds(0.5 < time.monotonic() - begun < 5, "at its time")
