use std::future::pending;
use std::time::Duration;

use openresponses_tower::{Config, OutputStream};
use openresponses_types::sequence::Delta;
use tokio::time::{Instant, advance, sleep};

use crate::common::*;

const COMMENT: &str = ": keep-alive\n\n";

/// Says one word and then nothing, forever.
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
    let answer = stream(Model(silent(&Census::default())), Config::new()).await;
    let mut body = answer.into_body();
    let start = Instant::now();
    let mut said = String::new();
    while start.elapsed() < 59 * SECOND {
        let frame = frame(&mut body).await.unwrap();
        if frame == COMMENT {
            assert_eq!(start.elapsed().as_secs() % 15, 0);
            assert!(said.starts_with("event: response.created"));
        } else {
            assert!(start.elapsed() < SECOND);
        }
        said += &frame;
    }
    assert_eq!(said.matches(COMMENT).count(), 4);
    assert!(said.ends_with(COMMENT));
}

#[tokio::test(start_paused = true)]
async fn what_is_said_puts_the_comment_off() {
    let said = || {
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
    let said = text(stream(Model(said), Config::new().heartbeat(10 * SECOND)).await).await;
    assert_eq!(said.matches(COMMENT).count(), 1);
    let at = said.find(COMMENT).unwrap();
    assert!(said.rfind("output_text.delta").unwrap() < at);
    assert!(said.find("response.output_text.done").unwrap() > at);
    assert_eq!(types(&events(&said)).last(), Some(&"response.completed"));
}

#[tokio::test(start_paused = true)]
async fn without_an_interval_silence_is_silence() {
    for config in [
        Config::new().heartbeat(None),
        Config::new().heartbeat(Duration::ZERO),
        Config::new().heartbeat(Duration::MAX),
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
    let answer = stream(Model(endless), Config::new().heartbeat(SECOND)).await;
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
    let answer = stream(Model(silent(&census)), Config::new()).await;
    let mut body = answer.into_body();
    while frame(&mut body).await.unwrap() != COMMENT {}
    assert_eq!(census.alive(), 1);
    drop(body);
    assert_eq!(census.alive(), 0);
}
