//! Servers that the client names.

use http::StatusCode;
use http_body_util::BodyExt;
use openresponses_tools::Tools;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::server;
use super::stack::{Script, Stack, call, post, round, text};

#[tokio::test]
async fn an_allowed_one_gets_the_clients_headers_and_needs_approval() {
    let (address, seen) = server::start().await;
    let mut stack = Stack::new(Script::new(vec![
        round([call(1, "echo", r#"{"text":"a"}"#)]),
        round([text("Done.")]),
    ]));
    stack.tools = Tools::new().allow_mcp_url(&format!("{address}/mcp"));
    let service = stack.service();
    let declared = json!([{
        "type": "mcp", "server_label": "theirs", "server_url": format!("{address}/mcp"),
        "headers": {"x-tenant": "secret-of-theirs"}, "authorization": "token-of-theirs",
    }]);
    let first = stack.ask_with(&service, json!({"tools": declared})).await;
    assert_eq!(first.summary(), "mcp_list_tools; mcp_approval_request");
    assert_eq!(seen.count("tools/call"), 0);
    assert_eq!(seen.header("x-tenant").as_deref(), Some("secret-of-theirs"));
    assert_eq!(
        seen.header("authorization").as_deref(),
        Some("Bearer token-of-theirs")
    );
    let request: Value = serde_json::from_str(&first.response.output_items()[1].to_json()).unwrap();
    let body = json!({
        "tools": declared,
        "previous_response_id": first.response.id,
        "input": [{
            "type": "mcp_approval_response", "approval_request_id": request["id"], "approve": true,
        }],
    });
    let second = stack.ask_with(&service, body).await;
    assert_eq!(second.summary(), "mcp_call; assistant 'Done.'");
    assert_eq!(seen.count("tools/call"), 1);
    assert_eq!(seen.header("x-tenant").as_deref(), Some("secret-of-theirs"));
    // Neither the response nor what is stored of it, nor what the model is sent, has the secrets.
    let get = http::Request::get(format!("/v1/responses/{}", first.response.id));
    let stored = service
        .oneshot(get.body(String::new()).unwrap())
        .await
        .unwrap();
    let stored = stored.into_body().collect().await.unwrap().to_bytes();
    let asked = format!("{:?}", stack.script.turns.lock().unwrap());
    let events = format!("{:?} {:?}", first.events, second.events);
    for text in [events, String::from_utf8(stored.to_vec()).unwrap(), asked] {
        assert!(!text.contains("of-theirs"), "{text}");
    }
}

#[tokio::test]
async fn without_approval_where_the_client_wants_none() {
    let (address, seen) = server::start().await;
    let mut stack = Stack::new(Script::new(vec![
        round([call(1, "echo", r#"{"text":"a"}"#)]),
        round([text("Done.")]),
    ]));
    stack.tools = Tools::new().allow_mcp_url(&format!("{address}/mcp"));
    let answer = stack
        .ask(json!({"tools": [{
            "type": "mcp", "server_label": "theirs", "server_url": format!("{address}/mcp"),
            "require_approval": "never",
        }]}))
        .await;
    assert_eq!(
        answer.summary(),
        "mcp_list_tools; mcp_call; assistant 'Done.'"
    );
    assert_eq!(seen.count("tools/call"), 1);
}

#[tokio::test]
async fn any_other_is_refused_and_not_asked() {
    let (address, seen) = server::start().await;
    let (other, other_seen) = server::start().await;
    let mut stack = Stack::new(Script::new(vec![]));
    stack.tools = Tools::new().allow_mcp_url(&format!("{address}/mcp"));
    let label = |members: Value| {
        let mut tool = json!({"type": "mcp", "server_label": "theirs"});
        for (name, value) in members.as_object().unwrap() {
            tool[name] = value.clone();
        }
        tool
    };
    for (tool, param) in [
        (
            label(json!({"server_url": format!("{other}/mcp")})),
            "tools[0].server_url",
        ),
        (
            label(json!({"server_url": format!("{address}/other")})),
            "tools[0].server_url",
        ),
        (
            label(json!({"server_url": "file:///etc/passwd"})),
            "tools[0].server_url",
        ),
        (
            label(json!({"connector_id": "connector_gmail"})),
            "tools[0].connector_id",
        ),
        (label(json!({})), "tools[0].server_label"),
        (json!({"type": "mcp"}), "tools[0]"),
        (
            label(json!({"server_url": format!("{address}/mcp"), "headers": {"x\n": "y"}})),
            "tools[0].headers",
        ),
    ] {
        let body = json!({"model": "m", "input": "x", "tools": [tool]});
        let answer = stack.service().oneshot(post(&body)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(answer["error"]["param"], param, "{body} {answer}");
    }
    for name in [
        "Host",
        "connection",
        "Content-Length",
        "content-type",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "keep-alive",
        "proxy-authorization",
        "accept",
        "last-event-id",
        "mcp-session-id",
        "MCP-Protocol-Version",
        "x-forwarded-host",
    ] {
        let url = format!("{address}/mcp");
        let tool = label(json!({"server_url": url, "headers": {name: "y"}}));
        let body = json!({"model": "m", "input": "x", "tools": [tool]});
        let answer = stack.service().oneshot(post(&body)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{name}");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(answer["error"]["param"], "tools[0].headers", "{name}");
    }
    assert_eq!(seen.calls.lock().unwrap().len(), 0);
    assert_eq!(other_seen.calls.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_turn_has_at_most_16_servers() {
    let (address, seen) = server::start().await;
    let mut stack = Stack::new(Script::new(vec![round([text("Done.")])]));
    stack.tools = Tools::new().allow_mcp_url(&format!("{address}/mcp"));
    let servers = |count: usize| -> Vec<Value> {
        let url = format!("{address}/mcp");
        let server =
            |at| json!({"type": "mcp", "server_label": format!("s{at}"), "server_url": url});
        (0..count).map(server).collect()
    };
    for count in [17, 10_000] {
        let body = json!({"model": "m", "input": "x", "tools": servers(count)});
        let answer = stack.service().oneshot(post(&body)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(answer["error"]["param"], "tools[16]");
    }
    assert_eq!(seen.count("initialize"), 0);
    stack.ask(json!({"tools": servers(16)})).await;
    assert_eq!(seen.count("initialize"), 16);
}
