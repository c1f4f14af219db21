"""The official openai package for Python against a server with any model. Usage: model.py ADDRESS"""

import sys

from checks import run
from openai import OpenAI

client = OpenAI(base_url=f"{sys.argv[1]}/v1", api_key="python", max_retries=0)
REQUEST = {
    "model": "any",
    "input": "Name three colors.",
    "temperature": 0,
    "max_output_tokens": 24,
}


def create_and_stream():
    whole = client.responses.create(**REQUEST)
    assert whole.output_text
    assert whole.usage.output_tokens > 0
    text = ""
    with client.responses.stream(**REQUEST) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                text += event.delta
        last = stream.get_final_response()
    assert text == whole.output_text == last.output_text, (text, whole.output_text)


def goes_on():
    first = client.responses.create(**REQUEST)
    second = client.responses.create(
        **REQUEST | {"input": "And one more?", "previous_response_id": first.id}
    )
    assert second.previous_response_id == first.id
    assert second.output_text
    assert second.usage.input_tokens > first.usage.input_tokens


run(create_and_stream, goes_on)
