//! What a response of ours carried is accepted when a client sends it back.

use bytes::Bytes;
use libtest_mimic::{Failed, Trial};
use openresponses_tower::output::RelayMode;
use serde_json::{Value, json};

use crate::asked::ask;
use crate::build;
use crate::frames;
use crate::relayed::relay;
use crate::transcript::array;

pub(crate) fn trials() -> Vec<Trial> {
    let long = "x".repeat(200);
    let cases = [
        ("a_long_call_id", json!(long), json!("f")),
        ("an_empty_call_id", json!(""), json!("f")),
        ("no_call_id", Value::Null, json!("f")),
        ("a_numeric_call_id", json!(7), json!("f")),
        ("a_call_id_of_any_letters", json!("call:é/1|2"), json!("f")),
        ("a_name_with_dots", json!("c"), json!("team.read/file")),
        ("a_long_name", json!("c"), json!(long)),
        ("a_name_of_any_letters", json!("c"), json!("lies ⚙")),
    ];
    let trials = cases.into_iter().map(|(name, call_id, function)| {
        Trial::test(format!("returned::{name}"), move || {
            run(&call_id, &function)
        })
    });
    trials.collect()
}

fn run(call_id: &Value, name: &Value) -> Result<(), Failed> {
    let mut item = json!({"type": "function_call", "id": "fc_1", "name": name, "arguments": "{}", "status": "completed"});
    if !call_id.is_null() {
        item["call_id"] = call_id.clone();
    }
    let events = vec![
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
    ];
    let upstream = build::around(events, json!([item]));
    let text = frames::printed(&upstream);
    // A stored prompt may bring a function of any name.
    let request = json!({"model": "ours", "input": "x", "prompt": {"id": "p"}});
    let answer = relay(vec![Bytes::from(text)], RelayMode::Repair, &request);
    let body: Value = serde_json::from_str(&answer.body)?;
    let output = array(&body["output"]);
    if answer.status != 200 || output.len() != 1 {
        return Err(format!("{} {body}", answer.status).into());
    }
    accepted(output)
}

/// Sends items back, with an output for each call.
pub(crate) fn accepted(output: &[Value]) -> Result<(), Failed> {
    let calls = output.iter().filter(|item| item["type"] == "function_call");
    let outputs = calls.map(
        |call| json!({"type": "function_call_output", "call_id": call["call_id"], "output": "x"}),
    );
    let mut input = output.to_vec();
    input.extend(outputs);
    input.push(json!({"role": "user", "content": "go on"}));
    let answer = ask(&json!({"model": "m", "input": input}));
    match answer.status {
        200 => Ok(()),
        status => Err(format!("{status} {} for {output:?}", answer.body).into()),
    }
}
