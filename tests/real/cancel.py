"""A client that leaves takes the upstream's request with it. Usage: cancel.py KIND MOCK OURS TRIES

Each try is made at the mock itself, too: what it takes to notice there is not ours.
"""

import json
import socket
import sys
import time
import urllib.parse
import urllib.request

LIMIT = 0.1
PATHS = {
    "chat": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": "/v1/models/m:streamGenerateContent?alt=sse",
    "openresponses": "/v1/responses",
}
GIVE_UP = 10


def counts(mock):
    with urllib.request.urlopen(f"{mock}/open") as answer:
        return json.load(answer)


def until(holds, mock):
    """Waits until the counts are so; the seconds that it took, nothing if it never came."""
    start = time.monotonic()
    while time.monotonic() - start < GIVE_UP:
        if holds(counts(mock)):
            return time.monotonic() - start
        time.sleep(0.001)
    return None


def begin(url, kind, first):
    """Asks, and returns the socket when the first text has come."""
    prompt = {"model": "m", "input": "endless", "stream": True}
    body = json.dumps(prompt)
    address = urllib.parse.urlsplit(url)
    client = socket.create_connection((address.hostname, address.port))
    head = [
        f"POST {PATHS[kind]} HTTP/1.1",
        f"host: {address.netloc}",
        "authorization: Bearer real",
        "content-type: application/json",
        f"content-length: {len(body)}",
    ]
    client.sendall(("\r\n".join(head) + "\r\n\r\n" + body).encode())
    client.settimeout(GIVE_UP)
    received = b""
    while first not in received:
        piece = client.recv(65536)
        received += piece
        assert piece and received.startswith(b"HTTP/1.1 200 "), received
    return client


def leave(url, kind, first):
    """The seconds from a client's leaving to the end of the mock's request."""
    client = begin(url, kind, first)
    assert counts(mock)["open"] == 1, counts(mock)
    client.close()
    took = until(lambda found: found["open"] == 0, mock)
    assert took is not None, f"{kind}: the request is open after {GIVE_UP} s"
    return took


kind, mock, ours, tries = sys.argv[1:]
times, direct = [], []
for number in range(int(tries)):
    times.append(leave(ours, "openresponses", b"response.output_text.delta"))
    direct.append(leave(mock, kind, b'"x"'))
limit = LIMIT + max(direct)
late = sum(took > limit for took in times)
print(
    f"{kind}: gone {len(times)} of {len(times)}, at most {max(times) * 1000:.1f} ms,"
    f" directly {max(direct) * 1000:.1f} ms, {late} after {limit * 1000:.0f} ms"
)
sys.exit(late > 0)
