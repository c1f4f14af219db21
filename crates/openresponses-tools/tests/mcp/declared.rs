//! Servers of the host's that the client declares: it sees the items that the OpenAI SDKs know.

use openresponses_tools::{McpServer, Tools};
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};

use super::server;
use super::stack::{Answer, Script, Stack, call, round, text};

async fn stack(rounds: Vec<Vec<Delta>>) -> Stack {
    let (address, _) = server::start().await;
    let mut stack = Stack::new(Script::new(rounds));
    stack.tools =
        Tools::new().mcp(McpServer::http("test", format!("{address}/mcp")).only(["echo", "fail"]));
    stack
}

fn item(answer: &Answer, index: usize) -> Value {
    serde_json::from_str(&answer.response.output_items()[index].to_json()).unwrap()
}

#[tokio::test]
async fn a_call_is_listed_announced_and_done() {
    let stack = stack(vec![
        round([call(1, "echo", r#"{"text":"a"}"#), call(2, "fail", "{}")]),
        round([text("Done.")]),
        round([text("Again.")]),
    ])
    .await;
    let service = stack.service();
    let declared = json!([{"type": "mcp", "server_label": "test", "require_approval": "never"}]);
    let answer = stack.ask_with(&service, json!({"tools": declared})).await;
    assert_eq!(
        answer.summary(),
        "mcp_list_tools; mcp_call; mcp_call; assistant 'Done.'"
    );
    assert_eq!(
        answer.event_types()[2..17],
        [
            "response.output_item.added",
            "response.mcp_list_tools.in_progress",
            "response.mcp_list_tools.completed",
            "response.output_item.done",
            "response.output_item.added",
            "response.mcp_call.in_progress",
            "response.mcp_call_arguments.delta",
            "response.mcp_call_arguments.done",
            "response.mcp_call.completed",
            "response.output_item.done",
            "response.output_item.added",
            "response.mcp_call.in_progress",
            "response.mcp_call_arguments.delta",
            "response.mcp_call_arguments.done",
            "response.mcp_call.failed",
        ]
    );
    let listing = item(&answer, 0);
    assert_eq!(listing["server_label"], "test");
    assert_eq!(listing["error"], Value::Null);
    assert_eq!(listing["tools"][0]["name"], "echo");
    assert_eq!(listing["tools"][0]["input_schema"]["type"], "object");
    assert_eq!(
        listing["tools"][0]["annotations"],
        json!({"readOnlyHint": true, "title": "Echo"})
    );
    assert_eq!(listing["tools"][1]["annotations"], Value::Null);
    let mut first = item(&answer, 1);
    assert!(first["id"].as_str().unwrap().starts_with("mcp_"));
    first["id"] = "mcp_1".into();
    assert_eq!(
        first,
        json!({
            "type": "mcp_call", "id": "mcp_1", "status": "completed", "server_label": "test",
            "name": "echo", "arguments": r#"{"text":"a"}"#, "output": "a", "error": null,
            "approval_request_id": null,
        })
    );
    let second = item(&answer, 2);
    assert_eq!(
        (&second["status"], &second["error"]),
        (&json!("failed"), &json!("It broke."))
    );

    // The next turn knows the calls, and does not list the server again.
    let body = json!({
        "tools": declared, "input": "And now?", "previous_response_id": answer.response.id,
    });
    let answer = stack.ask_with(&service, body).await;
    assert_eq!(answer.summary(), "assistant 'Again.'");
    let context = stack.script.last_context();
    assert!(
        context.contains("echo({\"text\":\"a\"}); call "),
        "{context}"
    );
    assert!(context.contains(" 'a'; output "), "{context}");
    assert!(
        context.contains("'Error: It broke.'; assistant 'Done.'"),
        "{context}"
    );
}

#[tokio::test]
async fn the_client_narrows_the_tools() {
    for (declared, functions) in [
        (json!({"allowed_tools": ["echo"]}), &["echo"][..]),
        (
            json!({"allowed_tools": {"tool_names": ["fail"]}}),
            &["fail"][..],
        ),
        (json!({}), &["echo", "fail"][..]),
        (json!({"allowed_tools": {"read_only": true}}), &["echo"][..]),
        (
            json!({"allowed_tools": {"read_only": false}}),
            &["fail"][..],
        ),
        (
            json!({"allowed_tools": {"read_only": true, "tool_names": ["fail"]}}),
            &[][..],
        ),
    ] {
        let stack = stack(vec![round([text("Done.")])]).await;
        let mut declared = declared;
        declared["type"] = "mcp".into();
        declared["server_label"] = "test".into();
        stack.ask(json!({"tools": [declared]})).await;
        let turns = stack.script.turns.lock().unwrap();
        let names: Vec<String> = turns[0]
            .tools
            .iter()
            .map(|tool| serde_json::from_str::<Value>(&tool.to_json()).unwrap()["name"].to_string())
            .map(|name| name.trim_matches('"').to_owned())
            .collect();
        assert_eq!(names, functions);
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_says_so_in_its_listing() {
    let mut stack = Stack::new(Script::new(vec![round([text("Done.")])]));
    stack.tools = Tools::new().mcp(McpServer::http("test", "http://127.0.0.1:9/mcp"));
    let answer = stack
        .ask(json!({"tools": [{"type": "mcp", "server_label": "test"}]}))
        .await;
    assert_eq!(answer.summary(), "mcp_list_tools; assistant 'Done.'");
    assert_eq!(answer.event_types()[4], "response.mcp_list_tools.failed");
    assert_eq!(
        item(&answer, 0)["error"],
        "The tool's server cannot be reached."
    );
}

#[tokio::test]
async fn approval_is_asked_for_and_given() {
    let stack = stack(vec![
        round([call(1, "echo", r#"{"text":"a"}"#)]),
        round([text("Done.")]),
    ])
    .await;
    let service = stack.service();
    let declared = json!([{
        "type": "mcp", "server_label": "test",
        "require_approval": {"always": {"tool_names": ["echo"]}, "never": {"tool_names": ["fail"]}},
    }]);
    let first = stack.ask_with(&service, json!({"tools": declared})).await;
    assert_eq!(first.summary(), "mcp_list_tools; mcp_approval_request");
    let request = item(&first, 1);
    assert_eq!(request["name"], "echo");
    assert_eq!(request["arguments"], r#"{"text":"a"}"#);
    assert_eq!(request["server_label"], "test");
    let body = json!({
        "tools": declared,
        "previous_response_id": first.response.id,
        "input": [{
            "type": "mcp_approval_response", "approval_request_id": request["id"], "approve": true,
        }],
    });
    let second = stack.ask_with(&service, body).await;
    assert_eq!(second.summary(), "mcp_call; assistant 'Done.'");
    let ran = item(&second, 0);
    assert_eq!(
        (&ran["output"], &ran["approval_request_id"]),
        (&json!("a"), &request["id"])
    );
}

#[tokio::test]
async fn a_filter_that_cannot_be_applied_is_refused() {
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    for filter in [
        json!({"allowed_tools": {"readOnly": true}}),
        json!({"allowed_tools": {"read_only": "yes"}}),
        json!({"require_approval": {"never": {"prefix": "a"}}}),
        json!({"require_approval": {"sometimes": {"tool_names": ["a"]}}}),
    ] {
        let stack = stack(vec![]).await;
        let mut declared = filter.clone();
        declared["type"] = "mcp".into();
        declared["server_label"] = "test".into();
        let body = json!({"model": "m", "input": "x", "tools": [declared]});
        let request = super::stack::post(&body);
        let answer = stack.service().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 400, "{filter}");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(answer["error"]["param"], "tools[0]", "{filter}");
    }
}

#[tokio::test]
async fn calls_of_tools_that_only_read_need_no_approval_where_the_client_says_so() {
    let stack = stack(vec![round([
        call(1, "echo", r#"{"text":"a"}"#),
        call(2, "fail", "{}"),
    ])])
    .await;
    let declared = json!([{
        "type": "mcp", "server_label": "test",
        "require_approval": {"never": {"read_only": true}},
    }]);
    let answer = stack.ask(json!({"tools": declared})).await;
    assert_eq!(
        answer.summary(),
        "mcp_list_tools; mcp_call; mcp_approval_request"
    );
    assert_eq!(item(&answer, 2)["name"], "fail");
}

#[tokio::test]
async fn a_name_that_no_tool_has_is_a_mistake_behind_a_listing_as_well() {
    let stack = stack(vec![
        round([text("Listed.")]),
        round([call(1, "missing", "{}")]),
        round([text("Done.")]),
    ])
    .await;
    let service = stack.service();
    let declared = json!([{"type": "mcp", "server_label": "test"}]);
    let first = stack.ask_with(&service, json!({"tools": declared})).await;
    let body = json!({"tools": declared, "previous_response_id": first.response.id});
    let second = stack.ask_with(&service, body).await;
    assert_eq!(second.summary(), "assistant 'Done.'");
    let context = stack.script.last_context();
    assert!(
        context.ends_with("'Error: There is no tool named 'missing'.'"),
        "{context}"
    );
}

/// A host whose server is not there any more, with the conversations and approvals of `before`.
fn without_server(before: &Stack, rounds: Vec<Vec<Delta>>) -> Stack {
    let mut stack = Stack::new(Script::new(rounds));
    stack.tools = Tools::new().mcp(McpServer::http("test", "http://127.0.0.1:9/mcp"));
    stack.store = before.store.clone();
    stack.ids = before.ids.clone();
    stack.approvals = before.approvals.clone();
    stack
}

#[tokio::test]
async fn a_server_that_fails_later_says_so() {
    let there = stack(vec![round([text("Listed.")])]).await;
    let declared = json!([{"type": "mcp", "server_label": "test"}]);
    let first = there.ask(json!({"tools": declared})).await;
    let gone = without_server(&there, vec![round([text("One.")]), round([text("Two.")])]);
    let mut previous = first.response.id;
    let service = gone.service();
    for expected in ["One.", "Two."] {
        let body = json!({"tools": declared, "previous_response_id": previous});
        let answer = gone.ask_with(&service, body).await;
        assert_eq!(
            answer.summary(),
            format!("mcp_list_tools; assistant '{expected}'")
        );
        previous = answer.response.id;
    }
    // Once it is back, the client sees its tools again.
    let mut back = stack(vec![round([text("Back.")])]).await;
    back.store = there.store.clone();
    back.ids = there.ids.clone();
    let body = json!({"tools": declared, "previous_response_id": previous});
    let answer = back.ask(body).await;
    assert_eq!(answer.summary(), "assistant 'Back.'");
}

#[tokio::test]
async fn an_approval_for_a_server_that_is_away_can_be_given_later() {
    use tower::ServiceExt;
    let mut there = stack(vec![
        round([call(1, "echo", r#"{"text":"a"}"#)]),
        round([text("Done.")]),
    ])
    .await;
    there.approvals = Some(there.store.clone());
    let declared = json!([{
        "type": "mcp", "server_label": "test", "require_approval": "always",
    }]);
    let first = there.ask(json!({"tools": declared})).await;
    let body = json!({
        "model": "model", "tools": declared, "previous_response_id": first.response.id,
        "input": [{
            "type": "mcp_approval_response", "approval_request_id": item(&first, 1)["id"],
            "approve": true,
        }],
    });
    let gone = without_server(&there, vec![]);
    let request = super::stack::post(&body);
    let answer = gone.service().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let second = there.ask(body).await;
    assert_eq!(second.summary(), "mcp_call; assistant 'Done.'");
}
