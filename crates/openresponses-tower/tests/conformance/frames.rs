//! Content of body frames.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use http_body::Body;
use http_body_util::BodyExt;
use openresponses_tower::OutputStream;
use openresponses_types::Profile;
use openresponses_types::sequence::Delta;
use serde_json::json;

use crate::client::{embedded, parse, post, send, with};

#[tokio::test]
async fn frames_hold_whole_events() {
    let service = embedded(Profile::Compatible);
    let text = "Hällo wörld 😀 \u{2028}\u{85} ".repeat(500);
    let request =
        json!({"model": "m", "input": text, "stream": true, "reasoning": {"summary": "auto"}});
    let mut body = send(&service, post(request.to_string())).await.into_body();
    let mut whole = String::new();
    let mut frames = 0;
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        let frame = std::str::from_utf8(&data).unwrap();
        assert!(frame.starts_with("event: ") || frame.starts_with("data: [DONE]"));
        assert!(frame.ends_with("\n\n"));
        whole.push_str(frame);
        frames += 1;
    }
    let events = parse(&whole);
    // Events that are ready together share a frame.
    assert!(frames < events.len(), "{frames} frames");
    let streamed: String = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta")
        .map(|event| event["delta"].as_str().unwrap())
        .collect();
    assert_eq!(streamed, format!("Echo: {text}"));
}

#[tokio::test]
async fn the_first_frame_is_sent_at_once() {
    let service = with(|_| ready(Ok(OutputStream::write(|_| pending()))));
    let request = json!({"model": "m", "input": "x", "stream": true});
    let body = send(&service, post(request.to_string())).await.into_body();
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx) else {
        panic!("nothing at once");
    };
    let data = frame.into_data().unwrap();
    assert!(data.starts_with(b"event: response.created\n"));
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn each_delta_is_sent_at_once() {
    let service = with(|_| {
        ready(Ok(OutputStream::write(|mut out| async move {
            out.text("one");
            out.sink().flush().await;
            pending::<()>().await;
            Ok(())
        })))
    });
    let request = json!({"model": "m", "input": "x", "stream": true});
    let body = send(&service, post(request.to_string())).await.into_body();
    let mut body = pin!(body);
    // Polls like a runtime, until no task is left to run.
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    let mut seen = Vec::new();
    while woken.0.swap(false, Ordering::SeqCst) {
        while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx) {
            seen.extend(frame.into_data().unwrap());
        }
    }
    let seen = String::from_utf8(seen).unwrap();
    assert!(seen.contains(r#""delta":"one""#), "{seen}");
}

#[tokio::test]
async fn a_json_answer_has_a_content_length() {
    let service = with(|_| ready(Ok(OutputStream::from_deltas([Delta::complete()]))));
    let request = json!({"model": "m", "input": "x"});
    let body = send(&service, post(request.to_string())).await.into_body();
    let exact = body.size_hint().exact();
    let length = body.collect().await.unwrap().to_bytes().len() as u64;
    assert_eq!(exact, Some(length));
}
