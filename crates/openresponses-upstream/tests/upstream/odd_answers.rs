//! Answers that are not what was asked for: each ends as a whole response or as a failure, in all
//! dialects.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use openresponses_tower::{Config, OpenResponses};
use serde_json::{Value, json};
use tower_service::Service;

use crate::server::{SSE, chunked, every_dialect, serve, status};

const JSON: &str = "application/json";

/// Makes what a server sends.
type Answer = Box<dyn Fn(&Hello) -> String>;

/// "Hi", in the four dialects: as the events of a stream, and as a document.
struct Hello {
    name: &'static str,
    events: Vec<String>,
    document: String,
}

fn hello() -> [Hello; 4] {
    let usage = json!({"input_tokens": 1, "output_tokens": 1, "total_tokens": 2});
    let chat = |choice: Value| json!({"id": "c", "choices": [choice]}).to_string();
    let block = json!({"type": "text", "text": "Hi"});
    let message = |content: Value, reason: Value| {
        json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": content,
            "stop_reason": reason, "usage": {"input_tokens": 1, "output_tokens": 1}})
    };
    let candidate = json!({"candidates": [{"index": 0, "finishReason": "STOP",
        "content": {"role": "model", "parts": [{"text": "Hi"}]}}]});
    let part = json!({"type": "output_text", "text": "Hi", "annotations": []});
    let item = json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
        "content": [part]});
    let response = |status: &str, output: Value| {
        json!({"id": "resp_1", "object": "response", "created_at": 1, "model": "m",
            "status": status, "output": output, "usage": usage})
    };
    [
        Hello {
            name: "chat",
            events: vec![
                chat(json!({"index": 0, "delta": {"content": "Hi"}})),
                chat(json!({"index": 0, "delta": {}, "finish_reason": "stop"})),
                "[DONE]".into(),
            ],
            document: chat(json!({"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hi"}})),
        },
        Hello {
            name: "anthropic",
            events: vec![
                json!({"type": "message_start", "message": message(json!([]), Value::Null)})
                    .to_string(),
                json!({"type": "content_block_start", "index": 0,
                    "content_block": {"type": "text", "text": ""}})
                .to_string(),
                json!({"type": "content_block_delta", "index": 0,
                    "delta": {"type": "text_delta", "text": "Hi"}})
                .to_string(),
                json!({"type": "content_block_stop", "index": 0}).to_string(),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
                    "usage": {"output_tokens": 1}})
                .to_string(),
                json!({"type": "message_stop"}).to_string(),
            ],
            document: message(json!([block]), json!("end_turn")).to_string(),
        },
        Hello {
            name: "gemini",
            events: vec![candidate.to_string()],
            document: candidate.to_string(),
        },
        Hello {
            name: "openresponses",
            events: vec![
                json!({"type": "response.created", "sequence_number": 0,
                    "response": response("in_progress", json!([]))})
                .to_string(),
                json!({"type": "response.completed", "sequence_number": 1,
                    "response": response("completed", json!([item]))})
                .to_string(),
            ],
            document: response("completed", json!([item])).to_string(),
        },
    ]
}

fn stream(events: &[String]) -> String {
    events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect()
}

/// What the client gets for an answer of the server in each dialect.
async fn outcomes(answer: impl Fn(&Hello) -> String) -> Vec<(&'static str, StatusCode, Value)> {
    let mut outcomes = Vec::new();
    for (at, hello) in hello().iter().enumerate() {
        let server = serve(answer(hello)).await;
        let upstream = every_dialect(&server)[at].clone();
        let mut endpoint = OpenResponses::new(upstream, Config::new());
        let request = Request::post("/v1/responses")
            .header("content-type", JSON)
            .body(Full::<Bytes>::from(r#"{"model":"m","input":"Hello"}"#))
            .unwrap();
        let (head, body) = endpoint.call(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        outcomes.push((
            hello.name,
            head.status,
            serde_json::from_slice(&body).unwrap(),
        ));
    }
    outcomes
}

/// What is wrong with the outcomes of an answer.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn judge(
        &mut self,
        what: &str,
        outcomes: Vec<(&'static str, StatusCode, Value)>,
        is_right: impl Fn(StatusCode, &Value) -> bool,
    ) {
        for (dialect, status, body) in outcomes {
            if !is_right(status, &body) {
                self.0.push(format!("{dialect}, {what}: {status} {body}"));
            }
        }
    }

    fn assert_none(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

#[tokio::test]
async fn what_says_hello_in_any_frame_is_a_whole_response() {
    let answers: Vec<(&str, Answer)> = vec![
        ("a stream", Box::new(|it| chunked(SSE, &stream(&it.events)))),
        ("a document", Box::new(|it| chunked(JSON, &it.document))),
        (
            "a stream as JSON",
            Box::new(|it| chunked(JSON, &stream(&it.events))),
        ),
        (
            "a document as a stream",
            Box::new(|it| chunked(SSE, &it.document)),
        ),
        (
            "a stream as text",
            Box::new(|it| chunked("text/plain; charset=utf-8", &stream(&it.events))),
        ),
        (
            "a document as text",
            Box::new(|it| chunked("text/plain", &it.document)),
        ),
        (
            "a stream in another case",
            Box::new(|it| chunked("Text/Event-Stream", &stream(&it.events))),
        ),
        (
            "a document in another case",
            Box::new(|it| chunked("Application/JSON", &it.document)),
        ),
        (
            "CRLF",
            Box::new(|it| chunked(SSE, &stream(&it.events).replace('\n', "\r\n"))),
        ),
        (
            "CR",
            Box::new(|it| chunked(SSE, &stream(&it.events).replace('\n', "\r"))),
        ),
        (
            "a byte order mark",
            Box::new(|it| chunked(SSE, &format!("\u{feff}{}", stream(&it.events)))),
        ),
        (
            "a byte order mark before a document",
            Box::new(|it| chunked(JSON, &format!("\u{feff}{}", it.document))),
        ),
        (
            "comments and other fields",
            Box::new(|it| {
                let events = stream(&it.events);
                let events = events.replace(
                    "data:",
                    ": OPENROUTER PROCESSING\n\nid: 1\nretry: 5\nfoo: bar\ndata:",
                );
                chunked(SSE, &format!("retry: 100\n\n{events}"))
            }),
        ),
        (
            "no space behind the colon",
            Box::new(|it| chunked(SSE, &stream(&it.events).replace("data: ", "data:"))),
        ),
        (
            "no blank line at the end",
            Box::new(|it| chunked(SSE, stream(&it.events).trim_end())),
        ),
        (
            "numbers without an end",
            Box::new(|it| {
                let events = stream(&it.events).replace("data: {", "data: {\"x\":-Infinity,");
                chunked(SSE, &events)
            }),
        ),
        (
            "numbers without an end in a document",
            Box::new(|it| chunked(JSON, &it.document.replacen('{', "{\"x\":NaN,", 1))),
        ),
        (
            "blank lines before a document",
            Box::new(|it| chunked(JSON, &format!("\n\n  {}\n", it.document))),
        ),
    ];
    let mut wrong = Wrong::default();
    for (what, answer) in answers {
        wrong.judge(what, outcomes(answer).await, |status, body| {
            status == StatusCode::OK
                && body["status"] == "completed"
                && body["output"]
                    .as_array()
                    .is_some_and(|output| output.len() == 1)
                && body["output"][0]["content"][0]["text"] == "Hi"
        });
    }
    wrong.assert_none();
}

/// What the client gets for a document of a server of the protocol.
async fn relayed(document: &Value) -> (StatusCode, Value) {
    let answer = chunked(JSON, &document.to_string());
    let (dialect, status, body) = outcomes(|_| answer.clone()).await.pop().unwrap();
    assert_eq!(dialect, "openresponses");
    (status, body)
}

#[tokio::test]
async fn a_document_is_mended_like_a_stream() {
    let content = json!([{"type": "output_text", "text": "Hi", "annotations": null}]);
    let output =
        json!([{"type": "message", "id": "msg_1", "role": "assistant", "content": content}]);
    let usage = |usage: Value| ("usage", usage);
    let details = json!({"cached_tokens": null});
    for ((name, value), tokens) in [
        (("x", json!(1)), 0),
        (
            usage(
                json!({"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_tokens_details": {}, "output_tokens_details": {}}),
            ),
            5,
        ),
        (
            usage(
                json!({"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_tokens_details": details}),
            ),
            5,
        ),
        (
            usage(json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})),
            5,
        ),
        (
            usage(json!({"input_tokens": 3, "output_tokens": 2, "total_tokens": 5})),
            5,
        ),
        (
            ("instructions", json!([{"role": "system", "content": "s"}])),
            0,
        ),
        (("created_at", json!(1.5)), 0),
        (("tools", json!({})), 0),
    ] {
        let mut document = json!({"status": "completed", "output": output, "service_tier": "flex"});
        document[name] = value;
        let (status, body) = relayed(&document).await;
        assert_eq!(status, StatusCode::OK, "{document}");
        assert_eq!(body["status"], "completed", "{document}");
        assert_eq!(body["output"][0]["content"][0]["text"], "Hi", "{document}");
        assert_eq!(body["service_tier"], "flex", "{document}");
        let total = body["usage"]["total_tokens"].as_u64().unwrap_or(0);
        assert_eq!(total, tokens, "{document}");
    }
    let cut = json!({"status": "incomplete", "output": output});
    let (_, body) = relayed(&cut).await;
    assert_eq!(body["incomplete_details"]["reason"], "unknown");
}

#[tokio::test]
async fn a_document_that_failed_says_why() {
    let of = |error: Value| json!({"status": "failed", "output": [], "error": error});
    let (status, body) = relayed(&of(json!({"message": "engine died."}))).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert_eq!(body["error"]["message"], "engine died.");
    let limit = json!({"code": "rate_limit_exceeded", "message": "Slow down."});
    let (status, body) = relayed(&of(limit)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(body["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn what_says_nothing_is_a_bad_gateway() {
    let mut wrong = Wrong::default();
    let redirect = "location: https://elsewhere.example/\r\n";
    for (what, answer) in [
        ("nothing", "HTTP/1.1 204 No Content\r\n\r\n".to_owned()),
        ("an empty stream", chunked(SSE, "\n")),
        ("an empty document", chunked(JSON, "\n")),
        ("no body", status("200 OK", "", "")),
        ("a mark alone", chunked(SSE, "data: [DONE]\n\n")),
        ("comments alone", chunked(SSE, ": ping\n\n: ping\n\n")),
        ("another document", chunked(JSON, r#"{"ok":true}"#)),
        ("an array", chunked(JSON, "[]")),
        ("null", chunked(JSON, "null")),
        ("a page", chunked("text/html", "<html>Log in</html>")),
        ("a page as a stream", chunked(SSE, "<html>Log in</html>")),
        ("JSON that is cut", chunked(JSON, r#"{"choices":[{"#)),
        (
            "an event that is cut",
            chunked(SSE, "data: {\"choices\":[{\n\n"),
        ),
        (
            "compressed",
            chunked(
                "text/event-stream\r\ncontent-encoding: gzip",
                "\u{1f}\u{8b}\u{8}\0\0\0",
            ),
        ),
        ("a redirect", status("307 Temporary Redirect", redirect, "")),
        (
            "a redirect that was found",
            status("302 Found", redirect, ""),
        ),
        (
            "not modified",
            "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
        ),
    ] {
        wrong.judge(what, outcomes(|_| answer.clone()).await, |status, body| {
            status == StatusCode::BAD_GATEWAY && body["error"]["message"].is_string()
        });
    }
    wrong.assert_none();
}

#[tokio::test]
async fn an_error_under_a_status_of_success_keeps_its_class() {
    let mut wrong = Wrong::default();
    let error = json!({"error": {"code": 429, "type": "rate_limit_error", "message": "Slow down.",
        "status": "RESOURCE_EXHAUSTED"}});
    let typed = json!({"type": "error", "error": {"type": "rate_limit_error", "code": "rate_limit_exceeded",
        "message": "Slow down."}});
    for (what, answer) in [
        ("a document", chunked(JSON, &error.to_string())),
        ("a frame", chunked(SSE, &format!("data: {error}\n\n"))),
        (
            "a named frame",
            chunked(SSE, &format!("event: error\ndata: {error}\n\n")),
        ),
        (
            "a typed frame",
            chunked(SSE, &format!("event: error\ndata: {typed}\n\n")),
        ),
        ("a typed document", chunked(JSON, &typed.to_string())),
        ("a document as a stream", chunked(SSE, &error.to_string())),
    ] {
        wrong.judge(what, outcomes(|_| answer.clone()).await, |status, body| {
            status == StatusCode::TOO_MANY_REQUESTS && body["error"]["message"] == "Slow down."
        });
    }
    wrong.assert_none();
}

#[tokio::test]
async fn an_error_behind_the_end_changes_nothing_and_an_end_counts_once() {
    let error = r#"{"type":"error","error":{"type":"api_error","message":"Late."}}"#;
    let answers: [(&str, Answer); 2] = [
        (
            "an error",
            Box::new(move |it| {
                chunked(
                    SSE,
                    &format!("{}event: error\ndata: {error}\n\n", stream(&it.events)),
                )
            }),
        ),
        (
            "the end again",
            Box::new(|it| {
                let last = it
                    .events
                    .iter()
                    .rev()
                    .find(|event| *event != "[DONE]")
                    .unwrap();
                let again = last.replace("Hi", "");
                chunked(
                    SSE,
                    &format!("{}data: {again}\n\ndata: [DONE]\n\n", stream(&it.events)),
                )
            }),
        ),
    ];
    let mut wrong = Wrong::default();
    for (what, answer) in answers {
        let mut outcomes = outcomes(answer).await;
        // There the end of the body is the end of the answer.
        outcomes.retain(|(dialect, ..)| *dialect != "gemini");
        wrong.judge(what, outcomes, |status, body| {
            status == StatusCode::OK
                && body["status"] == "completed"
                && body["output"]
                    .as_array()
                    .is_some_and(|output| output.len() == 1)
                && body["output"][0]["content"][0]["text"] == "Hi"
        });
    }
    wrong.assert_none();
}
