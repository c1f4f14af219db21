//! Violations of an upstream are logged in all modes. Runs alone in its process, since interest in
//! a callsite is cached for all threads.
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_tower::output::{Output, RelayMode};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use serde_json::json;
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The rules and repairs that warnings name, and how many deltas.
#[derive(Clone, Default)]
struct Rules(Arc<Mutex<Vec<String>>>);

impl Visit for Rules {
    fn record_str(&mut self, field: &Field, value: &str) {
        if matches!(field.name(), "rule" | "repair") {
            self.0.lock().unwrap().push(value.into());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "deltas" {
            self.0.lock().unwrap().push(format!("{value} deltas"));
        }
    }

    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        assert!(!format!("{value:?}").contains("secret"));
    }
}

impl Subscriber for Rules {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Relays a transcript, and writes some deltas in the middle of it.
struct Relay(String, RelayMode, usize);

impl Provider for Relay {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let deltas = vec![Delta::text("x"); self.2]
            .into_iter()
            .map(Output::Delta);
        let mut begin = OutputStream::relay(self.0.clone(), self.1);
        let first = begin.next().await.into_iter();
        let first = stream::iter(first.chain(deltas.map(Ok)));
        Ok(Response::new(OutputStream::from_outputs(
            first.chain(begin),
        )))
    }
}

/// An upstream that announces no part and uses wrong numbers.
fn transcript() -> String {
    let response = |status: &str| json!({"id": "r", "model": "m", "created_at": 1, "status": status, "output": []});
    let message = json!({"type": "message", "id": "m", "role": "assistant", "status": "in_progress", "content": []});
    let events = [
        json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress")}),
        json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": message}),
        json!({"type": "response.output_text.delta", "sequence_number": 7, "item_id": "m", "output_index": 0, "content_index": 0, "delta": "secret"}),
        json!({"type": "response.failed", "sequence_number": 8, "response": response("failed")}),
    ];
    let print = |event: &serde_json::Value| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        )
    };
    events.iter().map(print).collect()
}

#[test]
fn violations_and_repairs_are_logged_by_name() {
    for (mode, deltas, stream, expected) in [
        (
            RelayMode::Observe,
            0,
            true,
            &["sequence-number", "part-not-added"][..],
        ),
        (RelayMode::Repair, 0, false, &["part-added"]),
        // There may be one for each token.
        (RelayMode::Repair, 500, true, &["500 deltas", "part-added"]),
        // Both are in one event, the first that breaks a rule.
        (
            RelayMode::Enforce,
            0,
            true,
            &["sequence-number", "part-not-added"],
        ),
    ] {
        let rules = Rules::default();
        tracing::subscriber::with_default(rules.clone(), || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(async {
                let service = OpenResponses::new(Relay(transcript(), mode, deltas), Config::new());
                let body = json!({"model": "m", "input": "x", "stream": stream}).to_string();
                let request = Request::post("/v1/responses")
                    .header("content-type", "application/json")
                    .body(body)
                    .unwrap();
                let answer = service.oneshot(request).await.unwrap();
                answer.into_body().collect().await.unwrap();
            });
        });
        assert_eq!(*rules.0.lock().unwrap(), expected, "{mode:?}");
    }
}
