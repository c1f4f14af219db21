"""Conversations that the server keeps, through the official `openai` package for Python.

Usage: conversations.py ADDRESS
"""

import sys
import time

import openai
from checks import WEATHER, refusal, run

CLIENT = openai.OpenAI(
    base_url=f"{sys.argv[1]}/v1", api_key="python", max_retries=0
).responses


def ask(**body):
    return CLIENT.create(**{"model": "any", **body})


def a_loop_over_previous_response_id():
    previous = None
    for turn in range(10):
        response = ask(input=f"turn {turn}", previous_response_id=previous)
        assert response.previous_response_id == previous
        earlier = f" (earlier: turn {turn - 1})" if turn else ""
        assert response.output_text == f"Echo: turn {turn}{earlier}"
        previous = response.id
    items = list(CLIENT.input_items.list(previous, order="asc", limit=4))
    assert len({item.id for item in items}) == len(items) == 19
    assert items[18].content[0].text == "turn 9"


def a_streamed_loop():
    previous = None
    for word in ["one", "two", "three"]:
        with CLIENT.stream(
            model="any", input=word, previous_response_id=previous
        ) as stream:
            response = stream.get_final_response()
        previous = response.id
    assert response.output_text == "Echo: three (earlier: two)"


def a_loop_of_calls():
    asked = ask(input="What is the weather in Paris?", tools=[WEATHER])
    call = next(item for item in asked.output if item.type == "function_call")
    output = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": "sunny",
    }
    answered = ask(input=[output], previous_response_id=asked.id, tools=[WEATHER])
    assert answered.output_text == "Tool result: sunny"


def what_is_not_stored():
    unstored = ask(input="One", store=False)
    assert unstored.store is False
    for previous in [unstored.id, "resp_nothing"]:
        error = refusal(
            openai.BadRequestError,
            lambda id=previous: ask(input="Two", previous_response_id=id),
        )
        assert error.code == "previous_response_not_found"
        assert error.param == "previous_response_id"


def retrieve_with_what_clients_add():
    made = ask(input="Keep this")
    include = ["message.output_text.logprobs"]
    kept = CLIENT.retrieve(made.id, include=include, stream=False)
    assert kept.output_text == made.output_text
    items = CLIENT.input_items.list(made.id, include=include, limit=1)
    assert len(items.data) == 1
    refused = refusal(
        openai.BadRequestError, lambda: CLIENT.retrieve(made.id, stream=True)
    )
    assert refused.param == "stream"


def compact_and_go_on():
    window = CLIENT.compact(
        model="any",
        input=[
            {"role": "user", "content": "We launch Tuesday."},
            {"role": "assistant", "content": "Noted."},
        ],
    )
    assert window.object == "response.compaction"
    assert any(item.type == "compaction" for item in window.output)
    answered = ask(input=[*window.output, {"role": "user", "content": "When?"}])
    assert answered.output_text == "Echo: When? (earlier: We launch Tuesday.)"


def compact_a_stored_response():
    one = ask(input="One")
    two = ask(input="Two", previous_response_id=one.id)
    window = CLIENT.compact(model="any", previous_response_id=two.id)
    answered = ask(input=[*window.output, {"role": "user", "content": "Three"}])
    assert answered.output_text == "Echo: Three (earlier: Two)"
    error = refusal(
        openai.BadRequestError,
        lambda: CLIENT.compact(model="any", previous_response_id="resp_nothing"),
    )
    assert error.code == "previous_response_not_found"


def in_the_background():
    queued = ask(input="Later", background=True)
    assert queued.status == "queued"
    while (done := CLIENT.retrieve(queued.id)).status != "completed":
        assert done.status in ["queued", "in_progress"], done.status
        time.sleep(0.02)
    assert done.output_text == "Echo: Later"
    slow = ask(model="slow", input="x", background=True)
    assert CLIENT.cancel(slow.id).status == "cancelled"
    assert CLIENT.retrieve(slow.id).status == "cancelled"


def a_stream_that_is_resumed():
    """A background stream is cut after some events and resumed after the last of them."""
    seen = []
    with ask(model="slow", input="x", background=True, stream=True) as stream:
        for event in stream:
            seen.append(event)
            if len(seen) == 8:
                break
    response = seen[0].response
    assert response.background is True
    rest = CLIENT.retrieve(
        response.id, stream=True, starting_after=seen[-1].sequence_number
    )
    seen += list(rest)
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    assert seen[-1].type == "response.completed"
    text = "".join(e.delta for e in seen if e.type == "response.output_text.delta")
    assert text == seen[-1].response.output_text == CLIENT.retrieve(response.id).output_text
    whole = list(CLIENT.retrieve(response.id, stream=True))
    assert [event.to_dict() for event in whole] == [event.to_dict() for event in seen]
    last = seen[-1].sequence_number
    assert not list(CLIENT.retrieve(response.id, stream=True, starting_after=last))
    plain = ask(input="x")
    error = refusal(
        openai.BadRequestError, lambda: CLIENT.retrieve(plain.id, stream=True)
    )
    assert error.code == "events_not_found"


run(
    a_loop_over_previous_response_id,
    a_streamed_loop,
    a_loop_of_calls,
    what_is_not_stored,
    retrieve_with_what_clients_add,
    compact_and_go_on,
    compact_a_stored_response,
    in_the_background,
    a_stream_that_is_resumed,
)
