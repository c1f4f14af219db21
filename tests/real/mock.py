"""A model server whose answers are scripted. Prints its address.

A prompt with "endless" is answered by a stream that does not end, in each of four dialects; GET /open
tells how many of those are open. Any other conversation with Chat Completions is answered by a call of
the first of CALLS that it offers, then by a text with the output of that call. GET /asked returns the
bodies of such requests since it was asked last.
"""

import json
import select
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CALLS = {
    "apply_patch": {"input": "*** Begin Patch\n*** Add File: made.txt\n+by a patch\n*** End Patch\n"},
    "exec_command": {"cmd": "echo by a command"},
    "shell": {"command": ["echo", "by a command"]},
}

ENDLESS = {
    "/chat/completions": [
        '{"choices":[{"index":0,"delta":{"role":"assistant","content":"x"}}]}',
    ],
    "/messages": [
        '{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}',
        '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}',
    ],
    "/responses": [
        '{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","model":"m","output":[]}}',
        '{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]}}',
        '{"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}',
        '{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"x"}',
    ],
    ":streamGenerateContent": [
        '{"candidates":[{"content":{"role":"model","parts":[{"text":"x"}]}}]}',
    ],
}

lock = threading.Lock()
counts = {"open": 0, "seen": 0}
asked = []


def answer(body):
    """The message that answers a conversation."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return {"content": f"The tool put out: {last['content']}"}
    offered = [tool["function"]["name"] for tool in body.get("tools", [])]
    for name, arguments in CALLS.items():
        if name in offered:
            function = {"name": name, "arguments": json.dumps(arguments)}
            call = {"index": 0, "id": "call_1", "type": "function", "function": function}
            return {"content": None, "tool_calls": [call]}
    return {"content": "No tool is offered."}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        with lock:
            found = {"/open": counts, "/asked": asked}.get(self.path, {"object": "list", "data": []})
            body = json.dumps(found).encode()
            if found is asked:
                asked.clear()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers["content-length"])
        text = self.rfile.read(length).decode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        if "endless" in text:
            return self.endless()
        body = json.loads(text)
        with lock:
            asked.append(body)
        message = answer(body)
        reason = "tool_calls" if "tool_calls" in message else "stop"
        self.event(json.dumps({"choices": [{"index": 0, "delta": {"role": "assistant"} | message}]}))
        self.event(json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        self.event(json.dumps({"choices": [], "usage": usage}))
        self.event("[DONE]")

    def endless(self):
        path = self.path.split("?")[0]
        events = next(events for end, events in ENDLESS.items() if path.endswith(end))
        with lock:
            counts["open"] += 1
            counts["seen"] += 1
        try:
            for data in events:
                self.event(data)
            # Readable means closed: the request is over, and no other follows it.
            select.select([self.connection], [], [])
        finally:
            with lock:
                counts["open"] -= 1

    def event(self, data):
        name = ""
        if data.startswith('{"type":'):
            name = f"event: {json.loads(data)['type']}\n"
        self.wfile.write(f"{name}data: {data}\n\n".encode())
        self.wfile.flush()


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(f"listening http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
