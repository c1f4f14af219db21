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
