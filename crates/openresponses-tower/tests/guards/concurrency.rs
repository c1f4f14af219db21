use std::future::{pending, poll_fn, ready};
use std::mem;
use std::task::Poll;

use futures_util::{FutureExt, StreamExt, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_tower::layers::{StreamConcurrencyLimit, StreamConcurrencyLimitLayer};
use openresponses_tower::provider::FromService;
use openresponses_tower::{Config, Error, ErrorKind, OpenResponses, OutputStream};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::common::*;

/// How an answer continues.
#[derive(Clone, Copy)]
enum Answer {
    Silent,
    Short,
    Broken,
    Refused,
    Stuck,
}

async fn answer(how: Answer) -> Result<Response<OutputStream>, Error> {
    let word = Ok(Delta::text("word"));
    match how {
        Answer::Silent => Ok(Response::new(OutputStream::new(stream::pending::<
            Result<Delta, Error>,
        >()))),
        Answer::Short => Ok(items([word, Ok(Delta::complete())])),
        Answer::Broken => Ok(items([word, Err(Error::overloaded())])),
        Answer::Refused => Err(Error::rate_limited(SECOND)),
        Answer::Stuck => pending().await,
    }
}

macro_rules! limited {
    ($layer:expr) => {
        $layer.layer(service_fn(answer))
    };
}

fn waiting(max: usize) -> StreamConcurrencyLimitLayer {
    StreamConcurrencyLimitLayer::new(max)
}

fn refusing(max: usize) -> StreamConcurrencyLimitLayer {
    waiting(max).reject(3 * SECOND)
}

fn is_ready<S>(service: &mut StreamConcurrencyLimit<S>) -> bool
where
    StreamConcurrencyLimit<S>: Service<Answer, Error = Error>,
{
    poll_fn(|cx| service.poll_ready(cx))
        .now_or_never()
        .is_some_and(|ready| ready.is_ok())
}

#[tokio::test]
async fn a_permit_lives_as_long_as_its_stream() {
    let service = limited!(refusing(2));
    let ask = |how| service.clone().oneshot(how);

    let first = ask(Answer::Silent).await.unwrap();
    let second = ask(Answer::Short).await.unwrap();
    let refused = ask(Answer::Short).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Overloaded);
    assert_eq!(refused.retry_after_hint(), Some(3 * SECOND));

    // Read to its end, though not dropped.
    let mut second = second.into_body();
    while second.next().await.is_some() {}
    let third = ask(Answer::Broken).await.unwrap();
    assert!(ask(Answer::Short).await.is_err());

    // An error is an end.
    let mut third = third.into_body();
    assert!(third.next().await.unwrap().is_ok());
    assert!(third.next().await.unwrap().is_err());
    let fourth = ask(Answer::Silent).await.unwrap();
    assert!(ask(Answer::Short).await.is_err());

    drop((first, fourth));
    let fifth = ask(Answer::Silent).await.unwrap();
    let sixth = ask(Answer::Silent).await.unwrap();
    assert!(ask(Answer::Short).await.is_err());
    drop((second, third, fifth, sixth));
}

#[tokio::test]
async fn an_answer_that_does_not_arrive_releases_its_permit() {
    for layer in [waiting(1), refusing(1)] {
        let service = limited!(layer);
        let refused = service.clone().oneshot(Answer::Refused).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::RateLimited);
        let mut stuck = Box::pin(service.clone().oneshot(Answer::Stuck));
        assert!((&mut stuck).now_or_never().is_none());
        let second = service.clone().oneshot(Answer::Short).now_or_never();
        assert!(second.is_none_or(|refused| refused.is_err()));
        drop(stuck);
        assert!(
            service
                .oneshot(Answer::Short)
                .now_or_never()
                .unwrap()
                .is_ok()
        );
    }
}

#[tokio::test]
async fn who_waits_is_served_in_turn() {
    let service = limited!(waiting(1));
    let first = service.clone().oneshot(Answer::Silent).await.unwrap();
    let mut queue: Vec<_> = (0..3)
        .map(|_| Box::pin(service.clone().oneshot(Answer::Silent)))
        .collect();
    for waiting in &mut queue {
        assert!(waiting.now_or_never().is_none());
    }
    // A caller that gives up leaves the queue.
    drop(queue.remove(0));
    drop(first);
    assert!((&mut queue[1]).now_or_never().is_none());
    let second = (&mut queue[0]).now_or_never().unwrap().unwrap();
    assert!((&mut queue[1]).now_or_never().is_none());
    drop(second);
    assert!((&mut queue[1]).now_or_never().unwrap().is_ok());
}

#[tokio::test]
async fn readiness_is_not_cloned() {
    let mut service = limited!(waiting(1));
    assert!(is_ready(&mut service));
    assert!(is_ready(&mut service));

    // The remaining clone is not ready; the moved one is.
    let mut clone = service.clone();
    assert!(!is_ready(&mut clone));
    let mut ready = mem::replace(&mut service, clone);
    let stream = ready.call(Answer::Silent).await.unwrap();
    assert!(!is_ready(&mut service));
    drop(stream);
    assert!(is_ready(&mut service));

    // Unused readiness is released.
    drop(service);
    assert!(is_ready(&mut ready));
}

#[tokio::test]
async fn a_call_without_readiness_does_not_exceed_the_limit() {
    let mut service = limited!(waiting(1));
    let _stream = service.call(Answer::Silent).await.unwrap();
    let refused = service.call(Answer::Silent).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Overloaded);
}

#[tokio::test]
async fn the_services_of_a_layer_share_its_limit() {
    let layer = refusing(1);
    let (one, other) = (limited!(layer), limited!(layer.clone()));
    let _stream = one.oneshot(Answer::Silent).await.unwrap();
    assert!(other.oneshot(Answer::Short).await.is_err());
    assert!(limited!(refusing(0)).oneshot(Answer::Short).await.is_err());
    let unlimited = limited!(waiting(usize::MAX));
    assert!(unlimited.oneshot(Answer::Short).await.is_ok());
}

#[tokio::test]
async fn a_service_below_that_is_not_ready_is_waited_for() {
    struct NotReady;

    impl Service<Answer> for NotReady {
        type Response = Response<OutputStream>;
        type Error = Error;
        type Future = std::future::Ready<Result<Response<OutputStream>, Error>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Error>> {
            Poll::Pending
        }

        fn call(&mut self, _: Answer) -> Self::Future {
            ready(Err(Error::overloaded()))
        }
    }

    assert!(!is_ready(&mut waiting(1).layer(NotReady)));
    assert!(!is_ready(&mut refusing(1).layer(NotReady)));
}

#[tokio::test]
async fn over_http() {
    let silent = |_: Request<Turn>| answer(Answer::Silent);
    let provider = FromService::new(refusing(1).layer(service_fn(silent)));
    let service = OpenResponses::new(provider, Config::new());
    let ask = || post(&service, String::from(STREAMED));

    let mut first = ask().await;
    assert!(first.body_mut().frame().await.is_some());
    let second = ask().await;
    assert_eq!(second.headers()["retry-after"], "3");
    assert_eq!(refused(second, 503).await, "overloaded");

    drop(first);
    assert_eq!(ask().await.status(), 200);
}
