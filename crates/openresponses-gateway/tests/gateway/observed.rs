use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::observe::Observed;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use serde_json::json;
use tower::ServiceExt;

use crate::common::{Act, actor, log};
use crate::notes::Notes;

fn request(stream: bool) -> Request<String> {
    Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(json!({"model": "made-up", "input": "x", "stream": stream}).to_string())
        .unwrap()
}

/// The observed events of one request, and the body that its client received.
async fn observed(provider: impl Provider, stream: bool) -> (Vec<String>, String) {
    let notes = Notes::default();
    let observed = Observed::new(provider, notes.clone()).named("one", "one/model");
    let service = OpenResponses::new(observed, Config::new());
    let answer = service.oneshot(request(stream)).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (notes.take(), String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn each_end_is_reported_once_and_the_answer_is_unchanged() {
    let ended = |outcome: &str| {
        [
            format!("attempt one/model one {outcome}"),
            format!(r#"ended Some("one/model") Some("one") {outcome} None"#),
        ]
    };
    for (act, streamed, whole, outcome) in [
        (Act::Answer, true, true, "ok"),
        (Act::Refuse400, false, false, "invalid_value"),
        (Act::Fail429, false, false, "rate_limit_exceeded"),
        (Act::FailFirst, false, false, "broke"),
        (Act::FailMid, true, false, "broke"),
        (Act::Silence, false, false, "stream_ended_early"),
        (Act::Panic, false, false, "server_error"),
    ] {
        for (stream, seen) in [(true, streamed), (false, whole)] {
            let (notes, body) = observed(actor("one", act, &log()), stream).await;
            let mut expected = vec![String::from("started")];
            if seen {
                expected.push("first one/model one 0".into());
            }
            let usage = |note: String| match act {
                Act::Silence => note.replace("None", "Some(4)"),
                _ => note,
            };
            expected.extend(ended(outcome).map(usage));
            assert_eq!(notes, expected, "{act:?} {stream}");

            let alone = OpenResponses::new(actor("one", act, &log()), Config::new());
            let answer = alone.oneshot(request(stream)).await.unwrap();
            let alone = answer.into_body().collect().await.unwrap().to_bytes();
            let events = |text: &str| -> Vec<String> {
                let lines = text.lines().filter(|line| line.starts_with("event: "));
                lines.map(str::to_owned).collect()
            };
            assert_eq!(events(&body), events(&String::from_utf8_lossy(&alone)));
        }
    }
}

#[tokio::test]
async fn a_disconnecting_client_is_reported() {
    let notes = Notes::default();
    let observed = Observed::new(actor("one", Act::FailMid, &log()), notes.clone());
    let service = OpenResponses::new(observed, Config::new());
    let mut answer = service.oneshot(request(true)).await.unwrap();
    assert!(answer.body_mut().frame().await.is_some());
    drop(answer);
    assert_eq!(
        notes.take().last().unwrap(),
        r#"ended Some("any") Some("provider") cancelled None"#
    );
}

/// Panics after its first output.
struct Falls;

impl Provider for Falls {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Ok(Response::new(OutputStream::write(|mut out| async move {
            out.text("Hi");
            tokio::task::yield_now().await;
            panic!("{out:?}")
        })))
    }
}

#[tokio::test]
async fn a_panic_in_the_stream_is_not_reported_as_a_cancellation() {
    let (notes, body) = observed(Falls, true).await;
    assert!(body.contains("event: response.failed\n"));
    assert_eq!(
        notes.last().unwrap(),
        r#"ended Some("one/model") Some("one") server_error None"#
    );
}
