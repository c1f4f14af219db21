//! An upstream that implements the protocol, relayed to a client.

#![allow(clippy::unwrap_used)]

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_tower::output::{RelayMode, RelayOptions};
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::check::Checker;
use openresponses_types::json::RawJson;
use openresponses_types::response::Usage;
use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
use openresponses_types::wire::Extension;
use openresponses_types::{Response as Resource, StreamEvent, Turn};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The transcript of an upstream.
fn upstream(deltas: Vec<Delta>) -> Vec<StreamEvent> {
    let response = Resource::new("resp_theirs", "their-model", 7);
    let mut sequencer = Sequencer::new(
        response,
        ToolPolicy::unrestricted(),
        std::sync::Arc::new(CountingIds::default()),
        std::sync::Arc::new(FixedClock(8)),
    );
    sequencer.start();
    for delta in deltas {
        sequencer.push(delta);
    }
    sequencer.conclude();
    std::iter::from_fn(|| sequencer.pop()).collect()
}

/// As printed by the upstream: with another order of members, and an unknown member.
fn printed(events: &[StreamEvent]) -> String {
    let mut text = String::new();
    for event in events {
        let json = event.to_json();
        let json = format!("{{\"x\": 1.50,{}", json.strip_prefix('{').unwrap());
        text.push_str(&format!("event: {}\ndata: {json}\n\n", event.event_type()));
    }
    text + "data: [DONE]\n\n"
}

struct Relay(String, RelayOptions);

impl Provider for Relay {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Ok(Response::new(OutputStream::relay(self.0.clone(), self.1)))
    }
}

async fn relayed(transcript: String, options: impl Into<RelayOptions>, body: Value) -> String {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let relay = Relay(transcript, options.into());
    let service = OpenResponses::new(relay, Config::new().store(store));
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    let answer = service.oneshot(request).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn streaming() -> Value {
    json!({"model": "ours", "input": "x", "stream": true})
}

/// The events of a stream that must be legal.
fn legal(stream: &str) -> Vec<Value> {
    let mut checker = Checker::new().expect_done_marker(true);
    let mut events = Vec::new();
    for frame in stream.split("\n\n").filter(|frame| !frame.is_empty()) {
        let data = frame
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .unwrap();
        if data == "[DONE]" {
            checker.done_marker();
            continue;
        }
        let name = frame.lines().find_map(|line| line.strip_prefix("event: "));
        checker.push(&StreamEvent::from_json(data.as_bytes()).unwrap(), name);
        events.push(serde_json::from_str(data).unwrap());
    }
    assert_eq!(checker.finish(), [], "{stream}");
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

fn hello() -> Vec<Delta> {
    vec![
        Delta::Reasoning("hm".into()),
        Delta::text("Hel"),
        Delta::text("lo"),
        Delta::usage(Usage::new(3, 4)),
        Delta::complete(),
    ]
}

#[tokio::test]
async fn frames_that_need_no_change_pass_unchanged() {
    for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
        let transcript = printed(&upstream(hello()));
        let stream = relayed(transcript.clone(), mode, streaming()).await;
        let events = legal(&stream);
        let inner: Vec<&str> = transcript.split_inclusive("\n\n").collect();
        let ours: Vec<&str> = stream.split_inclusive("\n\n").collect();
        assert_eq!(ours.len(), inner.len());
        let last = inner.len() - 2;
        assert_eq!(ours[2..last], inner[2..last], "{mode:?}");
        let done = events.last().unwrap();
        assert_eq!(done["response"]["model"], "ours");
        assert_ne!(done["response"]["id"], "resp_theirs");
        assert_eq!(done["response"]["store"], true);
        assert_eq!(done["response"]["usage"]["total_tokens"], 7);
        assert_eq!(done["response"]["output"][1]["content"][0]["text"], "Hello");
    }
}

#[tokio::test]
async fn a_response_that_is_not_streamed_is_the_same() {
    let transcript = printed(&upstream(hello()));
    let body = json!({"model": "ours", "input": "x"});
    let response = relayed(transcript, RelayMode::Repair, body).await;
    let response: Value = serde_json::from_str(&response).unwrap();
    assert_eq!(response["status"], "completed");
    assert_eq!(response["output"][1]["content"][0]["text"], "Hello");
}

#[tokio::test]
async fn a_forbidden_call_is_removed_and_later_items_move_up() {
    let call = |key, name: &str| Delta::Call {
        key,
        call_id: None,
        name: name.into(),
    };
    let transcript = printed(&upstream(vec![
        call(1, "delete"),
        Delta::Arguments {
            key: 1,
            delta: "{}".into(),
        },
        Delta::EndCall { key: 1 },
        call(2, "read"),
        Delta::Arguments {
            key: 2,
            delta: "{\"a\":1}".into(),
        },
        Delta::EndCall { key: 2 },
        Delta::text("done"),
        Delta::complete(),
    ]));
    let mut body = streaming();
    body["tools"] =
        json!([{"type": "function", "name": "read"}, {"type": "function", "name": "delete"}]);
    body["tool_choice"] =
        json!({"type": "allowed_tools", "tools": [{"type": "function", "name": "read"}]});
    let stream = relayed(transcript, RelayMode::Enforce, body).await;
    let events = legal(&stream);
    let output = &events.last().unwrap()["response"]["output"];
    assert_eq!(output.as_array().unwrap().len(), 2);
    assert_eq!(output[0]["name"], "read");
    // The tools of the request are echoed; no event is about the other call.
    assert!(events.iter().all(|event| event["item"]["name"] != "delete"));
}

#[tokio::test]
async fn a_forbidden_call_of_a_hosted_tool_is_removed() {
    let item = |kind: &str, status: &str| {
        json!({
            "type": format!("response.output_item.{kind}"), "sequence_number": 2,
            "output_index": 0,
            "item": {"type": "acme:search", "id": "as_1", "status": status, "query": "secret"},
        })
    };
    let progress = json!({
        "type": "acme:search.progress", "sequence_number": 3, "item_id": "as_1", "output_index": 0,
    });
    let end = json!({"type": "response.completed", "sequence_number": 5, "response": {
        "id": "r", "model": "m", "created_at": 1, "status": "completed",
        "output": [item("done", "completed")["item"]],
    }});
    let events = [
        item("added", "in_progress"),
        progress,
        item("done", "completed"),
        end,
    ];
    let print = |event: &Value| format!("data: {event}\n\n");
    let transcript: String = events.iter().map(print).collect();
    for (choice, passes) in [(json!("auto"), true), (json!("none"), false)] {
        let mut body = streaming();
        body["tools"] = json!([{"type": "acme:search"}]);
        body["tool_choice"] = choice;
        for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
            let stream = relayed(transcript.clone(), mode, body.clone()).await;
            assert_eq!(stream.contains("secret"), passes, "{mode:?}: {stream}");
            assert_eq!(
                stream.contains("search.progress"),
                passes,
                "{mode:?}: {stream}"
            );
            assert!(stream.ends_with("data: [DONE]\n\n"), "{mode:?}");
        }
    }
}

#[tokio::test]
async fn an_upstream_that_breaks_off_is_a_failure() {
    let mut events = upstream(hello());
    events.truncate(8);
    for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
        let stream = relayed(printed(&events), mode, streaming()).await;
        let events = legal(&stream);
        let types = types(&events);
        assert_eq!(
            types[types.len() - 2..],
            ["error", "response.failed"],
            "{mode:?}"
        );
    }
}

#[tokio::test]
async fn illegal_streams_are_repaired_or_ended() {
    let whole = upstream(hello());
    for left_out in 0..whole.len() {
        let mut events = whole.clone();
        events.remove(left_out);
        for mode in [RelayMode::Enforce, RelayMode::Repair] {
            legal(&relayed(printed(&events), mode, streaming()).await);
        }
        let mut events = whole.clone();
        events.insert(left_out, whole[left_out].clone());
        for mode in [RelayMode::Enforce, RelayMode::Repair] {
            legal(&relayed(printed(&events), mode, streaming()).await);
        }
    }
}

#[tokio::test]
async fn garbage_is_a_failure() {
    for garbage in [
        "",
        "data: {\n\n",
        "data: [DONE]\n\n",
        "event: x\ndata: {\"type\":\"x\\ny\"}\n\n",
        "<html>",
    ] {
        for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
            let stream = relayed(garbage.into(), mode, streaming()).await;
            let events = legal(&stream);
            assert_eq!(events.last().unwrap()["type"], "response.failed");
        }
    }
}

/// The ids that an event names.
fn ids(event: &Value) -> Vec<&str> {
    let output = event["response"]["output"].as_array();
    let output = output.into_iter().flatten().map(|item| &item["id"]);
    [&event["item_id"], &event["item"]["id"]]
        .into_iter()
        .chain(output)
        .filter_map(Value::as_str)
        .collect()
}

#[tokio::test]
async fn items_get_new_ids_where_the_host_configures_it() {
    let call = Delta::Call {
        key: 1,
        call_id: Some("call_theirs".into()),
        name: "read".into(),
    };
    let mut deltas = hello();
    deltas.splice(3..3, [call, Delta::EndCall { key: 1 }]);
    let mut theirs = upstream(deltas);
    // An implementer's event about the first item, and one about an unknown item.
    let about =
        |id: &str| format!(r#"{{"type":"acme:note","sequence_number":4,"item_id":"{id}"}}"#);
    for id in ["rs_1", "elsewhere"] {
        theirs.insert(4, StreamEvent::from_json(about(id).as_bytes()).unwrap());
    }
    let theirs: Vec<_> = (0u64..)
        .zip(theirs)
        .map(|(number, event)| event.with_sequence_number(number))
        .collect();
    let transcript = printed(&theirs);
    let mut body = streaming();
    body["tools"] = json!([{"type": "function", "name": "read"}]);
    for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
        let kept = legal(&relayed(transcript.clone(), mode, body.clone()).await);
        let options = RelayOptions::new(mode).own_item_ids(true);
        let ours = legal(&relayed(transcript.clone(), options, body.clone()).await);
        assert_eq!(types(&kept), types(&ours));
        let mut renamed = std::collections::BTreeMap::new();
        for (kept, ours) in kept.iter().zip(&ours) {
            for (kept, ours) in ids(kept).into_iter().zip(ids(ours)) {
                assert_eq!(
                    *renamed.entry(kept.to_owned()).or_insert(ours.to_owned()),
                    ours
                );
            }
        }
        assert_eq!(renamed.remove("elsewhere").unwrap(), "elsewhere");
        let old: Vec<&str> = renamed.keys().map(String::as_str).collect();
        assert_eq!(old, ["fc_3", "msg_2", "rs_1"]);
        for (old, new) in &renamed {
            let prefix = old.split('_').next().unwrap();
            assert!(new.starts_with(prefix) && new.len() > 20, "{old}: {new}");
        }
        let output = &ours.last().unwrap()["response"]["output"];
        assert_eq!(output[2]["call_id"], "call_theirs");
    }
}

/// A call that was announced as another, and one that only the terminal response has.
#[tokio::test]
async fn a_disguised_forbidden_call_is_removed() {
    let call = |name: &str| {
        json!({
            "type": "function_call", "id": "fc", "call_id": "c", "name": name,
            "arguments": "{}", "status": "completed",
        })
    };
    let item = |kind: &str, name: &str| {
        json!({
            "type": format!("response.output_item.{kind}"), "sequence_number": 2,
            "output_index": 0, "item": call(name),
        })
    };
    let end = json!({"type": "response.completed", "sequence_number": 4, "response": {
        "id": "r", "model": "m", "created_at": 1, "status": "completed",
        "output": [call("delete")],
    }});
    let streams = [
        vec![item("added", "read"), item("done", "delete"), end.clone()],
        vec![item("done", "delete"), end.clone()],
        vec![end],
    ];
    let mut body = streaming();
    body["tools"] = json!([{"type": "function", "name": "read"}]);
    for (at, events) in streams.iter().enumerate() {
        let print = |event: &Value| format!("data: {event}\n\n");
        let transcript: String = events.iter().map(print).collect();
        for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
            let stream = relayed(transcript.clone(), mode, body.clone()).await;
            assert!(!stream.contains("delete"), "{at}, {mode:?}: {stream}");
            assert!(stream.ends_with("data: [DONE]\n\n"), "{at}, {mode:?}");
        }
    }
}

/// In the mode `Observe` nothing is repaired, and the removal still works.
#[tokio::test]
async fn forbidden_calls_at_one_place_are_left_out() {
    let item = |kind: &str, id: &str, index: u64| {
        format!(
            r#"{{"type":"response.output_item.{kind}","sequence_number":9,"output_index":{index},"item":{{"type":"function_call","id":"{id}","call_id":"c","name":"delete","arguments":"{{}}","status":"completed"}}}}"#
        )
    };
    let delta = r#"{"type":"response.output_text.delta","sequence_number":9,"item_id":"msg","output_index":1,"content_index":0,"delta":"Hi"}"#;
    let transcript: String = [
        item("added", "a", 0),
        item("added", "b", 0),
        item("done", "b", 0),
        delta.into(),
    ]
    .iter()
    .map(|event| format!("data: {event}\n\n"))
    .collect();
    let mut body = streaming();
    body["tool_choice"] = json!("none");
    for mode in [RelayMode::Observe, RelayMode::Repair] {
        let stream = relayed(transcript.clone(), mode, body.clone()).await;
        assert!(stream.contains(r#""delta":"Hi""#), "{mode:?}: {stream}");
        assert!(!stream.contains("delete"), "{mode:?}: {stream}");
        assert!(stream.ends_with("data: [DONE]\n\n"));
    }
}

/// Some servers send no `event` lines, and some print characters that clients treat as line breaks.
#[tokio::test]
async fn frames_that_clients_cannot_read_are_printed_again() {
    let events = upstream(vec![
        Delta::text("a\u{2028}b "),
        Delta::text("c\u{85}d"),
        Delta::Event(Box::new(
            Extension::new(RawJson::parse("{\"type\":\"acme:x\",\"y\":\"\u{2029}\"}").unwrap())
                .unwrap(),
        )),
        Delta::complete(),
    ]);
    let named = printed(&events)
        .replace("\\u2028", "\u{2028}")
        .replace("\\u2029", "\u{2029}")
        .replace("\\u0085", "\u{85}");
    let unnamed: String = named
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("event: "))
        .collect();
    let misnamed = named.replace("event: response.output_text", "event: text");
    assert!(named.contains('\u{2028}') && named.contains('\u{85}'));
    for transcript in [named, unnamed, misnamed] {
        for mode in [RelayMode::Observe, RelayMode::Repair] {
            let stream = relayed(transcript.clone(), mode, streaming()).await;
            assert!(
                !stream.contains(['\u{85}', '\u{2028}', '\u{2029}']),
                "{mode:?}"
            );
            assert_eq!(legal(&stream).len(), events.len(), "{mode:?}");
            for frame in stream
                .split_terminator("\n\n")
                .filter(|it| !it.contains("[DONE]"))
            {
                let (name, data) = frame.split_once('\n').unwrap();
                let data: Value =
                    serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                assert_eq!(
                    name.strip_prefix("event: "),
                    data["type"].as_str(),
                    "{mode:?}"
                );
            }
        }
    }
}
