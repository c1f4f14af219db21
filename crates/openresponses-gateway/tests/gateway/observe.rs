use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::registry::{Catalog, Model, Route};
use openresponses_tower::output::RelayMode;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::response::{ResponseError, ResponseStatus, Usage};
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::common::{Act, actor, gateway, log, send, service};
use crate::notes::Notes;

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
async fn an_observer_receives_each_event_once() {
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
    // Names chosen by clients are not used as labels.
    send(&service, &ask("counts/made-up", false)).await;
    assert_eq!(
        notes.take().last().unwrap(),
        r#"ended Some("counts/*") Some("counts") ok Some(4)"#
    );
}

/// A server of the protocol that leaves numbers and the end of its item out.
struct Careless(RelayMode);

impl Provider for Careless {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let mut body = String::new();
        for data in [
            r#"{"type":"response.created","response":{"id":"r","status":"in_progress","output":[]}}"#,
            r#"{"type":"response.output_text.delta","delta":"Hi"}"#,
            r#"{"type":"keepalive"}"#,
            r#"{"type":"response.completed","response":{"id":"r","status":"completed"}}"#,
        ] {
            body += &format!("data: {data}\n\n");
        }
        Ok(Response::new(OutputStream::relay(body, self.0)))
    }
}

#[tokio::test]
async fn an_observer_receives_what_a_relay_mended_and_what_it_refused() {
    for (mode, stream) in [
        (RelayMode::Repair, false),
        (RelayMode::Repair, true),
        (RelayMode::Enforce, true),
    ] {
        let notes = Notes::default();
        let catalog = Catalog::new()
            .provider("careless", Careless(mode))
            .model(Model::new("x/one").route(Route::new("careless")));
        let service = service(gateway(catalog).observer(notes.clone()));
        send(
            &service,
            &json!({"model": "x/one", "input": "x", "stream": stream}),
        )
        .await;
        let notes = notes.take();
        let relayed: Vec<&String> = notes
            .iter()
            .filter(|note| note.starts_with("relayed x/one careless "))
            .collect();
        assert_eq!(relayed.len(), 1, "{notes:?}");
        let named = match mode {
            RelayMode::Repair => [
                "sequence-number 4",
                "vendor-event-dropped 1",
                "item-added 1",
            ],
            _ => ["item-not-added", "", ""],
        };
        for name in named {
            assert!(relayed[0].contains(name), "{mode:?}: {name}: {notes:?}");
        }
    }
}

/// A server of the protocol that fails after it has worked.
struct Spends;

impl Provider for Spends {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let failed = openresponses_types::Response::new("r", "m", 1)
            .status(ResponseStatus::Failed)
            .error(ResponseError::new("server_error", "No."))
            .usage(Usage::new(3, 5))
            .to_json();
        let event =
            format!(r#"{{"type":"response.failed","sequence_number":0,"response":{failed}}}"#);
        let body = format!("data: {event}\n\n");
        Ok(Response::new(OutputStream::relay(body, RelayMode::Repair)))
    }
}

#[tokio::test]
async fn token_counts_of_a_failed_attempt_count_for_its_request() {
    let catalog = Catalog::new()
        .provider("spends", Spends)
        .provider("counts", Counts)
        .model(
            Model::new("x/one")
                .route(Route::new("spends"))
                .route(Route::new("counts")),
        )
        .serve("x/failed", "spends");
    let notes = Notes::default();
    let service = service(gateway(catalog).observer(notes.clone()));
    for stream in [false, true] {
        for (model, end) in [
            ("x/one", r#"ended Some("x/one") Some("counts") ok Some(9)"#),
            (
                "x/failed",
                r#"ended Some("x/failed") Some("spends") server_error Some(5)"#,
            ),
        ] {
            send(&service, &ask(model, stream)).await;
            assert_eq!(notes.take().last().unwrap(), end);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_disconnecting_client_is_reported() {
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
    let events = notes.take();
    assert_eq!(
        events.last().unwrap(),
        r#"ended Some("x/half") Some("half") cancelled None"#
    );
    // While a provider is called.
    let asked = service.clone().oneshot(request(ask("x/one", false)));
    assert!(
        tokio::time::timeout(Duration::from_secs(1), asked)
            .await
            .is_err()
    );
    let events = notes.take();
    assert_eq!(
        events[1..],
        [
            "attempt x/one down overloaded",
            "attempt x/one slow cancelled",
            r#"ended Some("x/one") Some("slow") cancelled None"#
        ]
    );
}
