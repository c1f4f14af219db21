//! Legal streams, to be changed and damaged.

use serde_json::{Value, json};

use crate::build::{
    call, completed, failed, hello, hello_at, message, numbered, one_call, opening, reasoning,
    snapshot,
};

/// Legal streams, to be changed.
pub(crate) fn streams() -> Vec<(&'static str, Vec<Value>)> {
    let about = |name: &str, index: u64, rest: Value| {
        let mut event = json!({"type": format!("response.{name}"), "item_id": "rs_1", "output_index": index, "summary_index": 0});
        for (name, value) in rest.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    };
    let mut thought = reasoning(&["hm"]);
    thought.as_object_mut().unwrap().remove("encrypted_content");
    let mut announced = reasoning(&[]);
    announced
        .as_object_mut()
        .unwrap()
        .remove("encrypted_content");
    let part = |text: &str| json!({"part": {"type": "summary_text", "text": text}});
    let thinking = vec![
        json!({"type": "response.output_item.added", "output_index": 0, "item": announced}),
        about("reasoning_summary_part.added", 0, part("")),
        about("reasoning_summary_text.delta", 0, json!({"delta": "hm"})),
        about("reasoning_summary_text.done", 0, json!({"text": "hm"})),
        about("reasoning_summary_part.done", 0, part("hm")),
        json!({"type": "response.output_item.done", "output_index": 0, "item": thought}),
    ];
    let calls = [call(1, "f", &["{}"]), call(2, "f", &["{\"a\"", ":1}"])];
    let made = calls
        .each_ref()
        .map(|call| call.last().unwrap()["item"].clone());
    let [first, second] = calls;
    let mut interleaved: Vec<Value> = Vec::new();
    for (at, event) in second.iter().enumerate() {
        interleaved.extend(first.get(at).cloned());
        interleaved.push(event.clone());
    }
    let both = json!([thought, message("completed", Some("Hello"))]);
    let three = json!([thought, made[0], made[1]]);
    let mut cut = [opening(), hello_at(0)].concat();
    let last = cut.last_mut().unwrap();
    last["item"]["status"] = "incomplete".into();
    let mut ended = snapshot("incomplete", json!([last["item"]]));
    ended["incomplete_details"] = json!({"reason": "max_output_tokens"});
    cut.push(json!({"type": "response.incomplete", "response": ended}));
    let mut broken = [opening(), hello_at(0)].concat();
    broken.truncate(6);
    let error = json!({"type": "server_error", "code": "x", "message": "y", "param": null});
    broken.push(json!({"type": "error", "error": error}));
    let mut failure = failed(json!({"code": "x", "message": "y"}));
    failure["response"]["output"] = json!([{
        "type": "message", "id": "msg_1", "status": "in_progress", "role": "assistant",
        "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
    }]);
    broken.push(failure);
    [
        ("message", hello()),
        ("call", one_call("f")),
        (
            "reasoning",
            [
                opening(),
                thinking.clone(),
                hello_at(1),
                vec![completed(both)],
            ]
            .concat(),
        ),
        (
            "interleaved_calls",
            [opening(), thinking, interleaved, vec![completed(three)]].concat(),
        ),
        ("incomplete", cut),
        ("failed", broken),
    ]
    .map(|(name, events)| (name, numbered(events)))
    .to_vec()
}
