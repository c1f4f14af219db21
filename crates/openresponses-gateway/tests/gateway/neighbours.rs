//! What one client sends changes nothing for the others, and no attempt holds without bound.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use openresponses_gateway::Gateway;
use openresponses_gateway::auth::RateLimit;
use openresponses_gateway::health::{CircuitBreaker, RetryBudget};
use openresponses_gateway::registry::{Catalog, Model, ProviderEntry, Route};
use openresponses_tower::provider::CallerCredentials;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tower::ServiceExt as _;

use crate::common::{Act, Log, actor, gateway, log, send, service};
use crate::socket;

/// Answers after a while.
struct Slow(Duration);

impl Provider for Slow {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        sleep(self.0).await;
        Ok(Response::new(OutputStream::from_deltas([
            Delta::text("slow"),
            Delta::complete(),
        ])))
    }
}

/// Says one word and nothing more.
struct Mute;

impl Provider for Mute {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let word = stream::iter([Ok(Delta::text("x"))]);
        Ok(Response::new(OutputStream::new(
            word.chain(stream::pending()),
        )))
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn one(entry: ProviderEntry) -> Catalog {
    let catalog = Catalog::new().provider("first", entry);
    catalog.model(Model::new("x/one").route(Route::new("first")))
}

fn two(entry: ProviderEntry) -> Catalog {
    let routes = Model::new("x/one")
        .route(Route::new("first"))
        .route(Route::new("second"));
    Catalog::new()
        .provider("first", entry)
        .provider("second", actor("second", Act::Answer, &log()))
        .model(routes)
}

fn ask() -> Value {
    json!({"model": "x/one", "input": "x"})
}

fn ask_within(milliseconds: u64) -> Value {
    json!({"model": "x/one", "input": "x",
        "providerOptions": {"gateway": {"providerTimeouts": {"first": milliseconds}}}})
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_wait_opens_no_circuit() {
    let breaker = CircuitBreaker::new(5, 30 * SECOND);
    let entry = ProviderEntry::new(Slow(13 * SECOND / 10)).timeout(10 * SECOND);
    let service = service(gateway(one(entry.circuit_breaker(breaker))));
    for _ in 0..20 {
        assert_eq!(send(&service, &ask_within(1_000)).await.status, 504);
    }
    assert_eq!(send(&service, &ask()).await.text(), "slow");
}

#[tokio::test(start_paused = true)]
async fn the_hosts_own_limit_opens_the_circuit() {
    let breaker = CircuitBreaker::new(2, 30 * SECOND);
    let entry = ProviderEntry::new(Slow(100 * SECOND)).timeout(10 * SECOND);
    let service = service(gateway(one(entry.circuit_breaker(breaker))));
    for (asked, status) in [(10_000, 504), (60_000, 504), (10_000, 503)] {
        assert_eq!(send(&service, &ask_within(asked)).await.status, status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_cannot_extend_the_hosts_limit() {
    let entry = ProviderEntry::new(Slow(100 * SECOND)).timeout(10 * SECOND);
    let service = service(gateway(two(entry)));
    let start = Instant::now();
    let answer = send(&service, &ask_within(60_000)).await;
    assert_eq!(start.elapsed(), 10 * SECOND);
    assert_eq!(answer.text(), "second");
    let warnings = answer.report().to_string();
    assert!(
        warnings.contains("At most 10000 milliseconds"),
        "{warnings}"
    );
}

#[tokio::test(start_paused = true)]
async fn attempts_after_a_clients_own_limit_leave_the_budget_to_others() {
    let entry = ProviderEntry::new(Slow(13 * SECOND / 10)).timeout(10 * SECOND);
    let gateway = gateway(two(entry)).retry_budget(RetryBudget::new(0.0, 0.0));
    let service = service(gateway);
    for _ in 0..20 {
        assert_eq!(send(&service, &ask_within(1_000)).await.text(), "second");
    }
}

/// Does not have the model, and counts calls.
struct Lacking(Arc<AtomicUsize>);

impl Provider for Lacking {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(Error::model_not_found(&turn.body().model).answered())
    }
}

/// Four providers that hang, four that refuse the caller's account, and one for any model, of which it
/// has none.
fn at_the_clients_choice(log: &Log, lacking: &Arc<AtomicUsize>) -> Catalog {
    let mut catalog = Catalog::new()
        .provider("chat", Lacking(Arc::clone(lacking)))
        .serve_any("chat");
    let (mut hanging, mut refusing) = (Model::new("x/hang"), Model::new("x/refuse"));
    for (hangs, refuses) in [("a", "e"), ("b", "f"), ("c", "g"), ("d", "h")] {
        let entry = ProviderEntry::new(actor(hangs, Act::Hang, log)).timeout(10 * SECOND);
        catalog = catalog
            .provider(hangs, entry)
            .provider(refuses, Account(false));
        hanging = hanging.route(Route::new(hangs));
        refusing = refusing.route(Route::new(refuses));
    }
    catalog.model(hanging).model(refusing)
}

/// Requests whose attempts all end by what their client has chosen.
fn choices() -> [(Value, u16); 3] {
    let names: Vec<String> = (0..60).map(|number| format!("chat/{number}")).collect();
    let timeouts = json!({"a": 1_000, "b": 1_000, "c": 1_000, "d": 1_000});
    let ask = |model: &str, options: Value| json!({"model": model, "input": "x", "providerOptions": {"gateway": options}});
    [
        (ask("chat/none", json!({"models": names})), 404),
        (ask("x/hang", json!({"providerTimeouts": timeouts})), 504),
        (ask("x/refuse", json!({})), 429),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_a_client_chose_leaves_the_budget_to_others() {
    for (body, status) in choices() {
        let log = log();
        let catalog = at_the_clients_choice(&log, &Arc::default())
            .provider("down", actor("down", Act::Fail503, &log))
            .provider("up", actor("up", Act::Answer, &log))
            .serve("x/up", "up")
            .model(
                Model::new("x/one")
                    .route(Route::new("down"))
                    .route(Route::new("up")),
            );
        let service = service(gateway(catalog).retry_budget(RetryBudget::new(0.25, 0.0)));
        // Four requests allow one further attempt.
        for _ in 0..4 {
            let up = json!({"model": "x/up", "input": "x"});
            assert_eq!(send(&service, &up).await.text(), "up");
        }
        for _ in 0..4 {
            assert_eq!(send(&service, &body).await.status, status);
        }
        assert_eq!(send(&service, &ask()).await.text(), "up", "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_client_chose_is_bounded_by_the_attempts_of_a_request() {
    let (log, lacking) = (log(), Arc::new(AtomicUsize::new(0)));
    let gateway = gateway(at_the_clients_choice(&log, &lacking)).max_attempts(3);
    let service = service(gateway.retry_budget(RetryBudget::new(0.0, 0.0)));
    for (body, status) in choices() {
        assert_eq!(send(&service, &body).await.status, status);
    }
    assert_eq!(lacking.load(Ordering::Relaxed), 3);
    assert_eq!(log.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_impatient_client_is_not_the_probe_where_others_ask() {
    let breaker = CircuitBreaker::new(1, 30 * SECOND);
    let down = Arc::new(AtomicUsize::new(1));
    let entry = || {
        let provider = Fails(Arc::clone(&down), Slow(13 * SECOND / 10));
        ProviderEntry::new(provider)
            .timeout(10 * SECOND)
            .circuit_breaker(breaker)
    };
    let service = service(gateway(one(entry())));
    assert_eq!(send(&service, &ask()).await.status, 503);
    down.store(0, Ordering::Relaxed);
    tokio::time::advance(30 * SECOND).await;
    // It would hold the probe for a second and leave the circuit open.
    assert_eq!(send(&service, &ask_within(1_000)).await.status, 503);
    assert_eq!(send(&service, &ask()).await.text(), "slow");

    // Where no other request comes, it probes later.
    down.store(1, Ordering::Relaxed);
    assert_eq!(send(&service, &ask()).await.status, 503);
    down.store(0, Ordering::Relaxed);
    tokio::time::advance(60 * SECOND).await;
    assert_eq!(send(&service, &ask_within(1_500)).await.text(), "slow");
}

/// Fails while its count is not zero.
struct Fails(Arc<AtomicUsize>, Slow);

impl Provider for Fails {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        match self.0.load(Ordering::Relaxed) {
            0 => self.1.respond(turn).await,
            _ => Err(Error::overloaded()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_falls_silent_is_left_for_the_next() {
    let breaker = CircuitBreaker::new(1, 300 * SECOND);
    let entry = || ProviderEntry::new(Mute).timeout(SECOND);
    let service = service(gateway(two(entry().circuit_breaker(breaker))));
    let start = Instant::now();
    assert_eq!(send(&service, &ask()).await.text(), "second");
    assert_eq!(start.elapsed(), 60 * SECOND);
    // It counts as a failure of the provider.
    assert_eq!(send(&service, &ask()).await.text(), "second");
    assert_eq!(start.elapsed(), 60 * SECOND);

    let service = crate::common::service(gateway(two(entry().idle_timeout(5 * SECOND))));
    let start = Instant::now();
    let streamed = json!({"model": "x/one", "input": "x", "stream": true});
    assert_eq!(
        send(&service, &streamed).await.body["error"]["code"],
        "timeout"
    );
    assert_eq!(start.elapsed(), 5 * SECOND);
}

/// Fails with an error of the caller's account: before a response, or in one.
struct Account(bool);

impl Provider for Account {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let error = Error::rate_limited(SECOND);
        if !self.0 {
            return Err(error.of_caller());
        }
        let deltas = stream::iter([Ok(Delta::text("x")), Err(error)]);
        let mut answer = Response::new(OutputStream::new(deltas));
        answer.extensions_mut().insert(CallerCredentials);
        Ok(answer)
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_of_a_clients_own_account_open_no_circuit() {
    let breaker = CircuitBreaker::new(2, 300 * SECOND);
    for is_late in [false, true] {
        let service = service(gateway(one(
            ProviderEntry::new(Account(is_late)).circuit_breaker(breaker)
        )));
        for streamed in [false, true, false, true, false] {
            let mut ask = ask();
            ask["stream"] = streamed.into();
            let answer = send(&service, &ask).await;
            let body = answer.body.to_string();
            assert!(body.contains("rate_limit_exceeded"), "{body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_after_a_refusal_of_a_clients_own_account_leave_the_budget_to_others() {
    let gateway = gateway(two(ProviderEntry::new(Account(false))));
    let service = service(gateway.retry_budget(RetryBudget::new(0.0, 0.0)));
    for _ in 0..20 {
        assert_eq!(send(&service, &ask()).await.text(), "second");
    }
}

#[tokio::test]
async fn messages_that_generate_nothing_count_as_turns() {
    let entry = ProviderEntry::new(Slow(Duration::ZERO));
    let limited = gateway(one(entry)).rate_limit(RateLimit::new(2, 3600 * SECOND));
    let address = socket::serve(service(limited)).await;
    let mut socket = socket::open(address, &[]).await;
    let warm_up = json!({"model": "x/one", "input": "x", "generate": false});
    for expected in ["response.completed", "response.completed", "error"] {
        let last = socket::turn_on(&mut socket, warm_up.clone()).await.pop();
        let last = last.unwrap();
        assert_eq!(last["type"], expected);
        if expected == "error" {
            assert_eq!(last["status"], 429);
        }
    }
}

/// Says 64 KiB again and again, and counts.
struct Endless(Arc<AtomicUsize>);

impl Provider for Endless {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let count = Arc::clone(&self.0);
        let pieces = stream::repeat_with(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Delta::text("x".repeat(64 << 10)))
        });
        let end = stream::iter([Err(Error::model("broke", "The model broke."))]);
        Ok(Response::new(OutputStream::new(
            pieces.take(1_000).chain(end),
        )))
    }
}

#[tokio::test]
async fn what_waits_for_the_end_of_an_answer_is_bounded_in_bytes() {
    let count = Arc::default();
    let entry = ProviderEntry::new(Endless(Arc::clone(&count)));
    let service = service(gateway(two(entry)));
    // It breaks after 64 MB, when it is too late for another provider.
    let answer = send(&service, &ask()).await;
    assert_eq!(answer.status, 500);
    assert_eq!(count.load(Ordering::Relaxed), 1_000);
}

/// Says 3 MiB, and then breaks, or, while it is held up, says nothing more.
struct Breaking {
    is_held_up: Arc<AtomicBool>,
    sent: Arc<AtomicUsize>,
}

impl Provider for Breaking {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let sent = Arc::clone(&self.sent);
        let pieces = stream::repeat_with(move || {
            sent.fetch_add(64 << 10, Ordering::Relaxed);
            Ok(Delta::text("x".repeat(64 << 10)))
        });
        let pieces = pieces.take(48);
        let end = stream::iter([Err(Error::model("broke", "The model broke."))]);
        Ok(Response::new(if self.is_held_up.load(Ordering::Relaxed) {
            OutputStream::new(pieces.chain(stream::pending()))
        } else {
            OutputStream::new(pieces.chain(end))
        }))
    }
}

/// Its tenant is the key.
async fn send_as(service: &OpenResponses<Gateway>, tenant: &'static str) -> (u16, String) {
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .header("x-api-key", tenant)
        .body(ask().to_string())
        .unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.into()).unwrap())
}

#[tokio::test]
async fn what_waits_in_all_attempts_is_bounded_in_bytes_with_a_share_of_each_tenant() {
    let (is_held_up, sent) = (Arc::new(AtomicBool::new(true)), Arc::default());
    let entry = ProviderEntry::new(Breaking {
        is_held_up: Arc::clone(&is_held_up),
        sent: Arc::clone(&sent),
    });
    let tenant = |head: &Parts| {
        let key = head.headers["x-api-key"].to_str().unwrap();
        ready(Ok(Scope::new(key)))
    };
    let service = OpenResponses::new(gateway(two(entry)), Config::new().authorize(tenant));
    let mut waiting = Vec::new();
    let mut wait = async |tenant, count: usize| {
        is_held_up.store(true, Ordering::Relaxed);
        let before = sent.load(Ordering::Relaxed);
        waiting.extend((0..count).map(|_| {
            let service = service.clone();
            tokio::spawn(async move { send_as(&service, tenant).await })
        }));
        while sent.load(Ordering::Relaxed) < before + count * (3 << 20) {
            tokio::task::yield_now().await;
        }
        is_held_up.store(false, Ordering::Relaxed);
    };
    let second = |answer: (u16, String)| answer.0 == 200 && answer.1.contains("second");
    // With the 12 MiB of four of them a share has no room for the 3 MiB of another, which begins.
    wait("a", 5).await;
    assert_eq!(send_as(&service, "a").await.0, 500);
    // Others wait, and the next provider takes over.
    assert!(second(send_as(&service, "b").await));
    // With 12 MiB of another tenant, and 3 MiB of a third, there is none for anybody.
    wait("b", 5).await;
    wait("c", 1).await;
    assert_eq!(send_as(&service, "d").await.0, 500);
    for task in waiting {
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    for tenant in ["a", "b", "c", "d"] {
        assert!(second(send_as(&service, tenant).await), "{tenant}");
    }
}
