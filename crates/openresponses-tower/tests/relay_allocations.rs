//! Allocations of a relayed frame on its way through the endpoint: a constant number for a stream,
//! whatever its length, but for the growing text and the buffers of the body.
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::Body;
use openresponses_tower::output::RelayMode;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use tower::ServiceExt;

/// An upstream that sends as many deltas as the model's name states.
struct Upstream;

fn transcript(deltas: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    let mut event = |name: &str, members: &str| {
        text.push_str(&format!(
            "event: response.{name}\ndata: {{\"type\":\"response.{name}\",\"sequence_number\":{number},{members}}}\n\n"
        ));
        number += 1;
    };
    let response =
        |status: &str| format!(r#""response":{{"id":"r","status":"{status}","output":[]}}"#);
    event("created", &response("in_progress"));
    event("in_progress", &response("in_progress"));
    let item =
        r#"{"type":"message","id":"m","status":"in_progress","role":"assistant","content":[]}"#;
    event(
        "output_item.added",
        &format!(r#""output_index":0,"item":{item}"#),
    );
    let place = r#""item_id":"m","output_index":0,"content_index":0"#;
    let part = r#"{"type":"output_text","text":"","annotations":[],"logprobs":[]}"#;
    event("content_part.added", &format!(r#"{place},"part":{part}"#));
    for _ in 0..deltas {
        event(
            "output_text.delta",
            &format!(r#"{place},"delta":"x","logprobs":[]"#),
        );
    }
    text
}

impl Provider for Upstream {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let text = transcript(turn.body().model.parse().unwrap());
        Ok(Response::new(OutputStream::relay(text, RelayMode::Repair)))
    }
}

/// Allocations while the body of a stream with so many deltas is read.
fn reading(deltas: usize) -> u64 {
    let body = format!(
        r#"{{"model":"{deltas}","input":"x","stream":true,"stream_options":{{"include_obfuscation":false}}}}"#
    );
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    let service = OpenResponses::new(Upstream, Config::new().heartbeat(None));
    let mut cx = Context::from_waker(Waker::noop());
    let mut asked = pin!(service.oneshot(request));
    let answer = loop {
        if let Poll::Ready(answer) = asked.as_mut().poll(&mut cx) {
            break answer.unwrap();
        }
    };
    let mut body = pin!(answer.into_body());
    let mut bytes = 0;
    let cost = allocation_counter::measure(|| {
        loop {
            match body.as_mut().poll_frame(&mut cx) {
                Poll::Ready(Some(frame)) => bytes += frame.unwrap().data_ref().unwrap().len(),
                Poll::Ready(None) => break,
                Poll::Pending => {}
            }
        }
    });
    assert!(bytes > deltas * 100, "{bytes}");
    cost.count_total
}

#[test]
fn a_relayed_delta_allocates_nothing_of_its_own() {
    let (few, many) = (reading(1_000), reading(11_000));
    let each = (many - few) as f64 / 10_000.0;
    assert!(each < 0.05, "{each} allocations a delta: {few}, {many}");
}
