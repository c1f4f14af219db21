//! Clients that do not read, and providers that do not write.

use std::time::Duration;

use futures_util::stream;
use futures_util::{FutureExt, StreamExt};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use openresponses_tower::bounds::{BoundedResource, Bounds};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Shutdown};
use openresponses_types::sequence::Delta;

use crate::common::*;

/// Writes for ever, and is counted while it lives.
fn endless(census: &Census) -> OutputStream {
    let member = census.enter();
    OutputStream::new(stream::unfold(member, async |member| {
        Some((Ok(Delta::text("x".repeat(1000))), member))
    }))
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_takes_its_turn_along() {
    let census = Census::default();
    let counted = census.clone();
    let model = Model(move || Ok(endless(&counted)));
    let answer = stream(model, Config::new().heartbeat(None)).await;
    let mut body = answer.into_body();
    assert!(frame(&mut body).await.is_some());
    assert_eq!(census.alive(), 1);
    sleep(40 * SECOND).await;
    assert_eq!(census.alive(), 1);
    sleep(25 * SECOND).await;
    assert_eq!(census.alive(), 0);
    // A client that reads on gets a legal end.
    let mut rest = String::new();
    while let Some(frame) = frame(&mut body).await {
        rest.push_str(&frame);
    }
    assert!(rest.contains("event: response.failed"), "{rest}");
    assert!(rest.contains("client_stalled"), "{rest}");
    assert!(rest.ends_with("data: [DONE]\n\n"), "{rest}");
}

/// Returns how many requests are in progress, and what they take.
fn in_progress(bounds: &Bounds) -> (u64, u64) {
    let of = |resource| {
        let mut usage = bounds.usage().into_iter();
        usage.find(|one| one.resource == resource).unwrap().held
    };
    (of(BoundedResource::Requests), of(BoundedResource::Memory))
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_holds_nothing_after_twice_the_limit() {
    for first_is_read in [true, false] {
        let census = Census::default();
        let (counted, bounds) = (census.clone(), Bounds::new());
        let model = Model(move || Ok(endless(&counted)));
        let config = Config::new().heartbeat(None).bounds(&bounds);
        let mut body = stream(model, config).await.into_body();
        if first_is_read {
            assert!(frame(&mut body).await.is_some());
        }
        sleep(65 * SECOND).await;
        assert_eq!((census.alive(), in_progress(&bounds).0), (0, 1));
        sleep(65 * SECOND).await;
        assert_eq!(in_progress(&bounds), (0, 0));
        // The rest has no legal end, so that it does not look whole.
        let mut rest = String::new();
        while let Some(frame) = frame(&mut body).await {
            rest.push_str(&frame);
        }
        assert_eq!(rest, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_client_that_never_reads() {
    let shutdown = Shutdown::new();
    let model = Model(|| Ok(endless(&Census::default())));
    let config = Config::new().heartbeat(None).shutdown(&shutdown);
    let mut body = stream(model, config).await.into_body();
    assert!(frame(&mut body).await.is_some());
    shutdown.drain();
    let closed = tokio::time::timeout(150 * SECOND, shutdown.closed());
    assert!(closed.await.is_ok());
    drop(body);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_or_waits_is_not_stalled() {
    let census = Census::default();
    let counted = census.clone();
    let model = Model(move || Ok(endless(&counted)));
    let config = Config::new().heartbeat(None);
    let mut slow = stream(model, config.clone()).await.into_body();
    let silent = Model(|| {
        let pause = sleep(200 * SECOND).map(|()| Ok(Delta::complete()));
        let begin = stream::iter([Ok(Delta::text("x"))]);
        Ok(OutputStream::new(begin.chain(pause.into_stream())))
    });
    let waiting = stream(silent, config.idle_limit(None)).await;
    let waiting = tokio::spawn(text(waiting));
    for _ in 0..8 {
        sleep(30 * SECOND).await;
        let frame = frame(&mut slow).await.unwrap();
        assert!(!frame.contains("failed"), "{frame}");
    }
    assert_eq!(census.alive(), 1);
    assert!(waiting.await.unwrap().contains("event: response.completed"));
}

/// Says one word and nothing more.
fn mute() -> Result<OutputStream, Error> {
    let word = stream::iter([Ok(Delta::text("x"))]);
    Ok(OutputStream::new(word.chain(stream::pending())))
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_falls_silent_fails_its_response() {
    let start = Instant::now();
    let answer = stream(Model(mute), Config::new()).await;
    let text = text(answer).await;
    assert_eq!(start.elapsed(), 60 * SECOND);
    let kinds = events(&text.replace(": \n\n", ""));
    assert_eq!(types(&kinds).last(), Some(&"response.failed"));
    assert_eq!(
        kinds.last().unwrap()["response"]["error"]["code"],
        "timeout"
    );

    let start = Instant::now();
    let service = OpenResponses::new(Model(mute), Config::new());
    let body = STREAMED.replace("true", "false");
    assert_eq!(
        refused(post(&service, body.clone()).await, 504).await,
        "timeout"
    );
    assert_eq!(start.elapsed(), 60 * SECOND);

    let start = Instant::now();
    let never = Model(|| Ok(OutputStream::new(stream::pending::<Result<Delta, Error>>())));
    let service = OpenResponses::new(never, Config::new());
    assert_eq!(refused(post(&service, body).await, 504).await, "timeout");
    assert_eq!(start.elapsed(), 300 * SECOND);
}

/// Reads from a server of hyper's, so many bytes each second. Returns what it read in `time`, and whether
/// the provider is still alive.
async fn read_slowly(bytes: usize, time: Duration) -> (String, bool) {
    let census = Census::default();
    let counted = census.clone();
    let model = Model(move || Ok(endless(&counted)));
    let service = OpenResponses::new(model, Config::new());
    let (mut client, server) = tokio::io::duplex(4096);
    let service = TowerToHyperService::new(service);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let connection = tokio::spawn(connection);
    let request = format!(
        "POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{STREAMED}",
        STREAMED.len()
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let (start, mut read, mut buffer) = (Instant::now(), Vec::new(), vec![0; bytes]);
    while start.elapsed() < time {
        sleep(SECOND).await;
        let many = if bytes == 0 {
            continue;
        } else {
            client.read(&mut buffer).await.unwrap()
        };
        read.extend_from_slice(&buffer[..many]);
    }
    let is_alive = census.alive() == 1;
    connection.abort();
    (String::from_utf8_lossy(&read).into_owned(), is_alive)
}

#[tokio::test(start_paused = true)]
async fn a_client_over_http1_that_reads_slowly_but_steadily_is_not_stalled() {
    let (read, is_alive) = read_slowly(4096, 600 * SECOND).await;
    assert!(read.len() > 1 << 20, "{}", read.len());
    assert!(!read.contains("client_stalled"));
    assert!(is_alive);
    let (_, is_alive) = read_slowly(0, 200 * SECOND).await;
    assert!(!is_alive);
}

/// A client may take long for the events of the end.
#[tokio::test]
async fn a_provider_is_dropped_once_it_has_finished() {
    let census = Census::default();
    let model = {
        let census = census.clone();
        Model(move || {
            let member = census.enter();
            let deltas = [Delta::text("x".repeat(100_000)), Delta::complete()];
            let deltas = stream::iter(deltas).map(move |delta| {
                let _member = &member;
                Ok::<_, Error>(delta)
            });
            Ok(OutputStream::new(deltas))
        })
    };
    let mut body = stream(model, Config::new()).await.into_body();
    let mut text = String::new();
    while !text.contains("event: response.output_text.done\n") {
        text.push_str(&frame(&mut body).await.unwrap());
    }
    assert!(
        !text.contains("event: response.output_item.done\n"),
        "too late to tell"
    );
    assert_eq!(census.alive(), 0);
}

/// Whatever comes is ready, so the turn never waits.
#[tokio::test]
async fn a_shutdown_ends_a_turn_that_is_always_ready() {
    let shutdown = Shutdown::new();
    let model = Model(|| {
        let delta = || Ok::<_, Error>(Delta::text("x"));
        Ok(OutputStream::new(stream::repeat_with(delta)))
    });
    for ends_before in [false, true] {
        let config = Config::new().shutdown(&shutdown);
        let mut body = stream(model.clone(), config).await.into_body();
        if !ends_before {
            frame(&mut body).await.unwrap();
            shutdown.end();
        }
        let mut rest = String::new();
        for _ in 0..3 {
            match frame(&mut body).await {
                Some(frame) => rest.push_str(&frame),
                None => break,
            }
        }
        assert!(rest.contains("server_shutting_down"));
        assert!(rest.ends_with("data: [DONE]\n\n"));
    }
}
