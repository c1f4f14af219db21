//! Calls that the request forbids, sent in every way that could slip past: nothing of them reaches the
//! client, in any mode.

use bytes::Bytes;
use libtest_mimic::{Failed, Trial};
use openresponses_tower::output::RelayMode;
use serde_json::{Value, json};

use crate::build;
use crate::frames;
use crate::relayed::relay;

/// What must not reach the client.
const SECRET: &str = "forbidden-input";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
        for (name, request, events) in cases() {
            let name = format!("forbidden::{mode:?}::{name}").to_lowercase();
            trials.push(Trial::test(name, move || run(mode, &request, &events)));
        }
    }
    trials
}

fn run(mode: RelayMode, request: &Value, events: &[Value]) -> Result<(), Failed> {
    let stream = frames::printed(events) + "data: [DONE]\n\n";
    for streamed in [true, false] {
        let mut request = request.clone();
        request["stream"] = streamed.into();
        let relayed = relay(vec![Bytes::from(stream.clone())], mode, &request);
        if relayed.body.contains(SECRET) {
            return Err(format!("{} {}", relayed.status, relayed.body).into());
        }
    }
    Ok(())
}

fn cases() -> Vec<(String, Value, Vec<Value>)> {
    let none = json!({
        "model": "ours", "input": "x", "tool_choice": "none",
        "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "exec"}, {"type": "mcp", "server_label": "s", "server_url": "https://x.test"}],
    });
    let mut cases = Vec::new();
    let kinds = [
        ("function_call", "function_call_arguments", "arguments"),
        ("custom_tool_call", "custom_tool_call_input", "input"),
        ("mcp_call", "mcp_call_arguments", "arguments"),
    ];
    let indices = [
        ("no_index", None),
        ("a_string", Some(json!("0"))),
        ("beyond_integers", Some(json!(9_223_372_036_854_775_808u64))),
        ("a_negative_index", Some(json!(-1))),
        ("a_fraction", Some(json!(0.5))),
        ("another_index", Some(json!(7))),
        ("the_index", Some(json!(0))),
    ];
    for (kind, events, member) in kinds {
        for (name, index) in &indices {
            for announced in [true, false] {
                let mut all = Vec::new();
                let mut item = json!({"type": kind, "id": "c_1", "call_id": "c", "name": "exec", "server_label": "s", "status": "in_progress"});
                item[member] = "".into();
                if announced {
                    all.push(json!({"type": "response.output_item.added", "output_index": 0, "item": item}));
                }
                let mut delta = json!({"type": format!("response.{events}.delta"), "item_id": "c_1", "delta": SECRET});
                let mut done = json!({"type": format!("response.{events}.done"), "item_id": "c_1"});
                done[member] = SECRET.into();
                if let Some(index) = index {
                    delta["output_index"] = index.clone();
                    done["output_index"] = index.clone();
                }
                all.extend([delta, done]);
                item[member] = SECRET.into();
                item["status"] = "completed".into();
                all.push(
                    json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
                );
                let whole = build::around(all, json!([item]));
                let how = if announced {
                    "announced"
                } else {
                    "unannounced"
                };
                cases.push((format!("{kind}_{name}_{how}"), none.clone(), whole));
            }
        }
    }
    let request = json!({"type": "mcp_approval_request", "id": "a_1", "server_label": "s", "name": "f", "arguments": SECRET});
    let asked = vec![
        json!({"type": "response.output_item.added", "output_index": 0, "item": request}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": request}),
    ];
    cases.push((
        "mcp_approval_request".into(),
        none.clone(),
        build::around(asked, json!([request])),
    ));
    cases.push((
        "only_at_the_end".into(),
        none,
        build::around(Vec::new(), json!([request])),
    ));
    cases.push(second_call());
    cases.push(second_call_without_id());
    cases
}

/// A second call at the place of the first, where one is allowed.
fn second_call() -> (String, Value, Vec<Value>) {
    let single = json!({
        "model": "ours", "input": "x", "parallel_tool_calls": false,
        "tools": [{"type": "function", "name": "f"}],
    });
    let call = |id: &str, status: &str, arguments: &str| json!({"type": "function_call", "id": id, "call_id": id, "name": "f", "arguments": arguments, "status": status});
    let event = |kind: &str, item: Value| json!({"type": format!("response.output_item.{kind}"), "output_index": 0, "item": item});
    let delta = |id: &str, delta: &str| json!({"type": "response.function_call_arguments.delta", "item_id": id, "output_index": 0, "delta": delta});
    let events = vec![
        event("added", call("fc_1", "in_progress", "")),
        event("added", call("fc_2", "in_progress", "")),
        delta("fc_1", "{}"),
        delta("fc_2", SECRET),
        event("done", call("fc_1", "completed", "{}")),
        event("done", call("fc_2", "completed", SECRET)),
    ];
    let output = json!([
        call("fc_1", "completed", "{}"),
        call("fc_2", "completed", SECRET)
    ]);
    (
        "a_second_call_at_one_index".into(),
        single,
        build::around(events, output),
    )
}

/// A second call at the place of the first, where neither has an id.
fn second_call_without_id() -> (String, Value, Vec<Value>) {
    let (_, single, _) = second_call();
    let call = |status: &str, arguments: &str| json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": arguments, "status": status});
    let event = |kind: &str, item: Value| json!({"type": format!("response.output_item.{kind}"), "output_index": 0, "item": item});
    let done = |arguments: &str| json!({"type": "response.function_call_arguments.done", "output_index": 0, "arguments": arguments});
    let events = vec![
        event("added", call("in_progress", "")),
        done("{}"),
        event("done", call("completed", "{}")),
        event("added", call("in_progress", "")),
        done(SECRET),
        event("done", call("completed", SECRET)),
    ];
    let output = json!([call("completed", "{}")]);
    (
        "a_second_call_without_id".into(),
        single,
        build::around(events, output),
    )
}
