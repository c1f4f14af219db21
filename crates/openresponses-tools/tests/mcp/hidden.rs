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

#[tokio::test]
async fn tools_whose_names_are_alike_are_all_offered() {
    let (address, seen) = server::start().await;
    *seen.names.lock().unwrap() = vec!["a.b", "a_b", "a/b", "a b"];
    let server = McpServer::http("test", format!("{address}/mcp"));
    let rounds = vec![round([call(1, "test_a_b_3", "{}")]), round([text("Done.")])];
    let stack = stack(server.only(["a.b", "a_b", "a/b", "a b"]), rounds).await;
    stack.ask(json!({})).await;
    assert_eq!(
        names(&stack.script, 0),
        ["a_b", "test_a_b", "test_a_b_2", "test_a_b_3"]
    );
    // The server knows none of them: it was asked.
    assert_eq!(seen.count("tools/call"), 1);
}

#[tokio::test]
async fn names_that_are_cut_are_all_offered() {
    const LONG: &str = "a_name_that_has_more_characters_than_the_names_of_functions_may_have";
    let (address, seen) = server::start().await;
    *seen.names.lock().unwrap() = [[LONG, "_1"], [LONG, "_2"], [LONG, "_3"]]
        .map(|parts| &*parts.concat().leak())
        .to_vec();
    let server = McpServer::http("test", format!("{address}/mcp"));
    let stack = stack(server, vec![round([text("Done.")])]).await;
    stack.ask(json!({})).await;
    let names = names(&stack.script, 0);
    let mut cut: Vec<&String> = names
        .iter()
        .filter(|name| name.contains("a_name_"))
        .collect();
    assert_eq!(cut.len(), 3, "{names:?}");
    assert!(cut.iter().all(|name| name.len() == 64), "{cut:?}");
    cut.dedup();
    assert_eq!(cut.len(), 3, "{cut:?}");
}

#[tokio::test]
async fn a_listing_that_fails_ends_no_call_of_another_turn() {
    let (address, seen) = server::start().await;
    let server = McpServer::http("test", format!("{address}/mcp"))
        .listing_age(Duration::ZERO)
        .connect_timeout(Duration::from_millis(200));
    let rounds = vec![
        round([call(1, "wait", "{}")]),
        round([text("Meanwhile.")]),
        round([text("Later.")]),
        round([text("Done.")]),
    ];
    let stack = stack(server, rounds).await;
    let service = stack.service();
    let waiting = seen.waiting.lock().await;
    let calling = stack.ask_with(&service, json!({}));
    let others = async {
        while seen.count("tools/call") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let listing = seen.listing.lock().await;
        // The tools of before are offered: the server is there.
        for expected in ["assistant 'Meanwhile.'", "assistant 'Later.'"] {
            let answer = stack.ask_with(&service, json!({})).await;
            assert_eq!(answer.summary(), expected);
            let turns = stack.script.turns.lock().unwrap();
            assert_eq!(turns.last().unwrap().tools.len(), turns[0].tools.len());
        }
        // Only the first of them has waited for a listing.
        assert_eq!(seen.count("tools/list"), 2);
        drop((listing, waiting));
    };
    let (answer, ()) = tokio::join!(calling, others);
    assert_eq!(answer.summary(), "assistant 'Done.'");
    let context = stack.script.last_context();
    assert!(context.ends_with("output call_1 'waited'"), "{context}");
    assert_eq!(seen.count("initialize"), 1);
}

#[tokio::test]
async fn they_are_not_asked_where_no_tool_may_be_called() {
    let (address, seen) = server::start().await;
    let server = McpServer::http("test", format!("{address}/mcp"));
    let stack = stack(server, vec![round([text("Done.")])]).await;
    stack.ask(json!({"tool_choice": "none"})).await;
    assert_eq!(seen.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn arguments_that_are_no_object_are_an_error() {
    let (address, seen) = server::start().await;
    let server = McpServer::http("test", format!("{address}/mcp"));
    let rounds = vec![round([call(1, "wait", "[1]")]), round([text("Done.")])];
    let stack = stack(server, rounds).await;
    stack.ask(json!({})).await;
    let context = stack.script.last_context();
    assert!(
        context.ends_with("output call_1 'Error: The arguments must be an object.'"),
        "{context}"
    );
    assert_eq!(seen.count("tools/call"), 0);
}
