"""The program under test, and clients that do exactly what a case says."""

import base64
import contextlib
import hashlib
import json
import os
import re
import socket
import struct
import subprocess
import tempfile
import threading
import time

from rows import SLACK, equal, holds

BINARY = None
COMMAND = None

MIB = 1 << 20


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


class Server:
    """A server that is killed at the end of a `with`."""

    def __init__(self, config=None, *arguments, env=None, files=None, log="warn"):
        self.folder = tempfile.TemporaryDirectory()
        for name, text in (files or {}).items():
            with open(os.path.join(self.folder.name, name), "w", encoding="utf-8") as file:
                file.write(text)
        command = [BINARY, "--listen", "127.0.0.1:0", *arguments]
        if config is not None:
            path = os.path.join(self.folder.name, "server.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            command += ["--config", path]
        self.log_path = os.path.join(self.folder.name, "log")
        with open(self.log_path, "wb") as errors:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "RUST_LOG": log, **(env or {})},
            )
        self.port = None
        for line in self.process.stdout:
            found = re.search(rb"http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        if self.port is None:
            raise AssertionError(f"the server does not start: {self.log()}")
        self.drain = threading.Thread(target=self.process.stdout.read, daemon=True)
        self.drain.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.drain.join()
        self.process.stdout.close()
        self.folder.cleanup()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace", newline="") as log:
            return log.read()

    def resident(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) << 10

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def processor_time(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self):
        """Samples the resident memory until its end; `.most` has the highest value."""
        return Peak(self)

    def active(self):
        """Returns the provider calls in progress."""
        return self.get("/probe").json()["active"]

    def becomes_idle(self, within):
        return until(lambda: self.active() == 0, within)

    def connect(self, timeout=30.0):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def send(self, data, timeout=30.0):
        """Sends bytes on a new connection and returns the answer."""
        with self.connect(timeout) as sock:
            send_all(sock, data)
            return read_answer(sock)

    def get(self, path, key=None, headers=None, method="GET", timeout=30.0):
        return self.send(request(method, path, key, None, headers), timeout)

    def post(self, body, key="test", path="/v1/responses", headers=None, timeout=60.0):
        return self.send(request("POST", path, key, body, headers), timeout)

    def delete(self, path, key="test"):
        return self.send(request("DELETE", path, key, None))

    @contextlib.contextmanager
    def stream(self, body, key="test", receive_buffer=None):
        """Opens a stream, and yields its socket before anything is read."""
        with self.connect() as sock:
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            sock.sendall(request("POST", "/v1/responses", key, {**body, "stream": True}))
            yield sock

    def events(self, body, key="test", headers=None, timeout=60.0):
        """Returns the status and the events of a stream, without `[DONE]`."""
        answer = self.post({**body, "stream": True}, key, headers=headers, timeout=timeout)
        return answer.status, answer.events()

    def web_socket(self, key="test", headers=None, timeout=30.0):
        return WebSocket(self, key, headers, timeout)


class Peak:
    def __init__(self, server):
        self.server, self.most, self.ended = server, 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.ended:
            self.most = max(self.most, self.server.resident())
            time.sleep(0.01)

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()


def until(condition, within):
    """Polls a condition for so many seconds."""
    end = time.monotonic() + within * SLACK
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def comes_back(server, begun, within):
    """Checks that memory comes back to within 64 MiB of the start."""
    # The allocator returns what was freed some seconds later.
    if not until(lambda: server.resident() <= begun + 64 * MIB, within):
        raise AssertionError(f"{server.resident() // MIB} MiB stay, {begun // MIB} at the start")


def request(method, path, key, body, headers=None):
    """The bytes of a request. Headers that are None are left out."""
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    all_headers = {"host": "localhost"}
    if key is not None:
        all_headers["authorization"] = f"Bearer {key}"
    if body is not None:
        all_headers |= {"content-type": "application/json", "content-length": str(len(data))}
    all_headers |= headers or {}
    lines = [f"{name}: {value}" for name, value in all_headers.items() if value is not None]
    head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""])
    return head.encode("latin-1") + data


def send_all(sock, data):
    """Sends what the server takes: it may answer, and close, before it has read everything."""
    try:
        sock.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


class Answer:
    def __init__(self, status, headers, body, whole=True):
        self.status, self.headers, self.body, self.whole = status, headers, body, whole

    def json(self):
        return json.loads(self.body)

    def error(self, status=None, code=None):
        """Checks that this is an error of the envelope, and returns it."""
        if status is not None:
            equal(self.status, status, self.body[:300])
        error = self.json()["error"]
        equal(sorted(error), ["code", "message", "param", "type"])
        holds(len(self.body) <= 16 << 10, "a long error")
        if code is not None:
            equal(error["code"], code)
        return error

    def events(self):
        return events(self.body)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


def events(data):
    """Returns the events of an event stream as objects."""
    found = []
    for frame in data.decode().split("\n\n"):
        lines = [line[5:].lstrip() for line in frame.split("\n") if line.startswith("data:")]
        if lines and lines != ["[DONE]"]:
            found.append(json.loads("\n".join(lines)))
    return found


class Reader:
    """Reads answers from a socket, one after the other."""

    def __init__(self, sock):
        self.sock, self.data = sock, bytearray()

    def more(self):
        piece = self.sock.recv(1 << 18)
        self.data += piece
        return bool(piece)

    def take(self, count):
        taken = bytes(self.data[:count])
        del self.data[:count]
        return taken

    def line(self):
        while (end := self.data.find(b"\r\n")) < 0:
            if not self.more():
                raise ConnectionError(f"closed in a head: {bytes(self.data[:100])!r}")
        return self.take(end + 2)[:-2].decode("latin-1")

    def exactly(self, count):
        while len(self.data) < count:
            if not self.more():
                raise ConnectionError(f"closed {count - len(self.data)} bytes before the end")
        return self.take(count)

    def head(self):
        status = self.line().split(" ")
        holds(status[0] == "HTTP/1.1", status)
        headers = {}
        while line := self.line():
            name, value = line.split(":", 1)
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return int(status[1]), headers

    def chunk(self):
        data = self.exactly(int(self.line(), 16))
        equal(self.exactly(2), b"\r\n")
        return data

    def answer(self, method="POST"):
        status, headers = self.head()
        while status == 100:
            status, headers = self.head()
        if method == "HEAD" or status in (101, 204, 304):
            return Answer(status, headers, b"")
        if "content-length" in headers:
            return Answer(status, headers, self.exactly(int(headers["content-length"])))
        body = bytearray()
        if headers.get("transfer-encoding") == "chunked":
            try:
                while chunk := self.chunk():
                    body += chunk
            except (ConnectionError, ValueError):
                return Answer(status, headers, bytes(body), whole=False)
            return Answer(status, headers, bytes(body))
        while self.more():
            pass
        return Answer(status, headers, bytes(self.data))


def read_answer(sock, method="POST"):
    return Reader(sock).answer(method)


class WebSocket:
    """A client of WebSockets that can send frames as it likes."""

    def __init__(self, server, key="test", headers=None, timeout=30.0):
        self.sock = server.connect(timeout)
        nonce = base64.b64encode(os.urandom(16)).decode()
        wanted = {
            "connection": "upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": nonce,
            **(headers or {}),
        }
        send_all(self.sock, request("GET", "/v1/responses", key, None, wanted))
        self.reader = Reader(self.sock)
        self.answer = self.reader.answer("GET")

    def __enter__(self):
        equal(self.answer.status, 101, self.answer.body[:300])
        return self

    def __exit__(self, *_):
        self.sock.close()

    def raw(self, data):
        send_all(self.sock, data)

    def frame(self, payload, first=0x81):
        self.raw(frame(payload, first))

    def create(self, **body):
        self.frame(json.dumps({"type": "response.create", **body}).encode())

    def receive(self):
        """Returns the operation code and the payload of the next frame, or None at the end."""
        try:
            first, size = self.reader.exactly(2)
        except (ConnectionError, ConnectionResetError):
            return None
        holds(size < 128, "a masked frame of the server")
        length = size
        if size == 126:
            length = struct.unpack(">H", self.reader.exactly(2))[0]
        elif size == 127:
            length = struct.unpack(">Q", self.reader.exactly(8))[0]
        return first & 0x0F, self.reader.exactly(length)

    def event(self):
        """Returns the next text message as an object."""
        while received := self.receive():
            code, payload = received
            if code == 1:
                return json.loads(payload)
            if code == 8:
                raise ConnectionError(f"closed with {payload!r}")
        raise ConnectionError("closed without a close frame")

    def turn(self, **body):
        """Sends a turn, and returns its events, the terminal one or an error last."""
        self.create(**body)
        return self.rest()

    def rest(self):
        found = []
        while True:
            found.append(self.event())
            if found[-1]["type"] in TERMINAL:
                return found

    def closed_with(self):
        """Reads on and returns the code of the close frame; None if there is none."""
        while received := self.receive():
            code, payload = received
            if code == 8:
                return struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005
        return None


TERMINAL = ("response.completed", "response.failed", "response.incomplete", "error")


def frame(payload, first=0x81):
    length = len(payload)
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 65536:
        size = b"\xfe" + struct.pack(">H", length)
    else:
        size = b"\xff" + struct.pack(">Q", length)
    return bytes([first]) + size + b"\0\0\0\0" + payload


def text_of(events_):
    return "".join(one["delta"] for one in events_ if one["type"] == "response.output_text.delta")


def check_legal(events_):
    """Checks what any client relies on: numbers, and one end."""
    holds(events_, "no events")
    equal(
        [one["sequence_number"] for one in events_ if one["type"] != "error" or "sequence_number" in one],
        list(range(len(events_))),
        "sequence numbers",
    )
    equal(events_[0]["type"], "response.created")
    ends = [one["type"] for one in events_ if one["type"] in TERMINAL[:3]]
    equal(len(ends), 1, "terminal events")
    equal(events_[-1]["type"], ends[0])
    return ends[0]
