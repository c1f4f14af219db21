use std::future::pending;
use std::time::Duration;

use openresponses_tower::{Config, OutputStream};
use openresponses_types::sequence::Delta;
use tokio::time::{Instant, advance, sleep};

use crate::common::*;

const COMMENT: &str = ": keep-alive\n\n";

/// Sends one word, then stays pending.
fn silent(
    census: &Census,
) -> impl Fn() -> Result<OutputStream, openresponses_tower::Error> + use<> {
    let census = census.clone();
    move || {
        let member = census.enter();
        Ok(OutputStream::write(|mut out| async move {
            let _member = member;
            out.text("one");
            pending().await
        }))
    }
}

#[tokio::test(start_paused = true)]
async fn comments_come_at_the_interval_and_not_before_the_first_event() {
    let answer = stream(Model(silent(&Census::default())), unlimited()).await;
    let mut body = answer.into_body();
    let start = Instant::now();
    let mut received = String::new();
    while start.elapsed() < 59 * SECOND {
        let frame = frame(&mut body).await.unwrap();
        if frame == COMMENT {
            assert_eq!(start.elapsed().as_secs() % 15, 0);
            assert!(received.starts_with("event: response.created"));
        } else {
            assert!(start.elapsed() < SECOND);
        }
        received += &frame;
    }
    assert_eq!(received.matches(COMMENT).count(), 4);
    assert!(received.ends_with(COMMENT));
}

#[tokio::test(start_paused = true)]
async fn output_delays_the_comment() {
    let model = || {
        Ok(OutputStream::write(|mut out| async move {
            for _ in 0..9 {
                sleep(7 * SECOND).await;
                out.text("word ");
            }
            sleep(11 * SECOND).await;
            out.complete();
            Ok(())
        }))
    };
    let received = text(stream(Model(model), unlimited().heartbeat(10 * SECOND)).await).await;
    assert_eq!(received.matches(COMMENT).count(), 1);
    let at = received.find(COMMENT).unwrap();
    assert!(received.rfind("output_text.delta").unwrap() < at);
    assert!(received.find("response.output_text.done").unwrap() > at);
    assert_eq!(
        types(&events(&received)).last(),
        Some(&"response.completed")
    );
}

#[tokio::test(start_paused = true)]
async fn without_an_interval_no_comments_are_sent() {
    for config in [
        unlimited().heartbeat(None),
        unlimited().heartbeat(Duration::ZERO),
        unlimited().heartbeat(Duration::MAX),
    ] {
        let answer = stream(Model(silent(&Census::default())), config).await;
        let mut body = answer.into_body();
        let read = async { while frame(&mut body).await.is_some_and(|frame| frame != COMMENT) {} };
        let waited = tokio::time::timeout(3600 * SECOND, read).await;
        assert!(waited.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_not_a_silent_provider() {
    let endless = || {
        Ok(OutputStream::new(futures_util::stream::repeat_with(|| {
            Ok(Delta::text("word"))
        })))
    };
    let answer = stream(Model(endless), unlimited().heartbeat(SECOND)).await;
    let mut body = answer.into_body();
    for _ in 0..20 {
        let frame = frame(&mut body).await.unwrap();
        assert!(!frame.contains(COMMENT));
        advance(5 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_body_drops_a_silent_provider_at_once() {
    let census = Census::default();
    let answer = stream(Model(silent(&census)), unlimited()).await;
    let mut body = answer.into_body();
    while frame(&mut body).await.unwrap() != COMMENT {}
    assert_eq!(census.alive(), 1);
    drop(body);
    assert_eq!(census.alive(), 0);
}

/// A configuration in which providers may be silent.
fn unlimited() -> Config {
    Config::new().first_output_limit(None).idle_limit(None)
}
