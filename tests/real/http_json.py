"""Requests of JSON, and event streams as JSON."""

import json
import sys
import urllib.error
import urllib.request

TIMEOUT = 600


def post(url, body, headers=()):
    data = json.dumps(body).encode()
    headers = {"content-type": "application/json", "authorization": "Bearer real", **dict(headers)}
    request = urllib.request.Request(url, data, headers)
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        sys.exit(f"{url}: {error.code}: {error.read().decode()}")


def document(url, body, headers=()):
    with post(url, body, headers) as answer:
        return json.load(answer)


def events(url, body, headers=()):
    with post(url, body, headers) as answer:
        for line in answer:
            if line.startswith(b"data: ") and line != b"data: [DONE]\n":
                yield json.loads(line[6:])
