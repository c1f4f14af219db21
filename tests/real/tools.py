"""A real model calls a tool: of the client, or of our server, which runs it and asks again.

Usage: tools.py theirs|ours OURS, the base URL of our server in front of the model. The model is small: it
copies the calls of the conversation before.
"""

import json
import sys

from dialects import text
from http_json import document, events

CITIES = {"Rome": 20, "Oslo": 7, "Lima": 18}
TOOL = {
    "type": "function",
    "name": "temperature",
    "description": "Returns the temperature in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


def message(role, content):
    return {"type": "message", "role": role, "content": content}


def called(call_id, city, output):
    arguments = json.dumps({"city": city})
    call = {"type": "function_call", "call_id": call_id, "name": "temperature", "arguments": arguments}
    return [call, {"type": "function_call_output", "call_id": call_id, "output": output}]


def conversation():
    items = []
    for city, degrees in CITIES.items():
        items.append(message("user", f"How warm is it in {city}?"))
        items += called(f"call_{city}", city, f"{degrees} degrees")
        items.append(message("assistant", f"It is {degrees} degrees in {city}."))
    return items + [message("user", "How warm is it in Paris?")]


def only(items, kind):
    found = [item for item in items if item["type"] == kind]
    assert len(found) == 1, (kind, items)
    return found[0]


mode, ours = sys.argv[1:]
body = {"model": "any", "input": conversation(), "temperature": 0, "max_output_tokens": 60}
if mode == "theirs":
    body["tools"] = [TOOL]
    streamed = [event for event in events(f"{ours}/responses", body | {"stream": True})]
    output = streamed[-1]["response"]["output"]
    deltas = [it["delta"] for it in streamed if it["type"] == "response.function_call_arguments.delta"]
    call = only(output, "function_call")
    assert "".join(deltas) == call["arguments"], (deltas, call)
    assert call["name"] == "temperature" and json.loads(call["arguments"]) == {"city": "Paris"}, call
    body["input"] += output
    body["input"].append(
        {"type": "function_call_output", "call_id": call["call_id"], "output": "31 degrees"}
    )
    answer = document(f"{ours}/responses", body)
else:
    answer = document(f"{ours}/responses", body)
    item = only(answer["output"], "sample:temperature")
    assert item["status"] == "completed" and json.loads(item["arguments"]) == {"city": "Paris"}, item
    assert item["output"] == "31 degrees in Paris", item
assert "31" in text(answer), answer["output"]
print(f"{mode}: called temperature for Paris, then said {text(answer)!r}")
