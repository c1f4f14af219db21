use std::future::{pending, ready};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use http::request::Parts;
use http::{Request, Response};
use openresponses_tower::layers::{PrimeLayer, StreamTimeoutLayer};
use openresponses_tower::provider::{CompactedWindow, FromService, ProviderService, layered};
use openresponses_tower::{Config, Error, ErrorKind, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use serde_json::Value;
use tokio::time::{Instant, advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::common::*;

/// Seconds for the head, before each word, and before the finish.
#[derive(Clone, Copy)]
struct Model(u64, &'static [u64], u64);

/// A model and the counter of its calls.
struct Counted(Model, Census);

impl Provider for Counted {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let Model(head, words, finish) = self.0;
        let member = self.1.enter();
        sleep(Duration::from_secs(head)).await;
        Ok(Response::new(OutputStream::write(
            move |mut out| async move {
                let _member = member;
                out.usage(Usage::new(3, 0));
                for pause in words {
                    sleep(Duration::from_secs(*pause)).await;
                    out.text("word ");
                }
                sleep(Duration::from_secs(finish)).await;
                out.complete();
                Ok(())
            },
        )))
    }
}

impl Model {
    fn service(self, census: &Census) -> ProviderService<impl Provider> {
        ProviderService::new(Counted(self, census.clone()))
    }
}

/// The output that the client of a guarded model gets, and the time of its end. The model is
/// dropped by then.
async fn ask(layer: StreamTimeoutLayer, model: Model) -> (u16, Vec<Value>, u64) {
    let census = Census::default();
    let provider = FromService::new(layer.layer(model.service(&census)));
    finished(provider, &census).await
}

async fn ask_primed(layer: StreamTimeoutLayer, model: Model) -> (u16, Vec<Value>, u64) {
    let census = Census::default();
    let service = layer.layer(PrimeLayer::new().layer(model.service(&census)));
    finished(FromService::new(service), &census).await
}

async fn finished(provider: impl Provider, census: &Census) -> (u16, Vec<Value>, u64) {
    let start = Instant::now();
    let answer = stream(
        provider,
        Config::new()
            .first_output_limit(None)
            .idle_limit(None)
            .heartbeat(None),
    )
    .await;
    let status = answer.status().as_u16();
    let body = text(answer).await;
    assert_eq!(census.alive(), 0);
    let events = match status {
        200 => events(&body),
        _ => vec![serde_json::from_str(&body).unwrap()],
    };
    (status, events, start.elapsed().as_secs())
}

/// The stream ends with a timeout failure.
fn assert_timed_out(events: &[Value], words: usize) {
    let deltas = |event: &&Value| event["type"] == "response.output_text.delta";
    assert_eq!(events.iter().filter(deltas).count(), words);
    let [.., error, failed] = events else {
        unreachable!("{events:?}");
    };
    assert_eq!(error["type"], "error");
    assert_eq!(error["error"]["code"], "timeout");
    assert_eq!(failed["type"], "response.failed");
    assert_eq!(failed["response"]["status"], "failed");
    assert_eq!(failed["response"]["error"]["code"], "timeout");
    assert!(
        !events
            .iter()
            .any(|event| event["type"] == "response.completed")
    );
}

fn layer() -> StreamTimeoutLayer {
    StreamTimeoutLayer::new()
}

#[tokio::test(start_paused = true)]
async fn before_the_head_it_is_a_status() {
    for layer in [
        layer().first_output(60 * SECOND),
        layer().total(60 * SECOND),
    ] {
        let (status, body, time) = ask(layer, Model(61, &[], 0)).await;
        assert_eq!((status, time), (504, 60));
        assert_eq!(body[0]["error"]["code"], "timeout");
        assert_eq!(body[0]["error"]["type"], "server_error");
    }
    // Silence before the head does not count for the stream.
    let (status, _, time) = ask(layer().idle(SECOND), Model(61, &[], 0)).await;
    assert_eq!((status, time), (200, 61));
}

#[tokio::test(start_paused = true)]
async fn the_first_output_counts_from_the_call() {
    let layer = layer().first_output(60 * SECOND).idle(SECOND);
    let (status, events, time) = ask(layer, Model(40, &[30], 0)).await;
    assert_eq!((status, time), (200, 60));
    assert_timed_out(&events, 0);

    let (status, body, time) = ask_primed(layer, Model(40, &[30], 0)).await;
    assert_eq!((status, time), (504, 60));
    assert_eq!(body[0]["error"]["code"], "timeout");

    // After the first output its limit no longer applies.
    let (status, events, time) = ask(layer.idle(None), Model(40, &[19], 3600)).await;
    assert_eq!((status, time), (200, 3659));
    assert_eq!(types(&events).last(), Some(&"response.completed"));
}

#[tokio::test(start_paused = true)]
async fn silence_in_the_stream_ends_it() {
    let layer = layer().first_output(60 * SECOND).idle(10 * SECOND);
    let (_, events, time) = ask(layer, Model(1, &[50, 9, 9, 11], 0)).await;
    assert_timed_out(&events, 3);
    assert_eq!(time, 1 + 50 + 9 + 9 + 10);

    // Without a limit for the first output, it is silence like any other.
    let (_, events, time) = ask(layer.first_output(None), Model(1, &[50], 0)).await;
    assert_timed_out(&events, 0);
    assert_eq!(time, 11);

    let (_, events, _) = ask(layer, Model(1, &[50, 9], 9)).await;
    assert_eq!(types(&events).last(), Some(&"response.completed"));
}

#[tokio::test(start_paused = true)]
async fn the_total_time_is_bounded_for_a_busy_stream() {
    let layer = layer().total(10 * SECOND);
    let (_, events, time) = ask(layer, Model(0, &[3, 3, 3, 3], 3)).await;
    assert_timed_out(&events, 3);
    assert_eq!(time, 10);

    let endless = service_fn(|()| {
        let words = stream::repeat_with(|| Ok(Delta::text("word ")));
        ready(Ok::<_, Error>(Response::new(OutputStream::new(words))))
    });
    let mut output = layer.layer(endless).oneshot(()).await.unwrap().into_body();
    for _ in 0..10 {
        assert!(output.next().await.unwrap().is_ok());
        advance(SECOND).await;
    }
    let error = output.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(output.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_finish_is_never_too_late() {
    let service = service_fn(|()| {
        let deltas = [Ok(Delta::text("word ")), Ok(Delta::complete())];
        ready(Ok::<_, Error>(items(deltas)))
    });
    let layer = layer().total(SECOND).idle(SECOND).first_output(SECOND);
    let mut output = layer.layer(service).oneshot(()).await.unwrap().into_body();
    assert!(output.next().await.unwrap().is_ok());
    // The client is slow, not the model.
    advance(5 * SECOND).await;
    assert!(output.next().await.unwrap().is_ok());
    assert!(output.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn time_without_a_reader_is_not_silence() {
    let words = service_fn(|()| {
        let words = stream::repeat_with(|| Ok(Delta::text("word ")));
        ready(Ok::<_, Error>(Response::new(OutputStream::new(words))))
    });
    let layer = layer().idle(SECOND).first_output(SECOND);
    let mut output = layer.layer(words).oneshot(()).await.unwrap().into_body();
    for _ in 0..5 {
        advance(5 * SECOND).await;
        assert!(output.next().await.unwrap().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn without_streaming_it_is_a_status() {
    let census = Census::default();
    let provider = layer()
        .idle(10 * SECOND)
        .layer(Model(0, &[1, 1], 3600).service(&census));
    let service = OpenResponses::new(FromService::new(provider), Config::new());
    let answer = post(&service, String::from(r#"{"model":"m","input":"Hello"}"#)).await;
    assert_eq!(refused(answer, 504).await, "timeout");
    assert_eq!(census.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn no_limit_is_no_limit() {
    let forever = layer()
        .idle(Duration::MAX)
        .first_output(Duration::MAX)
        .total(Duration::MAX);
    for layer in [layer(), forever] {
        let (status, events, time) = ask(layer, Model(100_000, &[100_000], 100_000)).await;
        assert_eq!((status, time), (200, 300_000));
        assert_eq!(types(&events).last(), Some(&"response.completed"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_model_is_dropped_at_once() {
    let census = Census::default();
    let stuck = service_fn(|()| {
        let member = census.enter();
        async move {
            let _member = member;
            pending::<Result<Response<OutputStream>, Error>>().await
        }
    });
    let mut service = layer().first_output(SECOND).layer(stuck);
    let mut late = Box::pin(service.call(()));
    assert!((&mut late).await.is_err());
    assert_eq!(census.alive(), 0);
    drop(late);
}

#[tokio::test(start_paused = true)]
async fn time_in_which_nothing_is_read_is_no_silence() {
    let model = || {
        Ok(OutputStream::write(|mut out| async move {
            out.text("word ");
            out.sink().flush().await;
            sleep(5 * SECOND).await;
            // Begins when the client reads again.
            sleep(15 * SECOND).await;
            out.text("word ");
            out.complete();
            Ok(())
        }))
    };
    let config = Config::new().heartbeat(None).idle_limit(20 * SECOND);
    let mut body = stream(crate::common::Model(model), config)
        .await
        .into_body();
    let mut read = String::new();
    // A turn may yield before it has asked its provider.
    for _ in 0..100 {
        if let Some(frame) = frame(&mut body).now_or_never() {
            read.push_str(&frame.unwrap());
        }
    }
    sleep(30 * SECOND).await;
    while let Some(frame) = frame(&mut body).await {
        read.push_str(&frame);
    }
    let events = events(&read);
    assert_eq!(types(&events).last(), Some(&"response.completed"));
}

/// Does what else than turns a provider can do.
struct Versatile;

impl Provider for Versatile {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        pending().await
    }

    fn warm_up(&self, _: &Parts) -> Result<(), Error> {
        Err(Error::overloaded())
    }

    async fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let items = window.body().items.iter().map(|item| (**item).clone());
        let window = CompactedWindow::new(items.collect(), Usage::new(1, 2));
        Ok(Response::new(window))
    }

    async fn count_input_tokens(&self, _: Request<Turn>) -> Result<Response<u64>, Error> {
        Ok(Response::new(7))
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_around_turns_keeps_what_else_the_provider_does() {
    let layers = ServiceBuilder::new()
        .layer(layer().first_output(60 * SECOND))
        .layer(PrimeLayer::new());
    let provider = layered(Versatile, layers);
    let (head, ()) = Request::new(()).into_parts();
    let refused = provider.warm_up(&head).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Overloaded);
    let service = OpenResponses::new(provider, Config::new());
    let ask = async |path: &str, body: &str| {
        let request = Request::post(format!("/v1/responses{path}"))
            .header("content-type", "application/json")
            .body(String::from(body))
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        (answer.status().as_u16(), text(answer).await)
    };
    let body = r#"{"model":"m","input":"x"}"#;
    let (status, compacted) = ask("/compact", body).await;
    assert_eq!(status, 200, "{compacted}");
    let (status, counted) = ask("/input_tokens", body).await;
    assert_eq!(status, 200, "{counted}");
    assert!(counted.contains('7'), "{counted}");
    assert_eq!(ask("", body).await.0, 504);
}
