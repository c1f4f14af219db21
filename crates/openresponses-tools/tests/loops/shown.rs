//! Calls that the client sees, as items of their own type.

use serde_json::json;

use super::stack::{Script, Stack, ask_both, call, round, summary, text};

#[tokio::test]
async fn a_hosted_tool_is_announced_reports_and_is_done() {
    let (answer, script) = ask_both(
        vec![
            round([call(1, "search", r#"{"query":"climate"}"#)]),
            round([text("Found.")]),
        ],
        json!({"tools": [{"type": "acme:search", "index": "news"}]}),
    )
    .await;
    assert_eq!(
        answer.summary(),
        "acme:search completed {\"query\":\"climate\"} \"climate\" in news / -; assistant 'Found.'"
    );
    assert_eq!(
        answer.event_types()[2..5],
        [
            "response.output_item.added",
            "response.output_item.done",
            "response.output_item.added"
        ]
    );
    let added = answer.events[2].to_json();
    assert!(
        added.contains(r#""status":"in_progress","call_id":"call_1","name":"search""#),
        "{added}"
    );
    let done = answer.events[3].to_json();
    assert!(
        done.contains(r#""results":[{"document_id":"d1"}]"#),
        "{done}"
    );
    // The model sees a function in the place of the declaration.
    let turns = script.turns.lock().unwrap();
    assert!(
        turns[0]
            .tools
            .iter()
            .all(|tool| tool.type_name() == "function")
    );
}

#[tokio::test]
async fn progress_is_an_event_about_the_item() {
    let (answer, _) = ask_both(
        vec![
            round([call(1, "shout", r#"{"text":"a"}"#)]),
            round([text("Done.")]),
        ],
        json!({}),
    )
    .await;
    assert_eq!(answer.event_types()[3], "acme:shout.progress");
    let id = answer.response.output_items()[0].id().unwrap();
    assert_eq!(
        answer.events[3].to_json(),
        format!(
            r#"{{"type":"acme:shout.progress","done":0.5,"item_id":"{id}","output_index":0,"sequence_number":3}}"#
        )
    );
}

#[tokio::test]
async fn an_item_that_comes_back_is_a_call_and_its_result() {
    let script = Script::new(vec![
        round([
            call(1, "shout", r#"{"text":"a"}"#),
            call(2, "shout", r#"{"text":"b"}"#),
        ]),
        round([text("Done.")]),
        round([text("Again.")]),
        round([text("Again.")]),
    ]);
    let stack = Stack::new(script.clone());
    let first = stack.ask(json!({})).await;
    let expected = "user 'How warm is it?'; call call_1 shout({\"text\":\"a\"}); \
        call call_2 shout({\"text\":\"b\"}); output call_1 'A'; output call_2 'B'; \
        assistant 'Done.'; user 'And now?'";
    // As input, and through the store.
    let mut input = vec![json!({"role": "user", "content": "How warm is it?"})];
    for item in first.response.output_items() {
        input.push(serde_json::from_str(&item.to_json()).unwrap());
    }
    input.push(json!({"role": "user", "content": "And now?"}));
    stack.ask(json!({"input": input})).await;
    assert_eq!(script.last_context(), expected);
    stack
        .ask(json!({"input": "And now?", "previous_response_id": first.response.id}))
        .await;
    assert_eq!(script.last_context(), expected);
    let turns = script.turns.lock().unwrap();
    let turn = turns.last().unwrap();
    let input = turn.input_items().iter().map(|item| &**item);
    assert_eq!(summary(input), "user 'And now?'");
}

#[tokio::test]
async fn items_of_others_are_left_to_the_provider() {
    let script = Script::new(vec![round([text("Done.")])]);
    let stack = Stack::new(script.clone());
    let input = json!([
        {"type": "mcp_call", "id": "mcp_1", "name": "f", "arguments": "{}", "server_label": "x", "output": "y"},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": true},
        {"type": "globex:approval_response", "approval_request_id": "a", "approve": true},
        {"type": "globex:search", "id": "s", "status": "completed", "arguments": "{}"},
        {"role": "user", "content": "Go on."},
    ]);
    stack.ask(json!({"input": input})).await;
    let turns = script.turns.lock().unwrap();
    let types: Vec<&str> = turns[0].items.iter().map(|item| item.type_name()).collect();
    assert_eq!(
        types,
        [
            "mcp_call",
            "mcp_approval_response",
            "globex:approval_response",
            "globex:search",
            "message"
        ]
    );
}
