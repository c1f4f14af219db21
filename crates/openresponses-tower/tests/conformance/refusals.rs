//! Refused requests, and accepted ones at the limit.

use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use openresponses_testing::{EmbeddedModel, TestKeys};
use openresponses_tower::OpenResponses;
use openresponses_types::Profile;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::client::{answer, config, embedded, post, send};

#[tokio::test]
async fn the_limit_is_exact() {
    let service = OpenResponses::new(
        EmbeddedModel::new(),
        config(Profile::Compatible).body_limit(1_000),
    );
    let body = |length: usize| {
        let frame = json!({"model": "m", "input": "x", "pad": ""}).to_string();
        let padding = "x".repeat(length - frame.len());
        json!({"model": "m", "input": "x", "pad": padding}).to_string()
    };
    assert_eq!(body(1_000).len(), 1_000);
    assert_eq!(answer(&service, post(body(1_000))).await.status, 200);
    let refused = answer(&service, post(body(1_001))).await;
    assert_eq!(refused.status, 413);
    assert_eq!(refused.body["error"]["code"], "request_too_large");
    // The same for a body without a length.
    for (length, status) in [(1_000, 200), (1_001, 413)] {
        let frames: Vec<_> = body(length)
            .into_bytes()
            .chunks(7)
            .map(|part| Ok::<_, std::io::Error>(Frame::data(Bytes::copy_from_slice(part))))
            .collect();
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(StreamBody::new(stream::iter(frames)))
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{length}");
    }
}

#[tokio::test]
async fn an_aborted_body_is_answered() {
    let frames = [
        Ok(Frame::data(Bytes::from(r#"{"model":"m","#))),
        Err(std::io::Error::other("gone")),
    ];
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(StreamBody::new(stream::iter(frames)))
        .unwrap();
    let service = embedded(Profile::Compatible);
    let answer = service.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 400);
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(body["error"]["param"], "body");
}

#[tokio::test]
async fn keys_are_checked_before_the_body_is_read() {
    let keyed = config(Profile::Compatible).authorize(TestKeys::new());
    let service = OpenResponses::new(EmbeddedModel::new(), keyed);
    for (key, code) in [
        (None, "missing_api_key"),
        (Some("Bearer bad"), "invalid_api_key"),
        (Some("Bearer  "), "missing_api_key"),
        (Some("Basic abc"), "invalid_api_key"),
    ] {
        let mut request = Request::post("/v1/responses");
        if let Some(key) = key {
            request = request.header("authorization", key);
        }
        // Reading this would never end.
        let body = StreamBody::new(stream::pending::<Result<Frame<Bytes>, std::io::Error>>());
        let answer = service.clone().oneshot(request.body(body).unwrap());
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 401, "{key:?}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body["error"]["code"], code);
        assert_eq!(body["error"]["param"], "authorization");
    }
    let twice = Request::post("/v1/responses")
        .header("authorization", "Bearer a")
        .header("authorization", "Bearer b")
        .body(http_body_util::Empty::<Bytes>::new())
        .unwrap();
    assert_eq!(service.oneshot(twice).await.unwrap().status(), 401);
}

/// A valid body with something of everything.
fn valid() -> Vec<u8> {
    json!({
        "model": "m", "stream": false, "instructions": "s", "temperature": 1.5, "metadata": {"a": "b"},
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "é\n\u{1}"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "x"},
            {"type": "reasoning", "summary": []},
        ],
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {"$ref": "#"}}}}],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"anyOf": [{"type": "integer"}]}}},
        "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"],
    })
    .to_string()
    .into_bytes()
}

#[derive(Clone, Debug)]
enum Mutation {
    Set(usize, u8),
    Cut(usize, usize),
    Insert(usize, &'static str),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = 0..valid().len();
    let words = prop::sample::select(vec![
        "null",
        "{}",
        "[]",
        "\"\"",
        "1e999",
        "-0",
        "\\ud800",
        "\u{0}",
        "\"a\":1,",
        "[[[[",
        "true",
        "9".repeat(40).leak(),
    ]);
    prop_oneof![
        (place.clone(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (place.clone(), 1..40usize).prop_map(|(at, count)| Mutation::Cut(at, count)),
        (place, words).prop_map(|(at, word)| Mutation::Insert(at, word)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Any bytes are answered, and never with a server error.
    #[test]
    fn no_bytes_break_the_server(mutations in prop::collection::vec(mutation(), 1..4), strict: bool) {
        let mut body = valid();
        for mutation in mutations {
            match mutation {
                Mutation::Set(at, byte) => {
                    if let Some(old) = body.get_mut(at) {
                        *old = byte;
                    }
                }
                Mutation::Cut(at, count) => {
                    let at = at.min(body.len());
                    body.drain(at..(at + count).min(body.len()));
                }
                Mutation::Insert(at, word) => {
                    let at = at.min(body.len());
                    body.splice(at..at, word.bytes());
                }
            }
        }
        let profile = if strict { Profile::Strict } else { Profile::Compatible };
        let service = embedded(profile);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let answer = send(&service, post(body)).await;
            let status = answer.status();
            assert!(status == 200 || status == 400, "{status}");
            if status == 400 {
                let bytes = answer.into_body().collect().await.unwrap().to_bytes();
                assert!(bytes.len() <= 16 * 1024);
                let error: Value = serde_json::from_slice(&bytes).unwrap();
                assert!(error["error"]["param"].is_string(), "{error}");
                assert!(error["error"]["code"].is_string(), "{error}");
            }
        });
    }
}
