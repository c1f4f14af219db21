"""The same text behind our server as from the upstream itself, whole and streamed.

Usage: same_text.py KIND UPSTREAM OURS MODEL PROMPT..., both addresses with their /v1 or the like.
"""

import sys

from dialects import ALL, text
from http_json import document, events

TOKENS = 24


def streamed(base, body):
    deltas, last = "", None
    for event in events(f"{base}/responses", body | {"stream": True}):
        if event["type"] == "response.output_text.delta":
            deltas += event["delta"]
        last = event
    return deltas, last


kind, upstream, ours, model, *prompts = sys.argv[1:]
assert prompts
for prompt in prompts:
    expected = ALL[kind](upstream, model, prompt, TOKENS)
    assert expected, f"{kind}: the upstream has nothing to say"
    body = {"model": model, "input": prompt, "temperature": 0, "max_output_tokens": TOKENS}
    whole = document(f"{ours}/responses", body)
    assert text(whole) == expected, f"{kind}: {text(whole)!r} instead of {expected!r}"
    deltas, last = streamed(ours, body)
    assert deltas == expected, f"{kind}, streamed: {deltas!r} instead of {expected!r}"
    assert last["type"] in ("response.completed", "response.incomplete"), last
    assert last["type"].endswith(whole["status"]), (last["type"], whole["status"])
    assert text(last["response"]) == expected
    usage = whole["usage"]
    assert usage["input_tokens"] + usage["output_tokens"] == usage["total_tokens"], usage
    print(f"{kind}: {prompt!r}: {len(expected)} characters alike, whole and streamed")
