"""A client that leaves takes the upstream's request with it. Usage: cancel.py KIND MOCK OURS TRIES"""

import json
import socket
import sys
import time
import urllib.parse
import urllib.request

LIMIT = 0.1
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


def begin(ours):
    """Asks, and returns the socket when the first text has come."""
    body = json.dumps({"model": "m", "input": "endless", "stream": True})
    address = urllib.parse.urlsplit(ours)
    client = socket.create_connection((address.hostname, address.port))
    head = [
        "POST /v1/responses HTTP/1.1",
        f"host: {address.netloc}",
        "authorization: Bearer real",
        "content-type: application/json",
        f"content-length: {len(body)}",
    ]
    client.sendall(("\r\n".join(head) + "\r\n\r\n" + body).encode())
    client.settimeout(GIVE_UP)
    received = b""
    while b"response.output_text.delta" not in received:
        piece = client.recv(65536)
        received += piece
        assert piece and received.startswith(b"HTTP/1.1 200 "), received
    return client


kind, mock, ours, tries = sys.argv[1:]
times = []
for number in range(int(tries)):
    client = begin(ours)
    assert counts(mock)["open"] == 1, counts(mock)
    client.close()
    took = until(lambda found: found["open"] == 0, mock)
    assert took is not None, f"{kind}: the request {number} is open after {GIVE_UP} s"
    times.append(took)
late = sum(took > LIMIT for took in times)
print(f"{kind}: gone {len(times)} of {len(times)}, at most {max(times) * 1000:.1f} ms, {late} after {LIMIT * 1000:.0f} ms")
sys.exit(late > 0)
