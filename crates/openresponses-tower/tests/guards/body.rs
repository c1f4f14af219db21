use std::convert::Infallible;
use std::future::pending;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use openresponses_tower::bounds::Bounds;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::sequence::Delta;
use tokio::time::{Instant, advance, sleep};

use crate::common::*;

const KIB: usize = 1024;

fn hello() -> Result<OutputStream, Error> {
    Ok(OutputStream::from_deltas([
        Delta::text("Hello"),
        Delta::complete(),
    ]))
}

fn endpoint(config: Config) -> OpenResponses<impl Provider> {
    OpenResponses::new(Model(hello), config)
}

#[tokio::test]
async fn a_large_body_is_read_beside_the_thread_that_serves() {
    let service = endpoint(Config::new());
    let tool = |n: usize| format!(r#"{{"type":"function","name":"f{n}"}}"#);
    let mut others = [0, 0];
    for (count, others) in [10, 50_000].into_iter().zip(&mut others) {
        let tools: Vec<String> = (0..count).map(tool).collect();
        let body = format!(
            r#"{{"model":"m","input":"x","tools":[{}]}}"#,
            tools.join(",")
        );
        let mut answer = std::pin::pin!(post(&service, http_body_util::Full::<Bytes>::from(body)));
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut answer => break answer,
                () = tokio::task::yield_now() => *others += 1,
            }
        };
        assert_eq!(answer.status(), 200);
    }
    assert!(others[0] < 20 && others[1] > 100, "{others:?}");
}

/// A body of pieces.
fn body(pieces: impl Stream<Item = Bytes> + Send + 'static) -> UnsyncBoxBody<Bytes, Infallible> {
    StreamBody::new(pieces.map(|piece| Ok(Frame::data(piece)))).boxed_unsync()
}

/// A request of `length` bytes.
fn request(length: usize) -> String {
    let mut request = String::from(r#"{"model":"m","input":"Hello"}"#);
    request += &" ".repeat(length - request.len());
    request
}

/// A request that comes in pieces, the first at once, the others after a pause each.
fn paced(length: usize, piece: usize, pause: std::time::Duration) -> impl Stream<Item = Bytes> {
    let pieces: Vec<_> = request(length)
        .into_bytes()
        .chunks(piece)
        .map(Bytes::copy_from_slice)
        .collect();
    stream::iter(pieces.into_iter().enumerate()).then(move |(at, piece)| async move {
        if at > 0 {
            sleep(pause).await;
        }
        piece
    })
}

/// As much as `length` bytes, and then nothing, forever.
fn stuck(length: usize, census: &Census) -> impl Stream<Item = Bytes> + use<> {
    let member = census.enter();
    let end = async move {
        let _member = member;
        pending().await
    };
    stream::once(async move { Bytes::from(request(length)) }).chain(stream::once(end))
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_arrives_times_out() {
    let census = Census::default();
    let start = Instant::now();
    let answer = post(&endpoint(Config::new()), body(stuck(29, &census).skip(1))).await;
    assert_eq!(refused(answer, 408).await, "request_timeout");
    assert_eq!(start.elapsed(), 30 * SECOND);
    assert_eq!(census.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_gains_almost_no_time() {
    let start = Instant::now();
    let slow = body(paced(1000 * KIB, KIB, SECOND));
    let answer = post(&endpoint(Config::new()), slow).await;
    assert_eq!(refused(answer, 408).await, "request_timeout");
    assert!(start.elapsed() > 30 * SECOND && start.elapsed() < 31 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_large_body_at_the_rate_is_in_time() {
    let start = Instant::now();
    let steady = body(paced(10 * KIB * KIB, 64 * KIB, SECOND));
    let answer = post(&endpoint(Config::new()), steady).await;
    assert_eq!(answer.status(), 200);
    assert!(start.elapsed() >= 159 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn time_is_the_hosts_to_set() {
    let patient = Config::new().body_timeout(None);
    let answer = post(&endpoint(patient), body(paced(KIB, 8, 60 * SECOND))).await;
    assert_eq!(answer.status(), 200);

    let strict = Config::new().body_timeout(5 * SECOND).body_rate(0);
    let start = Instant::now();
    let answer = post(&endpoint(strict), body(paced(400 * KIB, 64 * KIB, SECOND))).await;
    assert_eq!(refused(answer, 408).await, "request_timeout");
    assert_eq!(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_always_ready_does_not_block_others() {
    let endless = body(stream::repeat(Bytes::new()));
    let service = endpoint(Config::new());
    let reading = tokio::spawn(async move { post(&service, endless).await });
    tokio::task::yield_now().await;
    assert!(!reading.is_finished());
    advance(30 * SECOND).await;
    assert_eq!(
        refused(reading.await.unwrap(), 408).await,
        "request_timeout"
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_body_without_a_length_is_cut() {
    let limit = 1024 * KIB;
    let census = Census::default();
    let member = census.enter();
    let taken = Census::default();
    let pieces = stream::repeat(Bytes::from(vec![b' '; 16 * KIB])).inspect({
        let taken = taken.clone();
        move |_| {
            let _member = &member;
            std::mem::forget(taken.enter());
        }
    });
    let service = endpoint(Config::new().body_limit(limit as u64));
    let answer = post(&service, body(pieces)).await;
    assert_eq!(refused(answer, 413).await, "request_too_large");
    assert!(taken.alive() * 16 * KIB <= limit + 64 * KIB);
    // What follows is discarded, so that the answer reaches the client, but not for ever.
    advance(31 * SECOND).await;
    tokio::task::yield_now().await;
    assert_eq!(census.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn bodies_share_the_memory_of_all() {
    let memory = 2048 * KIB as u64;
    let service = endpoint(Config::new().bounds(&Bounds::new().memory(memory, 2 * memory)));
    let census = Census::default();
    let stuck: Vec<_> = (0..2)
        .map(|_| {
            let (service, body) = (service.clone(), body(stuck(400 * KIB, &census)));
            tokio::spawn(async move { post(&service, body).await })
        })
        .collect();
    tokio::task::yield_now().await;

    let answer = post(&service, request(900 * KIB)).await;
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(refused(answer, 503).await, "overloaded");
    assert_eq!(post(&service, request(64 * KIB)).await.status(), 200);

    // A client that disconnects or is too slow releases what it held.
    assert_eq!(post(&service, request(350 * KIB)).await.status(), 503);
    stuck[0].abort();
    tokio::task::yield_now().await;
    assert_eq!(census.alive(), 1);
    assert_eq!(post(&service, request(350 * KIB)).await.status(), 200);
    for stuck in stuck {
        let _ = stuck.await;
    }
    assert_eq!(post(&service, request(500 * KIB)).await.status(), 200);
    assert_eq!(post(&service, request(900 * KIB)).await.status(), 503);
}

/// A body of the host's layers that panics when it is polled, and when it is dropped.
struct Panicking(Census, Option<Member>);

impl http_body::Body for Panicking {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // Polled once only.
        assert!(self.1.is_none(), "a body is polled after its panic");
        self.1 = Some(self.0.enter());
        panic!("a panic in a body");
    }
}

impl Drop for Panicking {
    fn drop(&mut self) {
        panic!("a panic in the destructor of a body");
    }
}

#[tokio::test]
async fn a_body_that_panics_is_a_server_error_and_ends_its_connection() {
    let census = Census::default();
    let answer = post(&endpoint(Config::new()), Panicking(census.clone(), None)).await;
    assert_eq!(answer.headers()["connection"], "close");
    assert_eq!(refused(answer, 500).await, "server_error");
    assert_eq!(census.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_of_the_hosts_own_has_the_limits_of_the_endpoint() {
    let bounds = Bounds::new().requests(1, 1);
    let service = endpoint(Config::new().bounds(&bounds));
    let tenant = Scope::new("a");
    let length = |bytes: &[u8]| bytes.len();
    let read = |body| service.with_body(&tenant, body, 100, length);
    assert_eq!(read(body(paced(100, 10, SECOND))).await.ok(), Some(100));
    let refused = read(body(paced(101, 10, SECOND))).await.unwrap_err();
    assert_eq!(refused.code(), "request_too_large");
    // It counts while it is read.
    let (census, start) = (Census::default(), Instant::now());
    let (late, full) = tokio::join!(read(body(stuck(29, &census))), async {
        tokio::task::yield_now().await;
        read(body(paced(29, 29, SECOND))).await
    });
    assert_eq!(full.unwrap_err().code(), "tenant_limit_exceeded");
    assert_eq!(late.unwrap_err().code(), "request_timeout");
    assert_eq!((start.elapsed(), census.alive()), (30 * SECOND, 0));
    assert!(bounds.usage().iter().all(|one| one.held == 0));
    let panics = service.with_body(&tenant, String::from("x"), 100, |_| panic!("on purpose"));
    assert_eq!(panics.await.map(|()| 0).unwrap_err().code(), "server_error");
}
