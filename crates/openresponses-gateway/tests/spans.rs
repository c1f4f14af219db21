//! Spans end when their streams do. Alone in its process: what a span costs is cached for all threads
//! by the first that meets it.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{Catalog, Model, Registry, Route};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::sequence::Delta;
use openresponses_types::{Turn, Usage};
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

struct Down;

impl Provider for Down {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }
}

/// Says how many tokens it took.
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

#[test]
fn spans_end_with_their_streams() {
    let catalog = Catalog::new()
        .provider("down", Down)
        .provider("counts", Counts)
        .model(
            Model::new("x/one")
                .route(Route::new("down"))
                .route(Route::new("counts")),
        );
    let gateway = Gateway::new(Registry::new(catalog).unwrap());
    let service = OpenResponses::new(gateway, Config::new());
    let spans = Spans::default();
    let mut opened = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    tracing::subscriber::with_default(spans.clone(), || {
        runtime.block_on(async {
            let body = r#"{"model":"x/one","input":"x","stream":true}"#.to_owned();
            let request = Request::post("/v1/responses")
                .header("content-type", "application/json")
                .body(body);
            let mut answer = service.oneshot(request.unwrap()).await.unwrap();
            opened.extend(spans.lock().iter().map(|span| span.open > 0));
            while answer.body_mut().frame().await.is_some() {}
        });
    });
    assert_eq!(
        opened,
        [true, false, true],
        "the request and the attempt that serves"
    );
    let all = spans.lock();
    assert!(all.iter().all(|span| span.open == 0));
    let names: Vec<_> = all.iter().map(|span| span.name).collect();
    assert_eq!(
        names,
        ["gen_ai.request", "gen_ai.attempt", "gen_ai.attempt"]
    );
    let field = |at: usize, name: &str| all[at].fields.get(name).cloned().unwrap_or_default();
    for (name, value) in [
        ("otel.name", "chat x/one"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.request.model", "x/one"),
        ("gen_ai.provider.name", "counts"),
        ("gen_ai.usage.input_tokens", "3"),
        ("gen_ai.usage.output_tokens", "4"),
        ("error.type", ""),
    ] {
        assert_eq!(field(0, name), value, "{name}");
    }
    assert_eq!(
        (field(1, "error.type"), field(2, "error.type")),
        ("overloaded".into(), String::new())
    );
}
