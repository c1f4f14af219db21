//! Allocations of the gateway: none for a piece of a stream.
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::{Stream, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::auth::RateLimit;
use openresponses_gateway::health::{CircuitBreaker, RetryBudget};
use openresponses_gateway::observe::Observer;
use openresponses_gateway::registry::{Catalog, ProviderEntry, Registry};
use openresponses_tower::output::RelayMode;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::normalize::Normalizer;
use openresponses_types::sequence::Delta;
use openresponses_types::{CreateRequest, Profile, Turn};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Sends as many pieces as the model's name states. All but the first are empty, and none of those
/// allocates.
struct Words;

impl Provider for Words {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let count = turn.body().model.parse().unwrap();
        let words = (0..count).map(|at| Ok(Delta::Text("x".repeat(usize::from(at == 0)))));
        let end = std::iter::once(Ok(Delta::complete()));
        Ok(Response::new(OutputStream::new(stream::iter(
            words.chain(end),
        ))))
    }
}

/// An upstream server that sends as many deltas, with or without the names of events.
struct Relayed {
    named: bool,
}

fn transcript(deltas: usize, named: bool) -> String {
    let mut text = String::new();
    for number in 0..deltas {
        if named {
            text.push_str("event: response.output_text.delta\n");
        }
        text.push_str(&format!(
            "data: {{\"type\":\"response.output_text.delta\",\"sequence_number\":{number},\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"delta\":\"x\",\"logprobs\":[]}}\n\n"
        ));
    }
    text + "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n"
}

impl Provider for Relayed {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let text = transcript(turn.body().model.parse().unwrap(), self.named);
        Ok(Response::new(OutputStream::relay(text, RelayMode::Observe)))
    }
}

fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        // Nothing blocks; a pending poll yields to other tasks.
        if let Poll::Ready(output) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return output;
        }
    }
}

fn turn(body: &Value) -> Turn {
    let request = CreateRequest::from_json(body.to_string().as_bytes()).unwrap();
    Normalizer::new(Profile::Compatible).turn(request).unwrap()
}

/// Allocations while a stream is read, and how many pieces it has.
fn reading(
    stream: impl Stream<Item = Result<openresponses_tower::output::Output, Error>>,
) -> (u64, usize) {
    let mut output = pin!(stream);
    let mut seen = 0;
    let info = allocation_counter::measure(|| {
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(piece)) = output.as_mut().poll_next(&mut cx) {
            assert!(piece.is_ok());
            seen += 1;
        }
    });
    (info.count_total, seen)
}

fn served(gateway: &Gateway, pieces: usize) -> u64 {
    let body = json!({
        "model": format!("p/{pieces}"), "input": "x", "stream": true,
        "providerOptions": {"gateway": {"order": ["p"], "providerTimeouts": {"p": 5000}, "tags": []}},
    });
    let answer = ready(gateway.respond(Request::new(turn(&body)))).unwrap();
    let (allocations, seen) = reading(answer.into_body());
    // The observer of relays, the pieces, the report and the end.
    assert_eq!(seen, pieces + 3);
    allocations
}

struct Silent;

impl Observer for Silent {}

fn gateway(provider: impl Provider) -> Gateway {
    let entry = ProviderEntry::new(provider)
        .concurrency(4)
        .circuit_breaker(CircuitBreaker::default())
        .timeout(Duration::from_secs(5));
    let catalog = Catalog::new().provider("p", entry).serve_any("p");
    Gateway::new(Registry::new(catalog).unwrap())
        .retry_budget(RetryBudget::new(0.1, 1.0))
        .rate_limit(RateLimit::new(1_000, Duration::from_secs(1)))
        .permit(|_, _| true)
        .observer(Silent)
}

/// Timeouts use tokio's clock.
fn in_runtime<T>(work: impl FnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    work()
}

#[test]
fn nothing_for_a_piece() {
    in_runtime(|| {
        let gateway = gateway(Words);
        // The report at the end, independent of the number of pieces.
        assert_eq!(served(&gateway, 100), served(&gateway, 10_000));
        assert!(served(&gateway, 100) < 400);
    });
}

#[test]
fn a_frame_of_an_upstream_server_allocates_nothing() {
    in_runtime(|| {
        for named in [true, false] {
            let gateway = gateway(Relayed { named });
            let alone = |pieces| {
                let text = transcript(pieces, named);
                let (allocations, seen) = reading(OutputStream::relay(text, RelayMode::Observe));
                assert_eq!(seen, pieces + 1);
                allocations
            };
            let of_gateway = served(&gateway, 10_000) - served(&gateway, 100);
            let of_relay = alone(10_000) - alone(100);
            assert_eq!(of_gateway, of_relay, "{named}");
        }
    });
}

/// Sends the arguments of one call in as many pieces as the model's name states.
struct Arguments;

impl Provider for Arguments {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let count: usize = turn.body().model.parse().unwrap();
        let call = Delta::Call {
            key: 0,
            call_id: None,
            name: "f".into(),
        };
        let piece = || Delta::Arguments {
            key: 0,
            delta: "1".into(),
        };
        let pieces = (0..count).map(move |_| Ok(piece()));
        let first = std::iter::once(Ok(call));
        let end = std::iter::once(Ok(Delta::complete()));
        Ok(Response::new(OutputStream::new(stream::iter(
            first.chain(pieces).chain(end),
        ))))
    }
}

/// A policy that inspects calls allocates no more for a piece than one that allows everything.
#[test]
fn nothing_for_the_tool_policy() {
    let streamed = |pieces: usize, tools: &Value, choice: &Value| {
        let service = OpenResponses::new(Arguments, Config::new().heartbeat(None));
        let body = json!({"model": pieces.to_string(), "input": "x", "stream": true, "tools": tools, "tool_choice": choice});
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body.to_string())
            .unwrap();
        let answer = ready(service.oneshot(request)).unwrap();
        let mut body = pin!(answer.into_body());
        let mut seen = 0;
        let info = allocation_counter::measure(|| {
            while let Some(frame) = ready(body.frame()) {
                seen += frame.unwrap().into_data().unwrap().len();
            }
        });
        assert!(seen > pieces * 100);
        info.count_total
    };
    in_runtime(|| {
        let names = ["f", "g", "h", "i"];
        let tools: Vec<Value> = names
            .iter()
            .map(|name| json!({"type": "function", "name": name}))
            .collect();
        let allowed = json!({"type": "allowed_tools", "mode": "auto", "tools": tools});
        let grown = |tools: &Value, choice: &Value| {
            streamed(10_000, tools, choice).abs_diff(streamed(100, tools, choice))
        };
        let strict = grown(&json!(tools), &allowed);
        let lax = grown(&json!([{"type": "acme:any"}]), &json!("auto"));
        assert_eq!(strict, lax);
    });
}

/// Options are read in place: long values are not copied.
#[test]
fn long_options_take_little_memory() {
    in_runtime(|| {
        let gateway = gateway(Words);
        let many: serde_json::Map<String, Value> = (0..200_000)
            .map(|number| (format!("p{number}"), json!(5_000)))
            .collect();
        for options in [
            json!({"gateway": {"providerTimeouts": many}}),
            json!({ "gateway": many }),
            json!(many),
        ] {
            let length = options.to_string().len() as u64;
            let body = json!({"model": "p/1", "input": "x", "providerOptions": options});
            let turn = turn(&body);
            let info = allocation_counter::measure(|| {
                let answer = ready(gateway.respond(Request::new(turn))).unwrap();
                assert!(reading(answer.into_body()).1 > 1);
            });
            assert!(
                info.bytes_max < length / 4,
                "{} of {length}",
                info.bytes_max
            );
        }
    });
}
