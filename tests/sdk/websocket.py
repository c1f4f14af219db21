"""The WebSocket of the official `openai` package for Python against two running servers, of which
the second closes connections after a second.

Usage: websocket.py ADDRESS SHORT_LIVED
"""

import asyncio
import json
import sys

import openai
from checks import WEATHER, refusal, run
from websockets.exceptions import InvalidStatus

ENDS = ["error", "response.completed", "response.incomplete", "response.failed"]


def client(address=sys.argv[1], key="python"):
    return openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0).responses


HTTP = client()


def connected(check):
    """A check that gets a connection."""

    def with_connection():
        with HTTP.connect() as socket:
            check(socket)

    with_connection.__name__ = check.__name__
    return with_connection


def send(socket, **body):
    socket.response.create(**{"model": "any", "store": False, **body})


def turn(socket):
    """The events of the next turn, to its one end."""
    events = []
    while not events or events[-1].type not in ENDS:
        events.append(socket.recv())
    if events[-1].type == "error":
        assert len(events) == 1, "nothing comes before a refusal"
    else:
        numbers = [event.sequence_number for event in events]
        assert numbers == list(range(len(events)))
    return events


def ask(socket, **body):
    send(socket, **body)
    return turn(socket)[-1]


def respond(socket, **body):
    end = ask(socket, **body)
    assert end.type == "response.completed", end
    return end.response


@connected
def turns(socket):
    first = respond(socket, input="one")
    assert first.store is False
    second = respond(socket, input="two", previous_response_id=first.id)
    assert second.output_text == "Echo: two (earlier: one)"
    third = respond(socket, input="three", previous_response_id=second.id)
    assert third.output_text == "Echo: three (earlier: two)"


@connected
def the_events_of_a_turn(socket):
    send(socket, input="Héllo wörld 🌍")
    deltas = [e.delta for e in turn(socket) if e.type == "response.output_text.delta"]
    assert len(deltas) > 1
    assert "".join(deltas) == "Echo: Héllo wörld 🌍"


@connected
def tools(socket):
    asked = respond(socket, input="Weather?", tools=[WEATHER])
    call = next(item for item in asked.output if item.type == "function_call")
    assert isinstance(json.loads(call.arguments)["city"], str)
    output = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": "sunny",
    }
    answered = respond(
        socket, input=[output], previous_response_id=asked.id, tools=[WEATHER]
    )
    assert answered.output_text == "Tool result: sunny"


@connected
def errors_and_on(socket):
    lost = ask(socket, input="x", previous_response_id="resp_nope")
    assert (lost.status, lost.error.code) == (400, "previous_response_not_found")
    missing = ask(socket, input="x", model="missing-model")
    assert (missing.status, missing.error.code) == (404, "model_not_found")
    wrong = ask(socket, input="x", temperature=3)
    assert (wrong.status, wrong.error.param) == (400, "temperature")
    failed = ask(socket, input="x", model="fail-midstream")
    assert (failed.type, failed.response.status) == ("response.failed", "failed")
    assert respond(socket, input="still here").output_text == "Echo: still here"


@connected
def a_failed_turn_forgets_what_it_continued(socket):
    first = respond(socket, input="one")
    ask(socket, input="x", model="missing-model", previous_response_id=first.id)
    lost = ask(socket, input="two", previous_response_id=first.id)
    assert lost.error.code == "previous_response_not_found"


@connected
def queued_turns(socket):
    for n in [1, 2, 3]:
        send(socket, input=f"q-{n} a b c d e f g")
    socket.send({"type": "response.create", "model": "any", "input": 7})
    send(socket, input="q-4")
    for n in [1, 2, 3]:
        events = turn(socket)
        assert events[0].response.id == events[-1].response.id
        assert events[-1].response.output_text == f"Echo: q-{n} a b c d e f g"
    assert turn(socket)[0].error.param == "input"
    assert turn(socket)[-1].response.output_text == "Echo: q-4"


@connected
def a_warm_up(socket):
    warm = respond(
        socket,
        input=[{"role": "user", "content": "Remember me"}],
        generate=False,
        stream=True,
    )
    assert warm.output == []
    first = respond(socket, input="Go", previous_response_id=warm.id)
    assert first.output_text == "Echo: Go (earlier: Remember me)"


@connected
def from_one_connection_to_another(socket):
    stored = respond(socket, input="one", store=True)
    unstored = respond(socket, input="secret")
    with HTTP.connect() as other:
        second = respond(other, input="two", previous_response_id=stored.id)
        assert second.output_text == "Echo: two (earlier: one)"
        lost = ask(other, input="x", previous_response_id=unstored.id)
        assert lost.error.code == "previous_response_not_found"
    third = HTTP.create(model="any", input="three", previous_response_id=stored.id)
    assert third.output_text == "Echo: three (earlier: one)"
    lost = refusal(
        openai.BadRequestError,
        lambda: HTTP.create(model="any", input="x", previous_response_id=unstored.id),
    )
    assert lost.code == "previous_response_not_found"


@connected
def compact_and_begin_anew(socket):
    window = HTTP.compact(model="any", input="We launch Tuesday.")
    compacted = [
        item.model_dump(exclude_none=True, warnings=False) for item in window.output
    ]
    last = {"role": "user", "content": "When?"}
    response = respond(socket, input=[*compacted, last])
    assert response.output_text == "Echo: When? (earlier: We launch Tuesday.)"


def no_way_in():
    refused = refusal(InvalidStatus, lambda: client(key="bad").connect().enter())
    assert refused.response.status_code == 401


def the_limit_and_a_new_connection_by_itself():
    responses = client(sys.argv[2])
    first = responses.create(model="any", input="one")

    def go_on(_):
        # It is sent as soon as there is a connection again.
        send(socket, input="two", previous_response_id=first.id)

    with responses.connect(on_reconnecting=go_on, initial_delay=0.01) as socket:
        limits = 0
        for event in socket:
            if event.type == "error":
                assert event.error.code == "websocket_connection_limit_reached"
                limits += 1
            if event.type == "response.completed":
                break
    assert limits
    assert event.response.output_text == "Echo: two (earlier: one)"


def in_an_event_loop():
    async def talk():
        one = openai.AsyncOpenAI(
            base_url=f"{sys.argv[1]}/v1", api_key="python", max_retries=0
        )
        async with one.responses.connect() as socket:
            previous = None
            for word in ["one", "two"]:
                await socket.response.create(
                    model="any", store=False, input=word, previous_response_id=previous
                )
                async for event in socket:
                    if event.type in ENDS:
                        break
                previous = event.response.id
            assert event.response.output_text == "Echo: two (earlier: one)"

    asyncio.run(talk())


run(
    turns,
    the_events_of_a_turn,
    tools,
    errors_and_on,
    a_failed_turn_forgets_what_it_continued,
    queued_turns,
    a_warm_up,
    from_one_connection_to_another,
    compact_and_begin_anew,
    no_way_in,
    the_limit_and_a_new_connection_by_itself,
    in_an_event_loop,
)
