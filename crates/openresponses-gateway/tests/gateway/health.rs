use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, RateLimit};
use openresponses_gateway::health::{CircuitBreaker, CircuitState, RetryBudget};
use openresponses_gateway::registry::{Catalog, Model, ProviderEntry, Route};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::common::{Act, actor, gateway, log, send, service};
use crate::notes::Notes;

fn ask() -> Value {
    json!({"model": "x/one", "input": "x"})
}

fn two_routes(catalog: Catalog) -> Catalog {
    catalog.model(
        Model::new("x/one")
            .route(Route::new("first"))
            .route(Route::new("second")),
    )
}

/// Fails while the flag is set.
struct Moody(Arc<AtomicUsize>, Arc<AtomicUsize>);

impl Provider for Moody {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(Response::new(OutputStream::from_deltas([
                Delta::text("moody"),
                Delta::complete(),
            ]))),
            1 => Err(Error::overloaded()),
            _ => Err(Error::invalid_request("input", "No.")),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_opens_probes_and_closes() {
    let (mood, asked) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicUsize::new(0)));
    let moody = ProviderEntry::new(Moody(Arc::clone(&mood), Arc::clone(&asked)))
        .circuit_breaker(CircuitBreaker::new(3, Duration::from_secs(30)));
    let catalog = Catalog::new()
        .provider("first", moody)
        .provider("second", actor("second", Act::Answer, &log()));
    let service = service(gateway(two_routes(catalog)));
    for _ in 0..10 {
        let answer = send(&service, &ask()).await;
        assert_eq!(answer.text(), "second");
        let first = &answer.report()["routing"]["modelAttempts"][0]["providerAttempts"][0];
        assert_eq!(first["error"], "overloaded");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    // Half open: one probe fails, and the circuit opens again.
    tokio::time::advance(Duration::from_secs(30)).await;
    for _ in 0..5 {
        send(&service, &ask()).await;
    }
    assert_eq!(asked.load(Ordering::Relaxed), 4);
    tokio::time::advance(Duration::from_secs(30)).await;
    mood.store(0, Ordering::Relaxed);
    for _ in 0..5 {
        assert_eq!(send(&service, &ask()).await.text(), "moody");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 9);
    // An error of the request does not count against the provider.
    mood.store(2, Ordering::Relaxed);
    for _ in 0..10 {
        assert_eq!(send(&service, &ask()).await.status, 400);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 19);
}

/// Fails, or answers with an error of the request, which it found itself or its server did.
struct Refuses(Arc<AtomicUsize>);

impl Provider for Refuses {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let refusal = || Error::invalid_request("input", "No.");
        Err(match self.0.load(Ordering::Relaxed) {
            0 => Error::overloaded(),
            1 => refusal(),
            _ => refusal().answered(),
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_the_server_of_a_provider_closes_its_circuit() {
    let mood = Arc::new(AtomicUsize::new(0));
    let breaker = CircuitBreaker::new(1, Duration::from_secs(30));
    let entry = ProviderEntry::new(Refuses(Arc::clone(&mood))).circuit_breaker(breaker);
    let catalog = Catalog::new().provider("first", entry);
    let gateway = gateway(catalog.serve("x/one", "first"));
    let registry = gateway.registry().clone();
    let state = || registry.catalog().circuits().map(|(_, state)| state).next();
    let service = service(gateway);
    assert_eq!(send(&service, &ask()).await.status, 503);
    tokio::time::advance(Duration::from_secs(30)).await;
    // A refusal before the server is asked says nothing about it.
    mood.store(1, Ordering::Relaxed);
    assert_eq!(send(&service, &ask()).await.status, 400);
    assert_eq!(state(), Some(CircuitState::Open));
    mood.store(2, Ordering::Relaxed);
    assert_eq!(send(&service, &ask()).await.status, 400);
    assert_eq!(state(), Some(CircuitState::Closed));
}

/// Does not have the model any more.
struct Retired;

impl Provider for Retired {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::model_not_found(&turn.body().model).answered())
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_the_model_is_left_for_the_next_and_stays_healthy() {
    let breaker = CircuitBreaker::new(1, Duration::from_secs(30));
    let retired = || ProviderEntry::new(Retired).circuit_breaker(breaker);
    let log = log();
    let catalog = |second| {
        let catalog = Catalog::new().provider("first", retired());
        two_routes(catalog.provider("second", actor("second", second, &log)))
    };
    let answering = service(gateway(catalog(Act::Answer)));
    for _ in 0..3 {
        let answer = send(&answering, &ask()).await;
        assert_eq!(answer.text(), "second");
        let first = &answer.report()["routing"]["modelAttempts"][0]["providerAttempts"][0];
        assert_eq!(first["error"], "model_not_found");
    }
    // The last error is that of a provider that should have answered.
    let down = service(gateway(catalog(Act::Fail503)));
    assert_eq!(send(&down, &ask()).await.status, 503);
    let alone = Catalog::new()
        .provider("first", retired())
        .serve("x/one", "first");
    let answer = send(&service(gateway(alone)), &ask()).await;
    assert_eq!(answer.body["error"]["code"], "model_not_found");
}

/// A provider whose answers break off in the middle is down as well.
#[tokio::test(start_paused = true)]
async fn a_circuit_counts_what_breaks_in_the_middle() {
    for act in [Act::FailMid, Act::PanicMid] {
        let log = log();
        let breaks = ProviderEntry::new(actor("first", act, &log))
            .circuit_breaker(CircuitBreaker::new(3, Duration::from_secs(30)));
        let catalog = Catalog::new()
            .provider("first", breaks)
            .provider("second", actor("second", Act::Answer, &log));
        let service = service(gateway(two_routes(catalog)));
        let mut streaming = ask();
        streaming["stream"] = true.into();
        for turn in 0..6 {
            let answer = send(&service, &streaming).await;
            let expected = match turn {
                0..3 => "half of first",
                _ => "second",
            };
            assert_eq!(answer.text(), expected, "{act:?} {turn}");
        }
        // A probe that starts to answer and fails reopens the circuit at once.
        tokio::time::advance(Duration::from_secs(30)).await;
        for expected in ["half of first", "second", "second"] {
            assert_eq!(send(&service, &streaming).await.text(), expected);
        }
    }
}

async fn open_stream(service: &OpenResponses<openresponses_gateway::Gateway>) -> impl Sized {
    let body = json!({"model": "x/one", "input": "x", "stream": true}).to_string();
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    let mut answer = service.clone().oneshot(request).await.unwrap();
    while let Some(frame) = answer.body_mut().frame().await {
        let bytes = frame.unwrap().into_data().unwrap();
        if String::from_utf8_lossy(&bytes).contains("output_text.delta") {
            break;
        }
    }
    answer
}

/// Fails or never ends.
struct Either(Arc<AtomicUsize>, Arc<AtomicUsize>);

impl Provider for Either {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        match self.0.load(Ordering::Relaxed) {
            0 => Endless.respond(Request::new(turn())).await,
            1 => Err(Error::overloaded()),
            _ => std::future::pending().await,
        }
    }
}

fn turn() -> Turn {
    let request = openresponses_types::CreateRequest::from_json(br#"{"model":"m","input":"x"}"#);
    let normalizer =
        openresponses_types::normalize::Normalizer::new(openresponses_types::Profile::Compatible);
    normalizer.turn(request.unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn disconnecting_clients_say_nothing_about_a_provider() {
    let (mood, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let either = ProviderEntry::new(Either(Arc::clone(&mood), Arc::clone(&asked)))
        .circuit_breaker(CircuitBreaker::new(3, Duration::from_secs(30)));
    let catalog = Catalog::new()
        .provider("first", either)
        .provider("second", actor("second", Act::Answer, &log()));
    let service = service(gateway(two_routes(catalog)));
    for _ in 0..16 {
        drop(open_stream(&service).await);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 16);
    // Nor for it: two failures, an answer that its client leaves, and a failure are three in a row.
    for failures in [2, 1] {
        mood.store(1, Ordering::Relaxed);
        for _ in 0..failures {
            assert_eq!(send(&service, &ask()).await.text(), "second");
        }
        mood.store(0, Ordering::Relaxed);
        drop(open_stream(&service).await);
    }
    // The last stream was the second provider's.
    assert_eq!(asked.load(Ordering::Relaxed), 20);
    // The client of the probe leaves before an answer, so the next request is the probe.
    tokio::time::advance(Duration::from_secs(30)).await;
    mood.store(2, Ordering::Relaxed);
    let body = ask();
    let leaves = tokio::time::timeout(Duration::from_secs(1), send(&service, &body));
    assert!(leaves.await.is_err());
    assert_eq!(asked.load(Ordering::Relaxed), 21);
    // A probe that hangs does not keep the circuit half open indefinitely.
    let hangs = tokio::spawn({
        let service = service.clone();
        async move { send(&service, &ask()).await.status }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(asked.load(Ordering::Relaxed), 22);
    assert_eq!(send(&service, &ask()).await.text(), "second");
    assert_eq!(asked.load(Ordering::Relaxed), 22);
    tokio::time::advance(Duration::from_secs(30)).await;
    mood.store(0, Ordering::Relaxed);
    let begun = open_stream(&service).await;
    assert_eq!(asked.load(Ordering::Relaxed), 23);
    // It answers, so the circuit is closed although the answer goes on.
    drop(open_stream(&service).await);
    assert_eq!(asked.load(Ordering::Relaxed), 24);
    drop(begun);
    hangs.abort();
}

/// Sends one piece, then stays pending.
struct Endless;

impl Provider for Endless {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let started = stream::iter([Ok(Delta::text("endless"))]);
        Ok(Response::new(OutputStream::new(
            started.chain(stream::pending()),
        )))
    }
}

#[tokio::test]
async fn a_stream_counts_until_it_has_ended() {
    let endless = ProviderEntry::new(Endless).concurrency(2);
    let catalog = Catalog::new()
        .provider("first", endless)
        .provider("second", actor("second", Act::Answer, &log()));
    let service = service(gateway(two_routes(catalog).serve("x/alone", "first")));
    let open = || async {
        let body = json!({"model": "x/alone", "input": "x", "stream": true}).to_string();
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body);
        service.clone().oneshot(request.unwrap()).await.unwrap()
    };
    let mut one = open().await;
    let two = open().await;
    assert!(one.body_mut().frame().await.is_some());
    let third = open().await;
    assert_eq!(third.status(), 503);
    assert_eq!(third.headers()["retry-after"], "1");
    // The next provider has room.
    assert_eq!(send(&service, &ask()).await.text(), "second");
    drop(two);
    assert_eq!(open().await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_budget_bounds_what_an_outage_costs() {
    let log = log();
    let catalog = Catalog::new()
        .provider("first", actor("first", Act::Fail503, &log))
        .provider("second", actor("second", Act::Fail503, &log));
    let service = service(gateway(two_routes(catalog)).retry_budget(RetryBudget::new(0.1, 1.0)));
    for _ in 0..100 {
        assert_eq!(send(&service, &ask()).await.status, 503);
    }
    let seconds = log
        .lock()
        .unwrap()
        .iter()
        .filter(|(slug, _)| *slug == "second")
        .count();
    assert!((10..=11).contains(&seconds), "{seconds}");
    tokio::time::advance(Duration::from_secs(5)).await;
    for _ in 0..10 {
        send(&service, &ask()).await;
    }
    let later = log
        .lock()
        .unwrap()
        .iter()
        .filter(|(slug, _)| *slug == "second")
        .count();
    assert!((5..=7).contains(&(later - seconds)), "{later}");
}

/// Providers that are busy or down are skipped, which takes neither attempts nor budget.
#[tokio::test(start_paused = true)]
async fn passing_over_costs_nothing() {
    let log = log();
    let mut catalog = Catalog::new();
    let mut model = Model::new("x/one");
    for slug in ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8"] {
        let full = ProviderEntry::new(actor(slug, Act::Answer, &log)).concurrency(0);
        catalog = catalog.provider(slug, full);
        model = model.route(Route::new(slug));
    }
    let catalog = catalog
        .provider("up", actor("up", Act::Answer, &log))
        .model(model.route(Route::new("up")));
    let gateway = gateway(catalog)
        .retry_budget(RetryBudget::new(0.0, 0.0))
        .failover(|_| false);
    let service = service(gateway);
    for _ in 0..20 {
        let answer = send(&service, &ask()).await;
        assert_eq!(answer.text(), "up");
        assert_eq!(answer.report()["routing"]["totalProviderAttemptCount"], 10);
    }
    assert_eq!(log.lock().unwrap().len(), 20);
}

/// A client can name many models of one provider.
#[tokio::test]
async fn a_provider_is_passed_over_once_in_a_request_and_makes_no_attempt() {
    let log = log();
    let full = ProviderEntry::new(actor("full", Act::Answer, &log)).concurrency(0);
    let catalog = Catalog::new()
        .provider("full", full)
        .provider("up", actor("up", Act::Answer, &log))
        .serve_any("full")
        .serve("x/up", "up");
    let notes = Notes::default();
    let service = service(gateway(catalog).observer(notes.clone()));
    let mut names: Vec<String> = (0..60).map(|number| format!("full/{number}")).collect();
    let ask = |names: &[String]| json!({"model": "full/x", "input": "x", "providerOptions": {"gateway": {"models": names}}});
    assert_eq!(send(&service, &ask(&names)).await.status, 503);
    assert_eq!(notes.take(), ["started", "ended None None overloaded None"]);
    names.push("x/up".into());
    let answer = send(&service, &ask(&names)).await;
    assert_eq!(answer.text(), "up");
    assert_eq!(answer.report()["routing"]["totalProviderAttemptCount"], 2);
    assert_eq!(notes.take()[2], "attempt x/up up ok");
}

#[tokio::test(start_paused = true)]
async fn each_tenant_has_its_own_rate() {
    let catalog = Catalog::new()
        .provider("p", actor("p", Act::Answer, &log()))
        .serve("x/one", "p");
    let keys = ApiKeys::new()
        .key("a", "sk-a")
        .unwrap()
        .key("a", "sk-a2")
        .unwrap()
        .key("b", "sk-b")
        .unwrap();
    let auth = Auth::new(Credentials::new().api_keys(keys))
        .rate_limit(RateLimit::new(3, Duration::from_secs(60)));
    let service = OpenResponses::new(gateway(catalog), Config::new().authorize(auth));
    let ask = |key: &'static str| {
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .header("x-api-key", key)
            .body(ask().to_string())
            .unwrap();
        let service = service.clone();
        async move { service.oneshot(request).await.unwrap() }
    };
    for _ in 0..3 {
        assert_eq!(ask("sk-a").await.status(), 200);
    }
    // Another key of the tenant is the tenant; another tenant is not.
    let refused = ask("sk-a2").await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "20");
    let refused = refused.into_body().collect().await.unwrap().to_bytes();
    let refused: Value = serde_json::from_slice(&refused).unwrap();
    assert_eq!(refused["error"]["param"], "authorization");
    assert_eq!(ask("sk-b").await.status(), 200);
    // Wrong keys count against no tenant.
    assert_eq!(ask("sk-c").await.status(), 401);
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(ask("sk-a").await.status(), 200);
    assert_eq!(ask("sk-a").await.status(), 429);
    tokio::time::advance(Duration::from_secs(600)).await;
    for status in [200, 200, 200, 429] {
        assert_eq!(ask("sk-a").await.status(), status);
    }
}
