//! What a stream that waits for its provider holds.
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body::Body;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tower::ServiceExt;

/// Sends one word and then nothing.
struct Idle;

impl Provider for Idle {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let first = stream::iter([Ok::<_, Error>(Delta::text("One"))]);
        Ok(Response::new(OutputStream::new(
            first.chain(stream::pending()),
        )))
    }
}

/// The body of a stream, polled until it waits.
async fn idle(service: &OpenResponses<Idle>) -> impl Body {
    let body = r#"{"model":"m","input":"Hello","instructions":"Be brief.","stream":true}"#;
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(String::from(body));
    let answer = service.clone().oneshot(request.unwrap()).await.unwrap();
    let mut body = Box::pin(answer.into_body());
    let mut frames = 0;
    let mut silent = 0;
    while silent < 4 {
        let mut cx = Context::from_waker(Waker::noop());
        match pin!(&mut body).poll_frame(&mut cx) {
            Poll::Ready(frame) => {
                assert!(frame.unwrap().is_ok());
                frames += 1;
                silent = 0;
            }
            Poll::Pending => silent += 1,
        }
    }
    assert_eq!(frames, 2, "the first event, and those behind it");
    body
}

#[test]
fn a_stream_that_waits_holds_less_than_6_kib() {
    const STREAMS: usize = 100;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let service = OpenResponses::new(Idle, Config::new());
        let mut bodies = Vec::with_capacity(STREAMS + 1);
        bodies.push(idle(&service).await);
        let held = allocation_counter::measure(|| {
            for _ in 0..STREAMS {
                let opened = futures_util::FutureExt::now_or_never(idle(&service));
                bodies.push(opened.unwrap());
            }
        });
        let each = held.bytes_current / STREAMS as i64;
        println!("{each} bytes for each stream");
        assert!(each < 6 * 1024, "{each} bytes");
    });
}
