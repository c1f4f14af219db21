use std::future::{Ready, pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{FutureExt, StreamExt, stream};
use http::{Request, Response};
use openresponses_tower::layers::PrimeLayer;
use openresponses_tower::output::Output;
use openresponses_tower::provider::FromService;
use openresponses_tower::{Config, Error, ErrorKind, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::response::Usage;
use openresponses_types::sequence::{Delta, Failure, Finish};
use tokio::time::{Instant, sleep};
use tower::retry::{Policy, RetryLayer};
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::common::*;

/// A provider that answers with a stream of `make`'s, primed.
fn primed<F, I>(make: F) -> impl Provider
where
    F: Fn() -> I + Clone + Send + Sync + 'static,
    I: IntoIterator<Item = Result<Delta, Error>>,
    I::IntoIter: Send + 'static,
{
    FromService::new(PrimeLayer::new().layer(service_fn(move |_: Request<Turn>| {
        ready(Ok::<_, Error>(items(make())))
    })))
}

fn usage() -> Delta {
    Delta::usage(Usage::new(3, 0))
}

#[tokio::test]
async fn an_early_error_is_a_status() {
    let fails = || [Err(Error::rate_limited(7 * SECOND))];
    let answer = stream(primed(fails), Config::new()).await;
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(refused(answer, 429).await, "rate_limit_exceeded");

    let fails = || [Ok(usage()), Err(Error::overloaded())];
    let answer = stream(primed(fails), Config::new()).await;
    assert_eq!(refused(answer, 503).await, "overloaded");

    let fails = || {
        let failure = Failure::new("model_error", "model_gone", "It is gone.");
        [Ok(Delta::Finish(Finish::Failed(failure.into())))]
    };
    let answer = stream(primed(fails), Config::new()).await;
    assert_eq!(refused(answer, 500).await, "model_gone");
}

#[tokio::test]
async fn a_stream_without_output_is_an_error() {
    let answer = stream(primed(Vec::new), Config::new()).await;
    assert_eq!(refused(answer, 500).await, "stream_ended_early");
    let answer = stream(primed(|| [Ok(usage())]), Config::new()).await;
    assert_eq!(refused(answer, 500).await, "stream_ended_early");
}

#[tokio::test]
async fn a_panic_while_priming_is_a_status() {
    let panics = || {
        std::iter::once_with(|| {
            #[allow(clippy::panic)]
            {
                panic!("on purpose")
            }
        })
    };
    let answer = stream(primed(panics), Config::new()).await;
    assert_eq!(refused(answer, 500).await, "server_error");
}

#[tokio::test]
async fn nothing_is_lost_and_order_is_kept() {
    let expected = [
        usage(),
        usage(),
        Delta::text("a"),
        usage(),
        Delta::complete(),
    ];
    let output = expected.clone();
    let service = PrimeLayer::new().layer(service_fn(move |()| {
        let mut answer = items(output.clone().map(Ok));
        answer.headers_mut().insert("x-model", "m".parse().unwrap());
        ready(Ok::<_, Error>(answer))
    }));
    let answer = service.oneshot(()).await.unwrap();
    assert_eq!(answer.headers()["x-model"], "m");
    let read: Vec<_> = answer
        .into_body()
        .map(|output| match output.unwrap() {
            Output::Delta(delta) => delta,
            other => panic!("{other:?}"),
        })
        .collect()
        .await;
    assert_eq!(read, expected);

    // Finishing is an answer too, if an empty one.
    let answer = stream(primed(|| [Ok(Delta::complete())]), Config::new()).await;
    let events = events(&text(answer).await);
    assert_eq!(types(&events).last(), Some(&"response.completed"));
}

#[tokio::test]
async fn pieces_without_output_are_held_for_a_limited_time() {
    let chatter = || stream::repeat_with(|| Ok(usage()));
    let service = PrimeLayer::new().layer(service_fn(move |()| {
        ready(Ok::<_, Error>(Response::new(OutputStream::new(chatter()))))
    }));
    assert!(service.oneshot(()).now_or_never().unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_head_comes_with_the_first_output() {
    let service = PrimeLayer::new().layer(service_fn(|()| async {
        sleep(SECOND).await;
        Ok::<_, Error>(Response::new(OutputStream::write(|mut out| async move {
            sleep(3 * SECOND).await;
            out.text("one");
            sleep(5 * SECOND).await;
            out.complete();
            Ok(())
        })))
    }));
    let start = Instant::now();
    let answer = service.oneshot(()).await.unwrap();
    assert_eq!(start.elapsed(), 4 * SECOND);
    assert_eq!(answer.into_body().count().await, 2);
    assert_eq!(start.elapsed(), 9 * SECOND);
}

#[tokio::test]
async fn dropping_the_future_drops_the_stream() {
    let census = Census::default();
    let service = PrimeLayer::new().layer(service_fn(|()| {
        let member = census.enter();
        let output = OutputStream::write(|_| async move {
            let _member = member;
            pending().await
        });
        ready(Ok::<_, Error>(Response::new(output)))
    }));
    let mut waiting = Box::pin(service.oneshot(()));
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(census.alive(), 1);
    drop(waiting);
    assert_eq!(census.alive(), 0);
}

/// Tries again while the model is overloaded.
#[derive(Clone)]
struct WhileOverloaded;

impl<R: Clone, A> Policy<R, A, Error> for WhileOverloaded {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut R, result: &mut Result<A, Error>) -> Option<Ready<()>> {
        let error = result.as_ref().err()?;
        (error.kind() == ErrorKind::Overloaded).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &R) -> Option<R> {
        Some(request.clone())
    }
}

#[tokio::test]
async fn a_retry_above_sees_early_failures() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let model = service_fn(move |_: Request<Turn>| {
        let first = match counted.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Err(Error::overloaded()),
            _ => Ok(Delta::text("At last.")),
        };
        ready(Ok::<_, Error>(items([first, Ok(Delta::complete())])))
    });
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(WhileOverloaded))
        .layer(PrimeLayer::new())
        .service(model);
    let answer = stream(FromService::new(service), Config::new()).await;
    assert_eq!(answer.status(), 200);
    let events = events(&text(answer).await);
    assert_eq!(types(&events).last(), Some(&"response.completed"));
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn foreign_errors_become_server_errors() {
    let service = PrimeLayer::new().layer(service_fn(|()| {
        ready(Err::<Response<OutputStream>, BoxError>("secret".into()))
    }));
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(!error.to_string().contains("secret"));
}
