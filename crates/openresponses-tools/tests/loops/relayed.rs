//! Rounds of an upstream that implements the protocol itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openresponses_tower::OutputStream;
use openresponses_tower::output::{Output, RelayMode, RelayObserver, RelayOptions, VendorEvents};
use serde_json::json;

use super::stack::{Round, Script, Stack, call, round, text};

/// What a server says for `deltas`, as an upstream's frames.
async fn frames(deltas: Vec<openresponses_types::sequence::Delta>) -> Round {
    use futures_util::StreamExt;
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let mut stack = Stack::new(Script::new(vec![deltas]));
    stack.tools = openresponses_tools::Tools::new();
    let request = super::stack::post(&json!({
        "model": "m", "input": "x", "stream": true,
        "tools": [{"type": "function", "name": "weather"}, {"type": "function", "name": "book"}],
    }));
    let body = stack.service().oneshot(request).await.unwrap().into_body();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = http_body_util::Full::new(bytes);
    let stream = OutputStream::relay(body, RelayMode::Repair);
    stream.collect::<Vec<Result<Output, _>>>().await
}

#[tokio::test]
async fn they_become_one_response() {
    use openresponses_types::sequence::Delta;
    let first = round([
        vec![
            Delta::Summary("I should look.".into()),
            Delta::EncryptedReasoning("sealed".into()),
        ],
        text("Let me "),
        text("look."),
        call(1, "weather", r#"{"city":"Paris"}"#),
    ]);
    let second = round([text("It is warm."), call(2, "book", r#"{"a":1}"#)]);
    let script = Script::of_outputs(vec![frames(first).await, frames(second).await]);
    let stack = Stack::new(script.clone());
    let tools = json!([{"type": "function", "name": "book"}]);
    let answer = stack.ask(json!({"tools": tools})).await;
    assert_eq!(
        answer.summary(),
        "reasoning 'I should look.'; assistant 'Let me look.'; assistant 'It is warm.'; \
         call call_2 book({\"a\":1})"
    );
    assert_eq!(
        script.last_context(),
        "user 'How warm is it?'; reasoning 'I should look.'; assistant 'Let me look.'; \
         call call_1 weather({\"city\":\"Paris\"}); output call_1 '22 degrees in Paris'"
    );
    let usage = answer.response.usage.value().unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (2, 4));
    let texts = answer.event_types();
    let deltas = texts
        .iter()
        .filter(|name| **name == "response.output_text.delta");
    assert_eq!(deltas.count(), 3);
}

#[tokio::test]
async fn their_failure_is_the_responses() {
    let first = frames(vec![openresponses_types::sequence::Delta::text("It")]).await;
    let answer = Stack::new(Script::of_outputs(vec![first]))
        .ask(json!({}))
        .await;
    assert_eq!(
        (answer.status(), &*answer.reason()),
        ("failed", "stream_ended_early")
    );
    assert_eq!(answer.summary(), "assistant 'It'");
}

/// An upstream's frames, from the text of its body.
async fn relayed(body: String, options: RelayOptions) -> Round {
    use futures_util::StreamExt;
    let stream = OutputStream::relay(body, options);
    stream.collect::<Vec<Result<Output, _>>>().await
}

/// The events of a stream, as one body.
fn body(events: &[serde_json::Value]) -> String {
    let event = |event: &serde_json::Value| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}\n\n")
    };
    events.iter().map(event).collect()
}

/// The beginning of a response.
fn beginning() -> Vec<serde_json::Value> {
    let response = json!({
        "id": "resp_1", "object": "response", "created_at": 1, "completed_at": null, "status": "in_progress",
        "model": "m", "output": [], "error": null, "incomplete_details": null, "tools": [],
        "previous_response_id": null, "instructions": null, "tool_choice": "auto", "truncation": "disabled",
        "parallel_tool_calls": true, "text": {"format": {"type": "text"}}, "top_p": 1, "presence_penalty": 0,
        "frequency_penalty": 0, "top_logprobs": 0, "temperature": 1, "reasoning": null, "usage": null,
        "max_output_tokens": null, "max_tool_calls": null, "store": true, "background": false,
        "service_tier": "default", "metadata": {}, "safety_identifier": null, "prompt_cache_key": null,
    });
    ["response.created", "response.in_progress"]
        .iter()
        .enumerate()
        .map(
            |(number, name)| json!({"type": name, "sequence_number": number, "response": response}),
        )
        .collect()
}

/// A stream that ends with the upstream's own error.
fn broken_off() -> String {
    let mut events = beginning();
    events.push(json!({
        "type": "error", "sequence_number": 2, "code": "rate_limit_exceeded", "message": "Slow down.",
        "param": null,
    }));
    body(&events)
}

/// How the loop ends where the upstream answers with these frames, and how often an observer was
/// called.
async fn ends(mut frames: Round) -> ((String, String), usize) {
    let reports = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reports);
    let observer = RelayObserver::new(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    frames.insert(0, Ok(Output::RelayObserver(observer)));
    let answer = Stack::new(Script::of_outputs(vec![frames]))
        .ask(json!({}))
        .await;
    let end = (answer.status().to_owned(), answer.reason());
    (end, reports.load(Ordering::Relaxed))
}

#[tokio::test]
async fn an_error_after_which_they_close_is_the_responses() {
    let frames = relayed(broken_off(), RelayMode::Repair.into()).await;
    let (end, reports) = ends(frames).await;
    assert_eq!(end, ("failed".into(), "rate_limit_exceeded".into()));
    assert_eq!(reports, 1);
}

#[tokio::test]
async fn their_observers_are_called_however_they_end() {
    let frames = relayed(body(&beginning()), RelayMode::Repair.into()).await;
    assert_eq!(ends(frames).await.1, 1);
    let mut frames = relayed(body(&beginning()), RelayMode::Repair.into()).await;
    frames.push(Err(openresponses_tower::Error::overloaded()));
    let (end, reports) = ends(frames).await;
    assert_eq!(end.1, "overloaded");
    assert_eq!(reports, 1);
}

#[tokio::test]
async fn they_are_relayed_as_the_host_wants() {
    let mut events = beginning();
    events.push(
        json!({"type": "response.output_text.delta", "sequence_number": 2, "item_id": "i",
        "output_index": 0, "content_index": 0, "delta": "x".repeat(100), "logprobs": []}),
    );
    events.push(json!({"type": "codex.rate_limits", "sequence_number": 3, "left": 1}));
    let text = body(&events);
    let ended = |options: RelayOptions| {
        let text = text.clone();
        async move { ends(relayed(text, options).await).await.0.1 }
    };
    // The delta is about an item that was not announced.
    assert_eq!(ended(RelayMode::Repair.into()).await, "stream_ended_early");
    assert_eq!(ended(RelayMode::Enforce.into()).await, "upstream_error");
    let small = RelayOptions::new(RelayMode::Repair).output_limit(10);
    assert_eq!(ended(small).await, "upstream_error");

    let renamed = RelayOptions::new(RelayMode::Repair).vendor_events(VendorEvents::Rename("codex"));
    let frames = relayed(text.clone(), renamed).await;
    let answer = Stack::new(Script::of_outputs(vec![frames]))
        .ask(json!({}))
        .await;
    assert!(
        answer.event_types().contains(&"codex:codex.rate_limits"),
        "{:?}",
        answer.event_types()
    );
}

/// A stream of items, each as it is at the end and as it is announced, with the deltas between.
fn of_items(items: &[(serde_json::Value, serde_json::Value, serde_json::Value)]) -> String {
    let mut events = beginning();
    let mut response = events[0]["response"].clone();
    response["status"] = "completed".into();
    response["completed_at"] = 2.into();
    response["output"] = items.iter().map(|(item, ..)| item.clone()).collect();
    for (at, (item, announced, delta)) in items.iter().enumerate() {
        let added = "response.output_item.added";
        events.push(json!({"type": added, "output_index": at, "item": announced}));
        let mut delta = delta.clone();
        delta["item_id"] = item["id"].clone();
        delta["output_index"] = at.into();
        events.push(delta);
        let done = "response.output_item.done";
        events.push(json!({"type": done, "output_index": at, "item": item}));
    }
    events.push(json!({"type": "response.completed", "response": response}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    body(&events)
}

/// A call of `weather` in a stream.
fn of_call(namespace: Option<&str>) -> (serde_json::Value, serde_json::Value, serde_json::Value) {
    let arguments = r#"{"city":"Paris"}"#;
    let mut call = json!({
        "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather",
        "arguments": arguments, "status": "completed",
    });
    if let Some(namespace) = namespace {
        call["namespace"] = namespace.into();
    }
    let mut announced = call.clone();
    announced["arguments"] = "".into();
    announced["status"] = "in_progress".into();
    let delta = json!({"type": "response.function_call_arguments.delta", "delta": arguments});
    (call, announced, delta)
}

#[tokio::test]
async fn the_clients_calls_keep_their_members() {
    let called = of_call(Some("theirs"));
    let text = of_items(std::slice::from_ref(&called));
    let script = Script::of_outputs(vec![relayed(text, RelayMode::Repair.into()).await]);
    let function = json!({"type": "function", "name": "weather"});
    let tools = json!([{"type": "namespace", "name": "theirs", "tools": [function]}]);
    let answer = Stack::new(script.clone())
        .ask(json!({"tools": tools}))
        .await;
    let item: serde_json::Value =
        serde_json::from_str(&answer.response.output_items()[0].to_json()).unwrap();
    assert_eq!(item, called.0);
    assert_eq!(script.turns.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn encrypted_reasoning_keeps_the_id_that_it_names() {
    let reasoning = json!({
        "type": "reasoning", "id": "rs_upstream", "encrypted_content": "sealed",
        "summary": [{"type": "summary_text", "text": "I should look."}],
    });
    let mut announced = reasoning.clone();
    announced["summary"] = json!([]);
    let delta = json!({
        "type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": "I should look.",
    });
    let text = of_items(&[(reasoning, announced, delta), of_call(None)]);
    let script = Script::of_outputs(vec![relayed(text, RelayMode::Repair.into()).await]);
    let answer = Stack::new(script.clone()).ask(json!({})).await;
    assert_eq!(
        answer.summary(),
        "reasoning 'I should look.'; assistant 'Nothing more.'"
    );
    let is_theirs = |item: &openresponses_types::Item| item.id().as_deref() == Some("rs_upstream");
    assert!(is_theirs(&answer.response.output_items()[0]));
    let turns = script.turns.lock().unwrap();
    assert_eq!(
        turns[1].items.iter().filter(|item| is_theirs(item)).count(),
        1
    );
}
