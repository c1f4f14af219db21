//! Servers of the host's, of which the client sees nothing.

use std::time::Duration;

use openresponses_tools::{McpServer, Tools};
use openresponses_types::tool::Tool as Declared;
use serde_json::json;
use tower::ServiceExt;

use super::server;
use super::stack::{Script, Stack, call, round, text};

async fn stack(server: McpServer, rounds: Vec<Vec<openresponses_types::sequence::Delta>>) -> Stack {
    let mut stack = Stack::new(Script::new(rounds));
    stack.tools = Tools::new().mcp(server);
    stack
}

fn names(script: &Script, turn: usize) -> Vec<String> {
    let turns = script.turns.lock().unwrap();
    let name = |tool: &Declared| match tool {
        Declared::Function(function) => function.name.clone(),
        other => other.type_name().into(),
    };
    turns[turn].tools.iter().map(name).collect()
}

#[tokio::test]
async fn their_tools_run_and_their_listing_is_kept() {
    let (address, seen) = server::start().await;
    let server = McpServer::http("test", format!("{address}/mcp")).only(["echo", "fail", "image"]);
    let stack = stack(
        server,
        vec![
            round([
                call(1, "echo", r#"{"text":"a"}"#),
                call(2, "fail", "{}"),
                call(3, "image", "{}"),
                call(4, "echo", r#"{"text":1}"#),
            ]),
            round([text("Done.")]),
            round([text("Again.")]),
        ],
    )
    .await;
    let service = stack.service();
    let answer = stack.ask_with(&service, json!({})).await;
    assert_eq!(answer.summary(), "assistant 'Done.'");
    let context = stack.script.last_context();
    for part in [
        "output call_1 'a'",
        "output call_2 'Error: It broke.'",
        "output call_3 'A picture:\n[image of type image/png]'",
        "output call_4 'Error: The arguments do not match the schema: /text",
    ] {
        assert!(context.contains(part), "{context}");
    }
    assert_eq!(names(&stack.script, 0), ["echo", "fail", "image"]);
    stack.ask_with(&service, json!({})).await;
    assert_eq!((seen.count("initialize"), seen.count("tools/list")), (1, 1));
    // The fourth call never left this host.
    assert_eq!(seen.count("tools/call"), 3);
}

/// A stack whose first turn makes the server announce another list of tools, and what the server sees.
async fn changing() -> (Stack, server::Seen) {
    let (address, seen) = server::start().await;
    let rounds = vec![
        round([call(1, "change", "{}")]),
        round([text("Done.")]),
        round([text("Again.")]),
    ];
    let server = McpServer::http("test", format!("{address}/mcp"));
    (stack(server, rounds).await, seen)
}

#[tokio::test]
async fn a_change_that_they_announce_is_seen_in_the_next_turn() {
    let (stack, seen) = changing().await;
    let service = stack.service();
    stack.ask_with(&service, json!({})).await;
    stack.ask_with(&service, json!({})).await;
    assert_eq!(seen.count("tools/list"), 2);
    assert!(!names(&stack.script, 0).contains(&"extra".into()));
    assert!(names(&stack.script, 2).contains(&"extra".into()));
}

#[tokio::test]
async fn a_change_is_seen_after_a_turn_that_was_dropped_while_the_tools_were_listed() {
    let (stack, seen) = changing().await;
    let service = stack.service();
    stack.ask_with(&service, json!({})).await;
    let held = seen.listing.lock().await;
    let listing = async {
        while seen.count("tools/list") < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        _ = stack.ask_with(&service, json!({})) => panic!("the tools were not listed"),
        () = listing => {}
    }
    drop(held);
    stack.ask_with(&service, json!({})).await;
    assert!(names(&stack.script, 2).contains(&"extra".into()));
}

#[tokio::test]
async fn a_name_that_is_taken_gets_the_label_of_the_server() {
    let (address, _) = server::start().await;
    let server = |label: &str| McpServer::http(label, format!("{address}/mcp")).only(["echo"]);
    let mut stack = Stack::new(Script::new(vec![
        round([call(1, "b_echo", r#"{"text":"x"}"#)]),
        round([text("Done.")]),
    ]));
    stack.tools = Tools::new().mcp(server("a")).mcp(server("b"));
    stack.ask(json!({})).await;
    assert_eq!(names(&stack.script, 0), ["echo", "b_echo"]);
    assert!(stack.script.last_context().ends_with("output call_1 'x'"));
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_an_error() {
    let (address, _) = server::start().await;
    let server =
        McpServer::http("test", format!("{address}/mcp")).timeout(Duration::from_millis(100));
    let stack = stack(
        server,
        vec![round([call(1, "slow", "{}")]), round([text("Done.")])],
    )
    .await;
    let answer = stack.ask(json!({})).await;
    assert_eq!(answer.status(), "completed");
    assert!(
        stack
            .script
            .last_context()
            .ends_with("output call_1 'Error: The tool took longer than 0.1 s.'")
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_left_out() {
    let missing = McpServer::http("test", "http://127.0.0.1:9/mcp");
    let command = McpServer::command("files", "/nowhere/at-all");
    let (address, seen) = server::start().await;
    // A redirect is not followed: it could lead anywhere.
    let moved = McpServer::http("moved", format!("{address}/moved"));
    for server in [missing, command, moved] {
        let stack = stack(
            server.connect_timeout(Duration::from_secs(2)),
            vec![round([text("Hello.")])],
        )
        .await;
        let answer = stack.ask(json!({})).await;
        assert_eq!(answer.summary(), "assistant 'Hello.'");
    }
    assert_eq!(seen.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_call_carries_the_trace_context_of_the_request() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let (address, seen) = server::start().await;
    let server = McpServer::http("test", format!("{address}/mcp"));
    let rounds = [round([call(1, "echo", "{}")]), round([text("Done.")])];
    let stack = stack(server, rounds.into()).await;
    let body = json!({"model": "model", "input": "x"}).to_string();
    let request = http::Request::post("/v1/responses")
        .header("content-type", "application/json")
        .header("traceparent", PARENT)
        .header("tracestate", "vendor=1");
    let answer = stack.service().oneshot(request.body(body).unwrap()).await;
    assert_eq!(answer.unwrap().status(), 200);
    let meta = seen.meta.lock().unwrap().clone();
    assert_eq!(meta["traceparent"], PARENT, "{meta}");
    assert_eq!(meta["tracestate"], "vendor=1", "{meta}");
}
