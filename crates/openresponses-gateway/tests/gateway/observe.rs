use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::observe::{AttemptEnd, Observer, RequestEnd};
use openresponses_gateway::registry::{Catalog, Model, Route};
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::sequence::Delta;
use openresponses_types::{Turn, Usage};
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::common::{Act, actor, gateway, log, send, service};

/// Writes down what it is told.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, note: String) {
        self.0.lock().unwrap().push(note);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Notes {
    fn request_started(&self) {
        self.note("started".into());
    }

    fn first_output(&self, model: &str, provider: &str, after: Duration) {
        self.note(format!("first {model} {provider} {}", after.as_secs()));
    }

    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        self.note(format!(
            "attempt {} {} {}",
            attempt.model,
            attempt.provider,
            attempt.outcome.label()
        ));
    }

    fn request_ended(&self, request: &RequestEnd<'_>) {
        let tokens = request.usage.map(|usage| usage.output_tokens);
        self.note(format!(
            "ended {:?} {:?} {} {tokens:?}",
            request.model,
            request.provider,
            request.outcome.label()
        ));
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

fn catalog() -> Catalog {
    let log = log();
    Catalog::new()
        .provider("down", actor("down", Act::Fail503, &log))
        .provider("slow", actor("slow", Act::Hang, &log))
        .provider("half", actor("half", Act::FailMid, &log))
        .provider("counts", Counts)
        .model(
            Model::new("x/one")
                .route(Route::new("down"))
                .route(Route::new("slow"))
                .route(Route::new("counts")),
        )
        .serve("x/half", "half")
        .serve_any("counts")
}

fn ask(model: &str, stream: bool) -> Value {
    json!({"model": model, "input": "x", "stream": stream,
        "providerOptions": {"gateway": {"providerTimeouts": {"slow": 2000}}}})
}

#[tokio::test(start_paused = true)]
async fn an_observer_is_told_everything_once() {
    let notes = Notes::default();
    let service = service(gateway(catalog()).observer(notes.clone()));
    for stream in [false, true] {
        send(&service, &ask("x/one", stream)).await;
        assert_eq!(
            notes.take(),
            [
                "started",
                "attempt x/one down overloaded",
                "attempt x/one slow timeout",
                "first x/one counts 2",
                "attempt x/one counts ok",
                r#"ended Some("x/one") Some("counts") ok Some(4)"#,
            ]
        );
    }
    send(&service, &ask("x/none", true)).await;
    assert_eq!(
        notes.take(),
        ["started", "ended None None model_not_found None"]
    );
    send(&service, &ask("x/half", true)).await;
    assert_eq!(
        notes.take(),
        [
            "started",
            "first x/half half 0",
            "attempt x/half half broke",
            r#"ended Some("x/half") Some("half") broke None"#
        ]
    );
    // Names that clients make up are no labels.
    send(&service, &ask("counts/made-up", false)).await;
    assert_eq!(
        notes.take().last().unwrap(),
        r#"ended Some("counts/*") Some("counts") ok Some(4)"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_is_told_as_well() {
    let notes = Notes::default();
    let service = service(gateway(catalog()).observer(notes.clone()));
    let request = |body: Value| {
        Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body.to_string())
            .unwrap()
    };
    // In the middle of its stream.
    let mut answer = service
        .clone()
        .oneshot(request(ask("x/half", true)))
        .await
        .unwrap();
    assert!(answer.body_mut().frame().await.is_some());
    drop(answer);
    let told = notes.take();
    assert_eq!(
        told.last().unwrap(),
        r#"ended Some("x/half") Some("half") cancelled None"#
    );
    // While a provider is asked.
    let asked = service.clone().oneshot(request(ask("x/one", false)));
    assert!(
        tokio::time::timeout(Duration::from_secs(1), asked)
            .await
            .is_err()
    );
    let told = notes.take();
    assert_eq!(
        told[1..],
        [
            "attempt x/one down overloaded",
            "attempt x/one slow cancelled",
            r#"ended Some("x/one") Some("slow") cancelled None"#
        ]
    );
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
    fn with<T>(&self, id: &Id, change: impl FnOnce(&mut Recorded) -> T) -> T {
        let at = usize::try_from(id.into_u64()).unwrap() - 1;
        change(&mut self.0.lock().unwrap()[at])
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("openresponses_gateway")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut all = self.0.lock().unwrap();
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
    let spans = Spans::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    tracing::subscriber::with_default(spans.clone(), || {
        runtime.block_on(async {
            let service = service(gateway(catalog()));
            let body = ask("x/one", true).to_string();
            let request = Request::post("/v1/responses")
                .header("content-type", "application/json")
                .body(body);
            let mut answer = service.oneshot(request.unwrap()).await.unwrap();
            {
                let all = spans.0.lock().unwrap();
                let open: Vec<_> = all.iter().map(|span| span.open > 0).collect();
                assert_eq!(
                    open,
                    [true, false, false, true],
                    "the request and the attempt that serves"
                );
            }
            while answer.body_mut().frame().await.is_some() {}
        });
    });
    let all = spans.0.lock().unwrap();
    assert!(all.iter().all(|span| span.open == 0));
    let names: Vec<_> = all.iter().map(|span| span.name).collect();
    assert_eq!(
        names,
        [
            "gen_ai.request",
            "gen_ai.attempt",
            "gen_ai.attempt",
            "gen_ai.attempt"
        ]
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
    let errors: Vec<_> = (1..4).map(|at| field(at, "error.type")).collect();
    assert_eq!(errors, ["overloaded", "timeout", ""]);
}
