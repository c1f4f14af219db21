//! Spans end with their streams. Runs alone in its process, since interest in a callsite is cached
//! for all threads.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{Catalog, Model, Registry, Route};
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

struct Down;

impl Provider for Down {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }

    async fn compact(&self, _: Request<ContextWindow>) -> Result<Response<CompactedWindow>, Error> {
        Err(Error::overloaded())
    }
}

/// Reports its token counts.
struct Counts;

impl Provider for Counts {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let deltas = [
            Delta::text("Hi"),
            Delta::usage(Usage::new(3, 4)),
            Delta::complete(),
        ];
        Ok(Response::new(OutputStream::from_deltas(deltas)))
    }

    async fn compact(&self, _: Request<ContextWindow>) -> Result<Response<CompactedWindow>, Error> {
        let compacted = CompactedWindow::new(Vec::new(), Usage::new(3, 4));
        Ok(Response::new(compacted))
    }
}

/// The spans of a run: their fields, and whether they are closed.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Recorded>>>);

struct Recorded {
    name: &'static str,
    fields: HashMap<String, String>,
    open: usize,
}

struct Fields<'f>(&'f mut HashMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }
}

impl Spans {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Recorded>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, id: &Id, change: impl FnOnce(&mut Recorded) -> T) -> T {
        let at = usize::try_from(id.into_u64()).unwrap() - 1;
        change(&mut self.lock()[at])
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("openresponses_gateway")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut all = self.lock();
        let mut fields = HashMap::new();
        attributes.record(&mut Fields(&mut fields));
        all.push(Recorded {
            name: attributes.metadata().name(),
            fields,
            open: 1,
        });
        Id::from_u64(all.len() as u64)
    }

    fn record(&self, id: &Id, record: &Record<'_>) {
        self.with(id, |span| record.record(&mut Fields(&mut span.fields)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn clone_span(&self, id: &Id) -> Id {
        self.with(id, |span| span.open += 1);
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        self.with(&id, |span| {
            span.open -= 1;
            span.open == 0
        })
    }
}

fn service() -> OpenResponses<Gateway> {
    let catalog = Catalog::new()
        .provider("down", Down)
        .provider("counts", Counts)
        .model(
            Model::new("x/one")
                .route(Route::new("down"))
                .route(Route::new("counts").model("uno")),
        );
    let gateway = Gateway::new(Registry::new(catalog).unwrap());
    OpenResponses::new(gateway, Config::new())
}

fn request(path: &str) -> Request<String> {
    let body =
        r#"{"model":"x/one","input":"x","stream":true,"max_output_tokens":50,"temperature":0.5}"#;
    let body = match path {
        "/v1/responses" => body,
        _ => r#"{"model":"x/one","input":"x"}"#,
    };
    Request::post(path)
        .header("content-type", "application/json")
        .body(body.to_owned())
        .unwrap()
}

/// The spans of what `work` does, as they are when it is over.
fn recorded<F: Future>(work: impl FnOnce(Spans) -> F) -> Spans {
    let spans = Spans::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    tracing::subscriber::with_default(spans.clone(), || {
        runtime.block_on(work(spans.clone()));
    });
    spans
}

fn check(spans: &Spans, at: usize, expected: &[(&str, &str)]) {
    let all = spans.lock();
    for (name, value) in expected {
        let found = all[at].fields.get(*name).map_or("", String::as_str);
        assert_eq!(found, *value, "{at} {name}");
    }
}

// Runs in sequence: callsites are shared by all subscribers of a process.
#[test]
fn spans_end_with_their_streams() {
    served();
    cancelled();
    compacted();
}

fn served() {
    let opened = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&opened);
    let spans = recorded(|spans| async move {
        let mut answer = service().oneshot(request("/v1/responses")).await.unwrap();
        let open = spans.lock().iter().map(|span| span.open > 0).collect();
        *seen.lock().unwrap() = open;
        while answer.body_mut().frame().await.is_some() {}
    });
    // The request, and the attempt that serves.
    assert_eq!(*opened.lock().unwrap(), [true, false, true]);
    let names: Vec<_> = spans.lock().iter().map(|span| span.name).collect();
    assert_eq!(
        names,
        ["gen_ai.request", "gen_ai.attempt", "gen_ai.attempt"]
    );
    assert!(spans.lock().iter().all(|span| span.open == 0));
    let tokens = [
        ("gen_ai.usage.input_tokens", "3"),
        ("gen_ai.usage.output_tokens", "4"),
    ];
    check(&spans, 0, &tokens);
    check(&spans, 2, &tokens);
    check(
        &spans,
        0,
        &[
            ("otel.name", "chat x/one"),
            ("otel.kind", "internal"),
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.request.model", "x/one"),
            ("gen_ai.request.max_tokens", "50"),
            ("gen_ai.request.temperature", "0.5"),
            ("gen_ai.request.top_p", ""),
            ("gen_ai.provider.name", "counts"),
            ("gen_ai.response.model", "uno"),
            ("error.type", ""),
        ],
    );
    check(
        &spans,
        1,
        &[
            ("otel.name", "chat one"),
            ("gen_ai.provider.name", "down"),
            ("gen_ai.response.model", ""),
            ("gen_ai.usage.input_tokens", ""),
            ("error.type", "overloaded"),
        ],
    );
    check(
        &spans,
        2,
        &[
            ("otel.name", "chat uno"),
            ("otel.kind", "client"),
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "counts"),
            ("gen_ai.request.model", "uno"),
            ("gen_ai.response.model", "uno"),
            ("error.type", ""),
        ],
    );
}

/// The client disconnects in the middle.
fn cancelled() {
    let spans = recorded(|spans| async move {
        let mut answer = service().oneshot(request("/v1/responses")).await.unwrap();
        assert!(answer.body_mut().frame().await.is_some());
        assert_eq!(spans.lock().iter().filter(|span| span.open > 0).count(), 2);
        drop(answer);
        assert_eq!(spans.lock().iter().filter(|span| span.open > 0).count(), 0);
    });
    let gone = [("error.type", "cancelled"), ("gen_ai.response.model", "")];
    check(&spans, 0, &gone);
    check(&spans, 2, &gone);
}

fn compacted() {
    let spans = recorded(|_| async move {
        let answer = service()
            .oneshot(request("/v1/responses/compact"))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    });
    assert!(spans.lock().iter().all(|span| span.open == 0));
    check(&spans, 0, &[("otel.name", "compact x/one")]);
    check(
        &spans,
        2,
        &[
            ("otel.name", "compact uno"),
            ("gen_ai.operation.name", "compact"),
            ("gen_ai.usage.output_tokens", "4"),
        ],
    );
}
