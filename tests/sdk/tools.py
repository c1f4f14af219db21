"""Tools that run on the server, through the official `openai` package for Python.

Usage: tools.py ADDRESS, of a server that has the MCP server `everything` and the sample tool.
"""

import sys

import openai
from checks import run

CLIENT = openai.OpenAI(
    base_url=f"{sys.argv[1]}/v1", api_key="python", max_retries=0
).responses
MODEL = "embedded/any"
EVERYTHING = {
    "type": "mcp",
    "server_label": "everything",
    "require_approval": "never",
    "allowed_tools": ["echo"],
}


def types(response):
    return [item.type for item in response.output]


def mcp_items_in_a_stream_and_in_json():
    body = {
        "model": MODEL,
        "input": 'call echo {"message":"Hi"}',
        "tools": [EVERYTHING],
    }
    with CLIENT.stream(**body) as stream:
        names = [event.type for event in stream]
        streamed = stream.get_final_response()
    assert types(streamed) == ["mcp_list_tools", "mcp_call", "message"]
    assert [tool.name for tool in streamed.output[0].tools] == ["echo"]
    call = streamed.output[1]
    assert (call.name, call.output, call.error) == ("echo", "Echo: Hi", None)
    assert call.status == "completed"
    for name in [
        "response.mcp_list_tools.completed",
        "response.mcp_call.in_progress",
        "response.mcp_call_arguments.done",
        "response.mcp_call.completed",
    ]:
        assert name in names, name
    whole = CLIENT.create(**body)
    assert types(whole) == types(streamed)
    assert whole.output_text == streamed.output_text == "Tool result: Echo: Hi"


def an_approval():
    tools = [{**EVERYTHING, "require_approval": "always"}]
    asked = CLIENT.create(model=MODEL, input='call echo {"message":"Hi"}', tools=tools)
    request = asked.output[-1]
    assert request.type == "mcp_approval_request"
    answer = {
        "type": "mcp_approval_response",
        "approval_request_id": request.id,
        "approve": True,
    }
    body = {"model": MODEL, "input": [answer], "tools": tools}
    answered = CLIENT.create(**body, previous_response_id=asked.id)
    assert types(answered) == ["mcp_call", "message"]
    assert answered.output[0].approval_request_id == request.id
    try:
        CLIENT.create(**body, previous_response_id=asked.id)
    except openai.BadRequestError as error:
        assert error.param == "input[0].approval_request_id"
    else:
        raise AssertionError("an approval counted twice")


def nothing_is_seen_where_nothing_was_asked_for():
    response = CLIENT.create(model=MODEL, input='call echo {"message":"Hi"}')
    assert types(response) == ["message"]
    assert response.output_text == "Tool result: Echo: Hi"


def an_item_of_a_type_of_the_server():
    with CLIENT.stream(model=MODEL, input='call temperature {"city":"Paris"}') as stream:
        for _ in stream:
            pass
        response = stream.get_final_response()
    assert types(response) == ["sample:temperature", "message"]


run(
    mcp_items_in_a_stream_and_in_json,
    an_approval,
    nothing_is_seen_where_nothing_was_asked_for,
    an_item_of_a_type_of_the_server,
)
