//! For any fault of a model, the client gets a legal stream or an accurate HTTP status.

#![allow(clippy::unwrap_used)]

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use openresponses_testing::EmbeddedModel;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{Config, OpenResponses};
use openresponses_types::StreamEvent;
use openresponses_types::check::Checker;
use serde_json::json;
use tower::ServiceExt;

async fn ask(model: &str, stream: bool) -> Response<ResponseBody> {
    let body = json!({"model": model, "input": "one two", "stream": stream}).to_string();
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    OpenResponses::new(EmbeddedModel::new(), Config::new())
        .oneshot(request)
        .await
        .unwrap()
}

/// The types of the events of a stream that must be legal, and its text.
async fn events(model: &str) -> (Vec<String>, String) {
    let answer = ask(model, true).await;
    assert_eq!(answer.status(), StatusCode::OK, "{model}");
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut checker = Checker::new().expect_done_marker(true);
    let (mut types, mut received) = (Vec::new(), String::new());
    for frame in text.split_terminator("\n\n") {
        let data = frame
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .unwrap();
        if data == "[DONE]" {
            checker.done_marker();
            continue;
        }
        let name = frame.lines().find_map(|line| line.strip_prefix("event: "));
        let event = StreamEvent::from_json(data.as_bytes()).unwrap();
        checker.push(&event, name);
        if let StreamEvent::OutputTextDelta(delta) = &event {
            received.push_str(&delta.delta);
        }
        types.push(event.event_type().to_owned());
    }
    assert_eq!(checker.finish(), [], "{model}");
    (types, received)
}

#[tokio::test]
async fn a_failure_before_the_first_event_is_a_status() {
    for (model, status) in [("fault-panic-start", 500), ("fault-error-start", 502)] {
        for stream in [true, false] {
            let answer = ask(model, stream).await;
            assert_eq!(answer.status(), status, "{model}");
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.contains("\"type\":\"server_error\""), "{body}");
            assert!(!body.contains("fault"), "{body}");
        }
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_ends_the_stream_legally() {
    for model in [
        "fault-panic-mid",
        "fault-error-mid",
        "fault-missing-terminal",
    ] {
        let (types, received) = events(model).await;
        assert_eq!(
            types[types.len() - 2..],
            ["error", "response.failed"],
            "{model}"
        );
        assert_eq!(received, "Echo: one two", "{model}");
        let answer = ask(model, false).await;
        assert!(answer.status().is_server_error(), "{model}");
    }
}

#[tokio::test]
async fn an_illegal_sequence_is_repaired() {
    for model in [
        "fault-delta-after-done",
        "fault-unclosed-item",
        "fault-events-after-terminal",
        "fault-duplicate-created",
        "fault-bad-event-name",
        "fault-wrong-index",
        "fault-seq-gap",
    ] {
        let (types, received) = events(model).await;
        assert_eq!(types.last().unwrap(), "response.completed", "{model}");
        assert_eq!(received, "Echo: one two", "{model}");
        assert_eq!(ask(model, false).await.status(), 200, "{model}");
    }
}

#[tokio::test]
async fn much_is_passed_on() {
    let (_, received) = events("fault-huge-delta").await;
    assert_eq!(received.len(), 4 << 20);
    let (_, received) = events("flood").await;
    assert!(received.len() >= 8 << 20);
}

#[tokio::test(start_paused = true)]
async fn a_silent_model_is_kept_alive_with_comments() {
    let mut body = ask("fault-stall", true).await.into_body();
    let mut text = String::new();
    while !text.ends_with(": keep-alive\n\n") {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        text.push_str(std::str::from_utf8(&frame).unwrap());
    }
    assert!(text.contains("Echo:"));
}
