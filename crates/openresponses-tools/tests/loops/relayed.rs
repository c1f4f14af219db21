//! Rounds of an upstream that implements the protocol itself.

use openresponses_tower::OutputStream;
use openresponses_tower::output::{Output, RelayMode};
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
