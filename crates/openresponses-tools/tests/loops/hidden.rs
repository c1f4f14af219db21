//! Rounds that the client does not see.

use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::stack::{Script, Stack, call, round, text};

fn rounds() -> Script {
    Script::new(vec![
        round([
            text("Let me look."),
            call(1, "weather", r#"{"city":"Paris"}"#),
        ]),
        round([text("22 degrees.")]),
        round([text("In Paris.")]),
    ])
}

#[tokio::test]
async fn the_next_turn_knows_them_and_the_client_does_not() {
    let script = rounds();
    let stack = Stack::new(script.clone());
    let first = stack.ask(json!({})).await;
    let id = first.response.id.clone();
    let second = stack
        .ask(json!({"input": "Where?", "previous_response_id": id}))
        .await;
    assert_eq!(
        script.last_context(),
        "user 'How warm is it?'; assistant 'Let me look.'; call call_1 weather({\"city\":\"Paris\"}); \
         output call_1 '22 degrees in Paris'; assistant '22 degrees.'; user 'Where?'"
    );
    for path in [
        format!("/v1/responses/{id}"),
        format!("/v1/responses/{}/input_items", second.response.id),
    ] {
        let request = Request::get(&path).body(String::new()).unwrap();
        let answer = stack.service().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        let text = body.to_string();
        assert!(text.contains("22 degrees."), "{text}");
        assert!(
            !text.contains("call_1") && !text.contains("hidden"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn without_a_store_they_are_lost() {
    let script = rounds();
    let stack = Stack::new(script.clone());
    let first = stack.ask(json!({"store": false})).await;
    let mut input = vec![json!({"role": "user", "content": "How warm is it?"})];
    for item in first.response.output_items() {
        input.push(serde_json::from_str(&item.to_json()).unwrap());
    }
    stack.ask(json!({"store": false, "input": input})).await;
    assert_eq!(
        script.last_context(),
        "user 'How warm is it?'; assistant 'Let me look.'; assistant '22 degrees.'"
    );
}
