//! What a large turn does on a thread that serves connections, at once: allocations are counted for each
//! poll and drop, not time. What is longer is done on other threads, so that others do not wait.
#![allow(clippy::unwrap_used)]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use allocation_counter::measure;
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::StreamBody;
use openresponses_tower::store::{InterruptedAction, MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tower::ServiceExt;

/// The parts of a large body.
const PARTS: usize = 10_000;

/// The most that is allocated, or freed, at once.
const MAX_ALLOCATIONS: u64 = 500;

/// Says a word, and holds its turn as long as its stream.
struct Holder;

impl Provider for Holder {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let turn = turn.into_body();
        if turn.model == "fails" {
            return Err(Error::server("a fault"));
        }
        let deltas = [Delta::text("x"), Delta::complete()];
        let held = stream::unfold((turn, deltas.into_iter()), async |(turn, mut deltas)| {
            let delta = deltas.next()?;
            Some((Ok::<_, Error>(delta), (turn, deltas)))
        });
        Ok(Response::new(OutputStream::new(held)))
    }
}

/// The most that was allocated or freed at once.
#[derive(Debug, Default)]
struct Most(u64);

impl Most {
    fn look<T>(&mut self, step: impl FnOnce() -> T) -> T {
        let mut done = None;
        let counts = measure(|| done = Some(step()));
        let freed = counts.count_total.cast_signed() - counts.count_current;
        self.0 = self.0.max(counts.count_total).max(freed.cast_unsigned());
        done.unwrap()
    }

    async fn of<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|cx| self.look(|| work.as_mut().poll(cx))).await
    }
}

fn tools(settings: &str) -> String {
    let tools: Vec<String> = (0..PARTS)
        .map(|n| format!(r#"{{"type":"function","name":"f{n}"}}"#))
        .collect();
    format!(
        r#"{{{settings},"input":"x","tools":[{}]}}"#,
        tools.join(",")
    )
}

fn messages(settings: &str) -> String {
    let message = r#"{"role":"user","content":"x"}"#;
    format!(
        r#"{{{settings},"input":[{}]}}"#,
        vec![message; PARTS].join(",")
    )
}

fn request(body: &str) -> Request<impl Body<Data = Bytes, Error = Error> + Send + 'static> {
    let pieces = body
        .as_bytes()
        .chunks(64 * 1024)
        .map(Bytes::copy_from_slice);
    let pieces: Vec<_> = pieces.map(|piece| Ok(Frame::data(piece))).collect();
    Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(StreamBody::new(stream::iter(pieces)))
        .unwrap()
}

/// Answers a request, and counts what is done on this thread.
async fn steps(body: &str, config: Config) -> Most {
    let mut most = Most::default();
    let answer = OpenResponses::new(Holder, config).oneshot(request(body));
    let answer = most.of(Box::pin(answer)).await.unwrap();
    let mut body = Box::pin(answer.into_body());
    while let Some(frame) = poll_fn(|cx| most.look(|| body.as_mut().poll_frame(cx))).await {
        frame.unwrap();
    }
    most.look(|| drop(body));
    most
}

#[tokio::test]
async fn no_step_of_a_large_turn_is_long() {
    let mut long = Vec::new();
    for (name, shape) in [
        ("tools", tools as fn(&str) -> String),
        ("messages", messages),
    ] {
        for settings in [
            r#""model":"m""#,
            r#""model":"m","stream":true"#,
            r#""model":"fails""#,
            r#""model":"fails","stream":true"#,
        ] {
            let most = steps(&shape(settings), Config::new()).await;
            if most.0 > MAX_ALLOCATIONS {
                long.push((name, settings, most));
            }
        }
    }
    assert!(long.is_empty(), "{long:?}");
}

/// Its request is kept, its response stored and printed.
#[tokio::test]
async fn no_step_of_a_large_background_response_is_long() {
    for shape in [tools as fn(&str) -> String, messages] {
        let config = Config::new()
            .store(MemoryStore::new(MemoryStoreLimits::default()))
            .interrupted(InterruptedAction::Restart { attempts: 3 })
            .background(|task| drop(tokio::spawn(task)));
        let most = steps(&shape(r#""model":"m","background":true"#), config).await;
        assert!(most.0 <= MAX_ALLOCATIONS, "{most:?}");
    }
}

#[tokio::test]
async fn leaving_a_large_turn_is_short() {
    // Where turns without a client are finished, there may be too many of them.
    let none = || Config::new().drain_on_disconnect(Duration::from_secs(60), 0, |_| {});
    for (frames, settings, config) in [
        (0, r#""model":"m""#, Config::new()),
        (1, r#""model":"m","stream":true"#, Config::new()),
        (1, r#""model":"m","stream":true"#, none()),
    ] {
        let body = tools(settings);
        let mut most = Most::default();
        // How often it is polled before its client goes.
        for polls in (1..30).step_by(3) {
            let service = OpenResponses::new(Holder, config.clone());
            let mut answer = Box::pin(service.oneshot(request(&body)));
            let mut left = polls;
            let answered = poll_fn(|cx| {
                left -= 1;
                match answer.as_mut().poll(cx) {
                    Poll::Ready(answer) => Poll::Ready(Some(answer)),
                    Poll::Pending if left == 0 => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                }
            });
            match answered.await {
                None => most.look(|| drop(answer)),
                Some(answer) => {
                    let mut body = Box::pin(answer.unwrap().into_body());
                    for _ in 0..frames {
                        poll_fn(|cx| next(&mut body, cx)).await;
                    }
                    most.look(|| drop(body));
                }
            }
        }
        assert!(most.0 <= MAX_ALLOCATIONS, "{settings}: {most:?}");
    }
}

fn next<B: Body>(body: &mut std::pin::Pin<Box<B>>, cx: &mut Context<'_>) -> Poll<()> {
    body.as_mut().poll_frame(cx).map(drop)
}
