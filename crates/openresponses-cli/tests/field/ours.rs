//! The field cases, written here: one fact each.

use serde_json::{Value, json};

use crate::build::{
    call, completed, custom_call, failed, failing, hello, hello_at, hello_ending, message,
    numbered, one_call, opening, reasoning, summary_delta,
};

/// A case: its number, what the client asks, and what the upstream answers.
pub(crate) struct Case {
    pub(crate) number: u32,
    pub(crate) request: Value,
    /// Data of the upstream's frames; none where the embedded model answers.
    pub(crate) upstream: Vec<Value>,
}

impl Case {
    fn new(number: u32, request: Value, upstream: Vec<Value>) -> Self {
        Self {
            number,
            request,
            upstream,
        }
    }

    /// A case of a request that asks for nothing special.
    fn plain(number: u32, upstream: Vec<Value>) -> Self {
        Self::new(number, json!({"input": "x"}), upstream)
    }
}

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = [
        declared(),
        unplaced(),
        endings(),
        failures(),
        items(),
        requests(),
        // Their steps stand in the tests.
        [41, 43]
            .map(|number| Case::new(number, Value::Null, Vec::new()))
            .into(),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    cases.sort_by_key(|case| case.number);
    cases
}

fn one_function() -> Value {
    json!([{"type": "function", "name": "f"}])
}

fn user() -> Value {
    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]})
}

/// Calls of tools that are not in `tools`, and one call too many.
fn declared() -> Vec<Case> {
    let additional = json!({
        "type": "additional_tools", "role": "developer",
        "tools": [{"type": "custom", "name": "exec"}],
    });
    let found = json!({
        "type": "tool_search_output", "call_id": "t", "execution": "client",
        "tools": [{"type": "function", "name": "lookup"}],
    });
    let [first, second] = [call(0, "f", &["{}"]), call(1, "f", &["{}"])];
    let output = [&first, &second].map(|call| call.last().unwrap()["item"].clone());
    let both = numbered([opening(), first, second, vec![completed(json!(output))]].concat());
    vec![
        Case::new(
            2,
            json!({"input": [additional, user()], "tool_choice": "auto"}),
            custom_call("exec"),
        ),
        Case::new(
            3,
            json!({"tools": one_function(), "input": [user(), found]}),
            one_call("lookup"),
        ),
        Case::new(
            4,
            json!({"prompt": {"id": "pmpt_1"}, "input": "x"}),
            one_call("lookup"),
        ),
        Case::new(
            40,
            json!({"input": "x", "parallel_tool_calls": false, "tools": one_function()}),
            both,
        ),
    ]
}

/// Events without numbers, indices and announcements.
fn unplaced() -> Vec<Case> {
    let without = |mut event: Value, member: &str| {
        event.as_object_mut().unwrap().remove(member);
        event
    };
    let unnumbered = hello().into_iter();
    let unnumbered = unnumbered.map(|event| without(event, "sequence_number"));
    let mut unindexed = one_call("f");
    unindexed[3] = without(unindexed[3].take(), "output_index");
    let answer = json!({"type": "response.output_text.delta", "output_index": 0, "item_id": "msg_1", "content_index": 0, "delta": "Hello"});
    let both = json!([reasoning(&["hm"]), message("completed", Some("Hello"))]);
    let one_index = [
        opening(),
        summary_delta(),
        vec![answer, completed(both.clone())],
    ]
    .concat();
    let closed =
        json!({"type": "response.output_item.done", "output_index": 0, "item": reasoning(&["hm"])});
    let no_part = [
        opening(),
        summary_delta(),
        vec![closed],
        hello_at(1),
        vec![completed(both)],
    ]
    .concat();
    let listed = json!({"id": "mcp_1", "type": "mcp_list_tools", "server_label": "s", "tools": []});
    let early = vec![
        json!({"type": "response.mcp_list_tools.in_progress", "output_index": 0, "item_id": "mcp_1"}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": listed}),
    ];
    let output = json!([listed, message("completed", Some("Hello"))]);
    let early = [early, opening(), hello_at(1), vec![completed(output)]].concat();
    let mcp = json!([{"type": "mcp", "server_label": "s", "server_url": "https://x.test"}]);
    vec![
        Case::plain(6, unnumbered.collect()),
        Case::new(8, json!({"input": "x", "tools": one_function()}), unindexed),
        Case::plain(21, numbered(one_index)),
        Case::plain(38, numbered(no_part)),
        Case::new(39, json!({"input": "x", "tools": mcp}), numbered(early)),
    ]
}

/// Terminal responses that cannot be read in full.
fn endings() -> Vec<Case> {
    let ending = |number, change: &dyn Fn(&mut Value)| Case::plain(number, hello_ending(change));
    vec![
        ending(9, &|response| {
            response["usage"]["input_tokens_details"] = json!({});
            response["usage"]["output_tokens_details"] = json!({});
        }),
        ending(10, &|response| {
            response["usage"]["input_tokens_details"]["cached_tokens"] = Value::Null;
        }),
        ending(11, &|response| {
            response["usage"] =
                json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5});
        }),
        ending(12, &|response| {
            *response =
                json!({"id": "resp_theirs", "status": "completed", "usage": response["usage"]});
        }),
        ending(13, &|response| response["instructions"] = json!([user()])),
        ending(14, &|response| {
            response["usage"] = json!({"input_tokens": 1, "output_tokens": 2, "total_tokens": 3});
        }),
        ending(16, &|response| {
            response["status"] = "failed".into();
            response["error"] = json!({"code": "server_error", "message": "engine died"});
            response["usage"] = Value::Null;
        }),
        ending(37, &|response| response["output"] = json!([])),
    ]
}

/// Reasons in places and shapes of servers' own.
fn failures() -> Vec<Case> {
    let error = |error: Value| json!({"type": "error", "error": error});
    let coded = json!({"message": "engine died", "type": "server_error"});
    let numeric = json!({"code": 429, "message": "slow down", "type": "rate_limit"});
    let blocked = json!({"message": "blocked by policy", "type": "invalid_request_error", "code": "content_filter"});
    let limited = json!({"code": "rate_limit_exceeded", "message": "slow down"});
    vec![
        Case::plain(17, failing(vec![failed(coded)])),
        Case::plain(18, failing(vec![error(numeric)])),
        Case::plain(19, vec![json!({"error": blocked})]),
        Case::plain(20, failing(vec![failed(limited)])),
        Case::plain(28, failing(vec![failed(Value::Null), error(blocked)])),
    ]
}

/// What items and events lack, or have too much.
fn items() -> Vec<Case> {
    let mut kept_alive = hello();
    kept_alive.insert(4, json!({"type": "keepalive"}));
    let mut whole_float = hello();
    for event in &mut whole_float {
        if event["response"].is_object() {
            event["response"]["created_at"] = json!(1_756_892_755.0);
        }
    }
    vec![
        Case::plain(22, bare(hello())),
        Case::plain(23, numbered(kept_alive)),
        Case::plain(36, whole_float),
    ]
}

/// Items without status, annotations and log probabilities that are null.
fn bare(mut events: Vec<Value>) -> Vec<Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if members.get("type").is_some_and(|kind| kind == "message") {
                    members.remove("status");
                }
                if members
                    .get("type")
                    .is_some_and(|kind| kind == "output_text")
                {
                    members.insert("annotations".into(), Value::Null);
                    members.insert("logprobs".into(), Value::Null);
                }
                members.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    events.iter_mut().for_each(strip);
    events
}

/// The cases that the embedded model answers.
fn requests() -> Vec<Case> {
    let schema = json!({"name": "place", "strict": true, "schema": {
        "type": "object", "properties": {"city": {"type": "string"}},
        "required": ["city"], "additionalProperties": false,
    }});
    let chat_format = json!({"type": "json_schema", "json_schema": schema});
    let input_message = |id: &str, role: &str, text: &str| match role {
        "assistant" => {
            json!({"type": "message", "id": id, "role": role, "content": [{"type": "output_text", "text": text}]})
        }
        _ => json!({"type": "message", "id": id, "role": role, "content": text}),
    };
    let between = |item: Value| json!([{"role": "user", "content": "a"}, item, {"role": "user", "content": "b"}]);
    let output = json!([
        {"role": "user", "content": "hi"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": [
            {"type": "input_text", "text": "a"},
            {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,AAAA"},
        ]},
    ]);
    let nulls = json!({
        "type": "message", "id": "msg_1", "status": null, "phase": null, "role": "assistant",
        "content": [{"type": "output_text", "text": "Yes", "annotations": [], "logprobs": null}],
    });
    let bodies = [
        (25, json!({"input": "q", "text": {"format": chat_format}})),
        (26, json!({"input": "q", "response_format": chat_format})),
        (
            27,
            json!({"input": [
                input_message("msg_4", "user", "a"), input_message("msg_4", "assistant", "b"),
                input_message("msg_4", "user", "c"), input_message("msg_5", "user", "d"),
            ]}),
        ),
        (29, json!({"input": output})),
        (
            30,
            json!({"input": between(json!({"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": "Yes"}))}),
        ),
        (
            31,
            json!({"input": between(json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Yes"}]}))}),
        ),
        (
            32,
            json!({"input": between(json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "z"}))}),
        ),
        (
            33,
            json!({"input": between(json!({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "other"}}))}),
        ),
        (
            34,
            json!({"input": "a", "tools": [{"type": "namespace", "name": "multi_agent"}], "max_output_tokens": 32}),
        ),
        (35, json!({"input": between(nulls)})),
    ];
    bodies
        .into_iter()
        .map(|(number, mut request)| {
            request["model"] = "m".into();
            Case::new(number, request, Vec::new())
        })
        .collect()
}
