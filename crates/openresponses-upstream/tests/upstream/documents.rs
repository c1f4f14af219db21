//! Compaction and the count of input tokens, which servers of the protocol are asked for.

use http::Request;
use openresponses_tower::{ErrorKind, Provider};
use openresponses_types::Profile;
use openresponses_types::compact::CompactRequest;
use openresponses_types::normalize::{ContextWindow, Normalizer};
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{HttpClient, Upstream};
use serde_json::{Value, json};

use crate::server::{HELLO, Server, every_dialect, options, serve, status, turn};

fn window() -> Request<ContextWindow> {
    let body = json!({
        "model": "m", "instructions": "Be brief.", "prompt_cache_key": "k", "x": 1,
        "input": [
            {"role": "user", "content": "Hello"},
            {"type": "reasoning", "summary": [], "encrypted_content": "anthropic/signature:s"},
            {"type": "reasoning", "summary": [], "status": "completed", "encrypted_content": "own"},
        ],
    });
    let request = CompactRequest::from_json(body.to_string().as_bytes()).unwrap();
    Request::new(
        Normalizer::new(Profile::Compatible)
            .window(request)
            .unwrap(),
    )
}

fn relaying(server: &Server) -> Upstream {
    let client = HttpClient::new(options()).unwrap();
    Upstream::new(Responses::new(), server.base.clone(), client)
}

fn asked(server: &Server) -> (String, Value) {
    let head = server.seen.heads.lock().unwrap().last().unwrap().clone();
    let body = server.seen.bodies.lock().unwrap().last().unwrap().clone();
    let line = head.lines().next().unwrap().to_owned();
    (line, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn a_compaction_is_asked_of_the_server_with_the_whole_conversation() {
    let answer = json!({
        "id": "cmp_1", "object": "response.compaction", "created_at": 1, "x": 2,
        "output": [{"type": "compaction", "id": "cmp_1", "encrypted_content": "opaque"}],
        "usage": {
            "input_tokens": 7, "output_tokens": 2, "total_tokens": 9,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    });
    let server = serve(status("200 OK", "", &answer.to_string())).await;
    let compacted = relaying(&server)
        .compact(window())
        .await
        .unwrap()
        .into_body();
    assert_eq!(compacted.usage.total_tokens, 9);
    assert_eq!(compacted.items.len(), 1);
    assert!(compacted.items[0].to_json().contains("opaque"));
    assert_eq!(compacted.extra.get("x").unwrap().get(), "2");
    let (line, body) = asked(&server);
    assert_eq!(line, "post /v1/responses/compact http/1.1");
    let expected = json!({
        "model": "m", "instructions": "Be brief.", "prompt_cache_key": "k", "x": 1,
        // The thinking of another upstream is not readable there, and has no text.
        "input": [
            {"type": "message", "role": "user", "content": "Hello"},
            {"type": "reasoning", "summary": [], "encrypted_content": "own"},
        ],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn input_tokens_are_counted_by_the_server() {
    let answer = r#"{"object":"response.input_tokens","input_tokens":11}"#;
    let server = serve(status("200 OK", "", answer)).await;
    let body = r#"{"model":"m","input":"Hello","instructions":"Be brief.","temperature":1,
        "max_output_tokens":5,"tools":[{"type":"function","name":"f"}]}"#;
    let counted = relaying(&server).count_input_tokens(turn(body)).await;
    assert_eq!(counted.unwrap().into_body(), 11);
    let (line, body) = asked(&server);
    assert_eq!(line, "post /v1/responses/input_tokens http/1.1");
    let names: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    let mut expected = [
        "model",
        "input",
        "tools",
        "tool_choice",
        "text",
        "instructions",
        "truncation",
    ];
    expected.sort_unstable();
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_server_without_them_and_other_dialects_refuse_with_a_code_of_their_own() {
    let missing = r#"{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}"#;
    let server = serve(status("404 Not Found", "", missing)).await;
    for upstream in every_dialect(&server) {
        let error = upstream.compact(window()).await.unwrap_err();
        assert_eq!(error.code(), "compaction_not_supported");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let error = upstream.count_input_tokens(turn(HELLO)).await.unwrap_err();
        assert_eq!(error.code(), "unsupported_endpoint");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    // One that was asked has answered, so it counts as a call.
    let error = relaying(&server).compact(window()).await.unwrap_err();
    assert!(error.is_answered());
    let missing = r#"{"error":{"code":"model_not_found","message":"No such model."}}"#;
    let server = serve(status("404 Not Found", "", missing)).await;
    let error = relaying(&server).compact(window()).await.unwrap_err();
    assert_eq!(error.code(), "model_not_found");
    let unreadable = serve(status("200 OK", "", r#"{"object":"response.compaction"}"#)).await;
    let error = relaying(&unreadable).compact(window()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
}
