"""A model server that does what the name of the model says, in the Responses dialect and in that of Chat
Completions."""

import http.server
import json
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name, _, argument = body["model"].partition("-")
        self.server.asked.append((body["model"], dict(self.headers.items()), body))
        try:
            getattr(self, "of_" + name, self.of_none)(argument, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    # Answers.

    def head(self, kind, headers=(), status=200):
        self.send_response_only(status)
        for name, value in (("content-type", kind), *headers):
            self.send_header(name, value)

    def document(self, value, headers=(), status=200):
        data = json.dumps(value).encode()
        self.head("application/json", (*headers, ("content-length", str(len(data)))), status)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, frames, headers=(), end=True):
        self.head("text/event-stream", (*headers, ("transfer-encoding", "chunked")))
        self.end_headers()
        for frame in frames:
            self.chunk(frame if isinstance(frame, bytes) else encode(frame))
        if end:
            self.chunk(b"")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def text(self, body, text, headers=()):
        if "messages" in body:
            message = {"role": "assistant", "content": text}
            if body.get("stream"):
                pieces = [
                    {"choices": [{"index": 0, "delta": message}]},
                    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
                ]
                self.stream([*pieces, b"data: [DONE]\n\n"], headers)
            else:
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                self.document({"id": "c", "object": "chat.completion", "choices": [choice]}, headers)
        elif body.get("stream"):
            self.stream(responses(text), headers)
        else:
            self.document(responses(text)[-1]["response"], headers)

    # Models.

    def of_good(self, _, body):
        self.text(body, "good")

    def of_none(self, _, body):
        self.document(
            {"error": {"message": "no such model", "type": "x", "param": None, "code": "model_not_found"}},
            status=404,
        )

    def of_delay(self, milliseconds, body):
        time.sleep(int(milliseconds) / 1000)
        self.text(body, "late")

    def of_headers(self, _, body):
        self.text(
            body,
            "headers",
            (
                ("connection", "close, x-hop"),
                ("x-hop", "1"),
                ("keep-alive", "timeout=1"),
                ("proxy-authenticate", "x"),
                ("proxy-connection", "x"),
                ("upgrade", "h2c"),
                ("te", "trailers"),
                ("trailer", "x-t"),
                ("etag", '"a"'),
                ("content-md5", "x"),
                ("content-range", "bytes 0-1/2"),
                ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
                ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
                ("set-cookie", "a=b"),
                ("content-language", "x"),
                ("x-kept", "1"),
                ("accept-ranges", "bytes"),
                ("server", "secret/1.0"),
                ("alt-svc", "h3"),
                ("strict-transport-security", "max-age=9"),
                ("content-disposition", "attachment"),
                ("digest", "x"),
            ),
        )

    def of_empty(self, _, body):
        """Begins with an empty delta, as Chat streams do, and breaks off."""
        self.stream([{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}], end=False)
        self.close_connection = True

    def of_silent(self, _, body):
        """Never answers."""
        self.server.ended.wait(60)

    def of_begins(self, _, body):
        """Falls silent in the middle."""
        frames = responses("some text")
        self.stream(
            frames[:4]
            if "messages" not in body
            else [{"choices": [{"index": 0, "delta": {"content": "some"}}]}],
            end=False,
        )
        self.server.ended.wait(60)

    def of_blank(self, _, body):
        """Ends without the blank line behind the last frame."""
        *frames, last = [encode(one) for one in responses("whole")]
        self.stream([*frames, last.rstrip(b"\n") + b"\n"])

    def of_huge(self, mebibytes, body):
        frames = responses("x")
        delta = {**frames[3], "delta": "y" * (1 << 16)}
        many = [delta] * (16 * int(mebibytes))
        self.stream([*frames[:3], *many, *frames[4:]] if body.get("stream") else frames, end=True)

    def of_members(self, count, body):
        frames = responses("x")
        frames[-1]["response"] |= {f"unknown_{at}": at for at in range(int(count))}
        self.stream(frames)

    def of_call(self, kind, body):
        """Events of calls whose place cannot be read."""
        opening, *_, closing = responses("x")
        calls = {
            "missing": [{"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": "{}"}],
            "string": [
                {
                    "type": "response.function_call_arguments.delta",
                    "item_id": "fc_1",
                    "output_index": "0",
                    "delta": "{}",
                }
            ],
            "huge": [
                {
                    "type": "response.function_call_arguments.done",
                    "item_id": "fc_1",
                    "output_index": 1 << 70,
                    "arguments": "{}",
                }
            ],
            "item": [{"type": "response.output_item.done", "output_index": 0, "item": CALL}],
            "added": [{"type": "response.output_item.added", "output_index": 0, "item": CALL}],
            "approval": [
                {
                    "type": "response.output_item.done",
                    "output_index": 0,
                    "item": {
                        "type": "mcp_approval_request",
                        "id": "mcpr_1",
                        "name": "f",
                        "arguments": "{}",
                        "server_label": "s",
                    },
                }
            ],
            "custom": [
                {
                    "type": "response.custom_tool_call_input.delta",
                    "item_id": "ctc_1",
                    "output_index": "x",
                    "delta": "y",
                }
            ],
            "forged": [
                {
                    "type": "response.output_item.done",
                    "output_index": 0,
                    "item": {**CALL, "name": "a\n2026 ERROR \x1b[31mforged\u202e"},
                }
            ],
        }[kind]
        closing["response"]["output"] = [CALL]
        self.stream([opening, *calls, closing])


CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "f",
    "arguments": "{}",
    "status": "completed",
}


def encode(value):
    name = f"event: {value['type']}\n" if "type" in value else ""
    return f"{name}data: {json.dumps(value)}\n\n".encode()


def responses(text):
    """The events of a response with one text."""
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    done = {**message, "status": "completed", "content": [part]}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    response = {
        "id": "resp_up",
        "object": "response",
        "created_at": 1,
        "status": "in_progress",
        "model": "m",
        "output": [],
    }
    made = [
        {"type": "response.created", "response": response},
        {"type": "response.output_item.added", "output_index": 0, "item": message},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        {"type": "response.output_text.delta", **place, "delta": text, "logprobs": []},
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {
            "type": "response.completed",
            "response": {
                **response,
                "status": "completed",
                "completed_at": 2,
                "output": [done],
                "usage": {
                    "input_tokens": 1,
                    "output_tokens": 1,
                    "total_tokens": 2,
                    "input_tokens_details": {"cached_tokens": 0},
                    "output_tokens_details": {"reasoning_tokens": 0},
                },
            },
        },
    ]
    return [{**one, "sequence_number": at} for at, one in enumerate(made)]


class Quiet(http.server.ThreadingHTTPServer):
    """Clients may go at any time."""

    daemon_threads = True

    def handle_error(self, *_):
        pass


class Upstream:
    """Answers at `port` during a `with`. `asked` has what it was asked."""

    def __enter__(self):
        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.asked, self.server.ended = [], threading.Event()
        self.asked, self.port = self.server.asked, self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def config(self, rest="", provider="", name="up", kind="openresponses"):
        """A file whose provider `up` is this server, and whose models are `up/...`."""
        return (
            f'[server]\nlisten = "127.0.0.1:0"\n{rest}\n[providers.{name}]\nkind = "{kind}"\n'
            f'base_url = "http://127.0.0.1:{self.port}/v1"\n{provider}\n'
        )
