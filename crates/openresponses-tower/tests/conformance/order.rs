//! Checks the order of a stream's events by a state machine that is independent of the
//! implementation.

use serde_json::{Value, json};

/// Open items, as known from the events so far.
#[derive(Default)]
struct State {
    done: Vec<Value>,
    open: Option<Open>,
}

struct Open {
    id: Value,
    item_type: String,
    /// The open part: what its events are called, where it is, its text so far, and whether the text is done.
    part: Option<(String, Value, String, bool)>,
    contents: u64,
    summaries: u64,
    arguments: String,
    arguments_done: bool,
}

/// Panics where the events break a rule.
#[track_caller]
pub(crate) fn check(events: &[Value]) {
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number, "{event}");
    }
    assert_eq!(events[0]["type"], "response.created");
    assert_eq!(events[1]["type"], "response.in_progress");
    for event in &events[..2] {
        assert_eq!(event["response"]["status"], "in_progress");
        assert_eq!(event["response"]["output"], json!([]));
    }
    let (last, inner) = events[2..].split_last().unwrap();
    let failed = last["type"] == "response.failed";
    let inner = match inner.split_last() {
        Some((error, before)) if failed => {
            assert_eq!(error["type"], "error");
            assert_eq!(error["error"]["code"], last["response"]["error"]["code"]);
            before
        }
        _ => inner,
    };
    let mut state = State::default();
    for event in inner {
        state.step(event);
    }
    let response = &last["response"];
    let status = last["type"].as_str().unwrap().strip_prefix("response.");
    assert_eq!(response["status"].as_str(), status);
    assert_eq!(response["id"], events[0]["response"]["id"]);
    let output = response["output"].as_array().unwrap();
    assert_eq!(output[..state.done.len()], state.done);
    match state.open {
        // Items that were open at a failure stay unchanged.
        Some(open) if failed => {
            let item = &output[state.done.len()];
            assert_eq!(item["id"], open.id);
            assert_eq!(item["status"], "in_progress");
        }
        Some(_) => panic!("an item is open at the end"),
        None => assert_eq!(output.len(), state.done.len()),
    }
    for (index, item) in output.iter().enumerate() {
        if item["status"] == "incomplete" {
            assert_eq!(index, output.len() - 1);
            assert_eq!(response["status"], "incomplete");
        }
    }
    assert_eq!(response["error"].is_null(), !failed);
    let incomplete = response["status"] == "incomplete";
    assert_eq!(response["incomplete_details"].is_null(), !incomplete);
}

impl State {
    #[track_caller]
    fn step(&mut self, event: &Value) {
        let kind = event["type"].as_str().unwrap();
        assert_eq!(event["output_index"], self.done.len(), "{event}");
        if kind == "response.output_item.added" {
            assert!(self.open.is_none(), "{event}");
            let item = &event["item"];
            if item["type"] != "compaction" {
                assert_eq!(item["status"], "in_progress", "{event}");
            }
            if item["type"] == "message" {
                assert_eq!(item["content"], json!([]));
            }
            self.open = Some(Open {
                id: item["id"].clone(),
                item_type: item["type"].as_str().unwrap().into(),
                part: None,
                contents: 0,
                summaries: 0,
                arguments: String::new(),
                arguments_done: false,
            });
            return;
        }
        let open = self.open.as_mut().expect("an open item");
        if kind == "response.output_item.done" {
            let item = &event["item"];
            assert!(open.part.is_none(), "{event}");
            assert_eq!(item["id"], open.id);
            assert_ne!(item["status"], "in_progress");
            match open.item_type.as_str() {
                "function_call" => {
                    assert!(open.arguments_done);
                    assert_eq!(item["arguments"], open.arguments);
                }
                "message" => {
                    assert_eq!(
                        item["content"].as_array().unwrap().len() as u64,
                        open.contents
                    );
                }
                _ => {}
            }
            self.done.push(item.clone());
            self.open = None;
            return;
        }
        assert_eq!(event["item_id"], open.id, "{event}");
        open.step(kind, event);
    }
}

impl Open {
    #[track_caller]
    fn step(&mut self, kind: &str, event: &Value) {
        match kind {
            "response.content_part.added" | "response.reasoning_summary_part.added" => {
                assert!(self.part.is_none(), "{event}");
                let summary = kind.contains("summary");
                let (index, count) = if summary {
                    (&event["summary_index"], &mut self.summaries)
                } else {
                    (&event["content_index"], &mut self.contents)
                };
                assert_eq!(*index, *count, "{event}");
                *count += 1;
                let name = match event["part"]["type"].as_str().unwrap() {
                    "output_text" => "response.output_text",
                    "refusal" => "response.refusal",
                    "summary_text" => "response.reasoning_summary_text",
                    "reasoning_text" => "response.reasoning",
                    other => panic!("{other}"),
                };
                let text = event["part"].get("text").or(event["part"].get("refusal"));
                assert_eq!(*text.unwrap(), "");
                self.part = Some((name.into(), index.clone(), String::new(), false));
            }
            "response.content_part.done" | "response.reasoning_summary_part.done" => {
                let (_, index, text, done) = self.part.take().expect("an open part");
                assert!(done, "{event}");
                let part = &event["part"];
                let whole = part.get("text").or(part.get("refusal"));
                assert_eq!(*whole.unwrap(), text);
                assert_eq!(*place(event), index);
            }
            "response.output_text.annotation.added" => {
                assert!(self.part.is_some(), "{event}");
            }
            "response.function_call_arguments.delta" => {
                assert!(!self.arguments_done && self.item_type == "function_call");
                self.arguments.push_str(event["delta"].as_str().unwrap());
            }
            "response.function_call_arguments.done" => {
                assert!(!std::mem::replace(&mut self.arguments_done, true));
                assert_eq!(event["arguments"], self.arguments);
            }
            kind => {
                let (name, index, text, done) = self.part.as_mut().expect("an open part");
                assert!(!*done, "{event}");
                assert_eq!(place(event), index);
                match kind.strip_prefix(&*name).expect("an event of the part") {
                    ".delta" => text.push_str(event["delta"].as_str().unwrap()),
                    ".done" => {
                        let whole = event.get("text").or(event.get("refusal"));
                        assert_eq!(*whole.unwrap(), *text);
                        *done = true;
                    }
                    other => panic!("{other}"),
                }
            }
        }
    }
}

fn place(event: &Value) -> &Value {
    event
        .get("content_index")
        .or(event.get("summary_index"))
        .unwrap()
}
