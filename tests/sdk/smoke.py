"""The official `openai` package for Python against a running server. Usage: smoke.py ADDRESS"""

import json
import sys

import openai
from checks import WEATHER, refusal, run
from pydantic import BaseModel

BASE_URL = f"{sys.argv[1]}/v1"
CLIENT = openai.OpenAI(base_url=BASE_URL, api_key="python", max_retries=0)


class Answer(BaseModel):
    city: str
    degrees: float
    tags: list[str]


def create():
    response = CLIENT.responses.create(model="any", input="Hello there")
    assert response.object == "response"
    assert response.status == "completed"
    assert response.output_text == "Echo: Hello there"
    usage = response.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert response._request_id


def go_on():
    first = CLIENT.responses.create(model="any", input="One")
    second = CLIENT.responses.create(
        model="any", input="Two", previous_response_id=first.id
    )
    assert second.previous_response_id == first.id
    assert second.output_text == "Echo: Two (earlier: One)"


def stored_responses():
    made = CLIENT.responses.create(model="any", input="Keep this")
    assert CLIENT.responses.retrieve(made.id).output_text == made.output_text
    assert len(CLIENT.responses.input_items.list(made.id).data) == 1
    CLIENT.responses.delete(made.id)
    refusal(openai.NotFoundError, lambda: CLIENT.responses.retrieve(made.id))


def stream():
    text = "Héllo wörld 🌍"
    events = list(CLIENT.responses.create(model="any", input=text, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    types = [event.type for event in events]
    assert types[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert types[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
    assert len(deltas) > 1
    assert "".join(deltas) == f"Echo: {text}"


def stream_helper():
    with CLIENT.responses.stream(model="any", input="Hello there") as events:
        texts = [e.snapshot for e in events if e.type == "response.output_text.delta"]
        response = events.get_final_response()
    assert response.output_text == "Echo: Hello there"
    assert texts[-1] == "Echo: Hello there"


def structured_output():
    response = CLIENT.responses.parse(model="any", input="Paris", text_format=Answer)
    assert isinstance(response.output_parsed, Answer)
    with CLIENT.responses.stream(
        model="any", input="Paris", text_format=Answer
    ) as events:
        streamed = events.get_final_response()
    assert streamed.output_parsed == response.output_parsed


def function_tools():
    for choice in ["auto", "required", {"type": "function", "name": "get_weather"}]:
        context = [{"role": "user", "content": "What is the weather in Paris?"}]
        asked = CLIENT.responses.create(
            model="any", input=context, tools=[WEATHER], tool_choice=choice
        )
        call = next(item for item in asked.output if item.type == "function_call")
        assert call.name == "get_weather"
        assert isinstance(json.loads(call.arguments)["city"], str)

        context += asked.output
        context.append(
            {
                "type": "function_call_output",
                "call_id": call.call_id,
                "output": "sunny",
            }
        )
        answered = CLIENT.responses.create(model="any", input=context, tools=[WEATHER])
        assert answered.output_text == "Tool result: sunny"
    silent = CLIENT.responses.create(
        model="any", input="What is the weather?", tools=[WEATHER], tool_choice="none"
    )
    assert all(item.type == "message" for item in silent.output)


def streamed_function_tools():
    events = list(
        CLIENT.responses.create(
            model="any",
            input="What is the weather in Paris?",
            tools=[WEATHER],
            stream=True,
        )
    )
    kind = "response.function_call_arguments"
    text = "".join(event.delta for event in events if event.type == f"{kind}.delta")
    done = next(event for event in events if event.type == f"{kind}.done")
    assert text == done.arguments
    assert isinstance(json.loads(text)["city"], str)


def errors():
    def ask(client=CLIENT, **body):
        return lambda: client.responses.create(**{"input": "Hello", **body})

    stranger = openai.OpenAI(base_url=BASE_URL, api_key="bad", max_retries=0)
    unknown = refusal(openai.AuthenticationError, ask(stranger, model="any"))
    assert unknown.code == "invalid_api_key"

    missing = refusal(openai.NotFoundError, ask(model="missing-model"))
    assert (missing.code, missing.param) == ("model_not_found", "model")

    limited = refusal(openai.RateLimitError, ask(model="rate-limited"))
    assert limited.code == "rate_limit_exceeded"
    assert limited.response.headers["retry-after"] == "1"

    wrong = refusal(openai.BadRequestError, ask(model="any", temperature=3))
    assert wrong.type == "invalid_request_error"
    assert (wrong.param, wrong.code) == ("temperature", "decimal_above_max_value")

    parts = [{"role": "user", "content": [{"type": "input_text", "text": 7}]}]
    inside = refusal(openai.BadRequestError, ask(model="any", input=parts))
    assert inside.param == "input[0].content[0].text"
    assert inside.code == "invalid_type"


def failure_in_the_middle():
    seen = []

    def watch():
        for event in CLIENT.responses.create(
            model="fail-midstream", input="Hello", stream=True
        ):
            seen.append(event.type)

    refusal(openai.APIError, watch)
    assert "response.output_text.delta" in seen, seen
    assert "response.completed" not in seen, seen

    refusal(
        openai.InternalServerError,
        lambda: CLIENT.responses.create(model="fail-midstream", input="Hello"),
    )


run(
    create,
    go_on,
    stored_responses,
    stream,
    stream_helper,
    structured_output,
    function_tools,
    streamed_function_tools,
    errors,
    failure_in_the_middle,
)
