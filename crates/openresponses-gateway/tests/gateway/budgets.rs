//! Budgets of callers, as clients and stores see them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::auth::Principal;
use openresponses_gateway::budget::{
    Account, Amounts, Budget, BudgetState, BudgetStore, Budgets, Decision, MemoryBudgets, Price,
    PriceTable, Reservation, StoreOutage,
};
use openresponses_gateway::limits::{LimitHeadersLayer, LimitedResource, Money};
use openresponses_gateway::observe::{Observer, RequestEnd};
use openresponses_gateway::registry::{Catalog, Model, Route};
use openresponses_tower::{BoxError, Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::Turn;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower::{Layer, ServiceExt};

use crate::common::{Act, actor, gateway, log, send, service};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Waits for a permit of its gate, and uses these tokens.
struct Gated {
    gate: Arc<Semaphore>,
    usage: Usage,
}

impl Provider for Gated {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let passed = self.gate.acquire().await;
        passed.map_err(Error::server)?.forget();
        let counts = Delta::usage(self.usage.clone());
        let deltas = [Delta::text("Hi"), counts, Delta::complete()];
        Ok(Response::new(OutputStream::from_deltas(deltas)))
    }
}

/// Fails after text and token counts.
struct Stops;

impl Provider for Stops {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let counts = Delta::usage(Usage::new(3, 4));
        let broken = Err(Error::model("broke", "The model broke."));
        let deltas = [Ok(Delta::text("Hi")), Ok(counts), broken];
        Ok(Response::new(OutputStream::new(
            futures_util::stream::iter(deltas),
        )))
    }
}

/// Uses these tokens at once.
fn open(usage: Usage) -> Gated {
    Gated {
        gate: Arc::new(Semaphore::new(1_000)),
        usage,
    }
}

/// A store whose states a test can read.
#[derive(Clone, Default)]
struct Watched(MemoryBudgets);

impl BudgetStore for Watched {
    async fn reserve(&self, account: &Account, most: Amounts) -> Result<Decision, BoxError> {
        self.0.reserve(account, most).await
    }

    fn settle(&self, account: &Account, reservation: Reservation, used: Amounts) {
        self.0.settle(account, reservation, used);
    }
}

impl Watched {
    fn states(&self, budget: &Budget) -> Vec<BudgetState> {
        self.0.known(&Account::new("all", budget.clone()))
    }

    /// What ended calls have used and calls in progress have reserved, for each limit.
    fn counts(&self, budget: &Budget) -> Vec<(u64, u64)> {
        let states = self.states(budget).into_iter();
        states.map(|state| (state.used, state.reserved)).collect()
    }
}

fn budgets(store: &Watched, budget: &Budget) -> Budgets {
    let account = Account::new("all", budget.clone());
    Budgets::new(store.clone(), move |_| Some(account.clone()))
}

fn one(provider: impl Provider) -> Gateway {
    gateway(Catalog::new().provider("p", provider).serve("x/one", "p"))
}

fn ask(model: &str) -> Value {
    json!({"model": model, "input": "four", "max_output_tokens": 20})
}

#[tokio::test]
async fn many_requests_at_once_exceed_a_budget_by_at_most_one() {
    let gate = Arc::new(Semaphore::new(0));
    let provider = Gated {
        gate: Arc::clone(&gate),
        usage: Usage::new(2, 20),
    };
    let (store, budget) = (Watched::default(), Budget::new().tokens(100, DAY));
    let service = service(one(provider).budgets(budgets(&store, &budget)));
    let asking = (0..50).map(|_| {
        let service = service.clone();
        tokio::spawn(async move { send(&service, &ask("x/one")).await.status })
    });
    let asking: Vec<_> = asking.collect();
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(50);
    let mut statuses = Vec::new();
    for one in asking {
        statuses.push(one.await.unwrap());
    }
    // 22 each: four are within the budget, and the fifth exceeds it.
    let admitted = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(admitted, 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 45);
    assert_eq!(store.counts(&budget), [(110, 0)]);
}

#[tokio::test]
async fn what_a_call_counts_depends_on_its_end() {
    let log = log();
    let catalog = Catalog::new()
        .provider("counts", open(Usage::new(7, 5)))
        .provider("answers", actor("answers", Act::Answer, &log))
        .provider("fails", actor("fails", Act::Fail503, &log))
        .provider("breaks", actor("breaks", Act::FailMid, &log))
        .provider("stops", Stops)
        .serve("x/counts", "counts")
        .serve("x/answers", "answers")
        .serve("x/fails", "fails")
        .serve("x/breaks", "breaks")
        .provider("silent", actor("silent", Act::Silence, &log))
        .serve("x/stops", "stops")
        .serve("x/silent", "silent")
        .model(
            Model::new("x/both")
                .route(Route::new("stops"))
                .route(Route::new("counts")),
        );
    let budget = Budget::new().requests(100, DAY).tokens(1_000, DAY);
    for (model, status, requests, tokens) in [
        ("x/counts", 200, 1, 12),
        // Two of input and twenty of output were reserved.
        ("x/answers", 200, 1, 22),
        ("x/fails", 503, 1, 0),
        ("x/breaks", 500, 1, 0),
        // It fails after token counts.
        ("x/stops", 500, 1, 7),
        // The same, before any output.
        ("x/silent", 500, 1, 7),
        // The first attempt fails after token counts.
        ("x/both", 200, 1, 7 + 12),
        ("x/none", 404, 0, 0),
    ] {
        let store = Watched::default();
        let gateway = gateway(catalog.clone()).budgets(budgets(&store, &budget));
        let answer = send(&service(gateway), &ask(model)).await;
        let failed = answer.body["status"] == "failed";
        let expected = if failed { 200 } else { status };
        assert_eq!(answer.status, expected, "{model}: {:?}", answer.body);
        let counted = store.counts(&budget);
        assert_eq!(counted, [(requests, 0), (tokens, 0)], "{model}");
    }
}

#[tokio::test]
async fn a_client_that_disconnects_is_charged_what_was_reserved() {
    let (store, budget) = (Watched::default(), Budget::new().tokens(100, DAY));
    let log = log();
    let gateway = one(actor("p", Act::Hang, &log)).budgets(budgets(&store, &budget));
    let service = service(gateway);
    let asking = tokio::spawn(async move { send(&service, &ask("x/one")).await.status });
    while log.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.counts(&budget), [(0, 22)]);
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    assert_eq!(store.counts(&budget), [(22, 0)]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_the_client_cuts_short_is_charged_what_was_reserved() {
    let log = log();
    let catalog = Catalog::new()
        .provider("hangs", actor("hangs", Act::Hang, &log))
        .provider("counts", open(Usage::new(7, 5)))
        .provider("much", open(Usage::new(7, 50)));
    let timeouts = json!({"gateway": {"providerTimeouts": {"hangs": 1_000}}});
    for (then, status, tokens) in [
        (None, 504, 22),
        (Some("counts"), 200, 22),
        (Some("much"), 200, 57),
    ] {
        let mut model = Model::new("x/one").route(Route::new("hangs"));
        if let Some(then) = then {
            model = model.route(Route::new(then));
        }
        let (store, budget) = (Watched::default(), Budget::new().tokens(100, DAY));
        let gateway = gateway(catalog.clone().model(model)).budgets(budgets(&store, &budget));
        let mut body = ask("x/one");
        body["providerOptions"] = timeouts.clone();
        assert_eq!(send(&service(gateway), &body).await.status, status);
        assert_eq!(store.counts(&budget), [(tokens, 0)], "{then:?}");
    }
}

#[tokio::test]
async fn counting_of_input_is_free_and_a_failed_compaction_is_one_request() {
    let (store, budget) = (
        Watched::default(),
        Budget::new().requests(10, DAY).tokens(9_000, DAY),
    );
    let service = service(one(open(Usage::new(1, 1))).budgets(budgets(&store, &budget)));
    for path in ["/v1/responses/input_tokens", "/v1/responses/compact"] {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(json!({"model": "x/one", "input": "four"}).to_string())
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert!(!answer.status().is_success(), "the provider has neither");
    }
    // The failed compaction called its provider.
    assert_eq!(store.counts(&budget), [(1, 0), (0, 0)]);
}

#[tokio::test]
async fn a_used_up_budget_refuses_only_what_calls_a_model_for_output() {
    let (store, budget) = (MemoryBudgets::new(), Budget::new().requests(1, DAY));
    let account = Account::new("all", budget);
    let one = Amounts::new(1, 0, Money::ZERO);
    let reserved = store.reserve(&account, one).await.unwrap().reservation;
    store.settle(&account, reserved.unwrap(), one);
    let budgets = Budgets::new(store, move |_| Some(account.clone()));
    let caller = Principal::new(Scope::anonymous());
    for (method, path, is_refused) in [
        ("POST", "/v1/responses", true),
        ("POST", "/v1/responses/compact", true),
        ("POST", "/v1/responses/input_tokens", false),
        ("POST", "/v1/responses/resp_1/cancel", false),
        ("POST", "/playground/check", false),
        ("GET", "/v1/responses", false),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(())
            .unwrap();
        let (head, ()) = request.into_parts();
        let checked = budgets.check(&caller, &head);
        assert_eq!(checked.is_err(), is_refused, "{method} {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_what_is_used_up_and_when_it_is_renewed() {
    let price = Price::per_million(0.0, 1_000_000.0).unwrap();
    let euro = Money::from_units(1.0).unwrap();
    let hour = Duration::from_secs(3_600);
    for (budget, resource, code) in [
        (
            Budget::new().requests(1, hour),
            "requests",
            "requests_budget_exceeded",
        ),
        (
            Budget::new().tokens(3, hour),
            "tokens",
            "tokens_budget_exceeded",
        ),
        (
            Budget::new().cost(euro, hour),
            "cost",
            "cost_budget_exceeded",
        ),
    ] {
        let store = Watched::default();
        let gateway = one(open(Usage::new(1, 2)))
            .prices(PriceTable::new().price("x/*", price))
            .budgets(budgets(&store, &budget));
        let service = LimitHeadersLayer::new().layer(service(gateway));
        let call = || async {
            let request = Request::post("/v1/responses")
                .header("content-type", "application/json")
                .body(ask("x/one").to_string())
                .unwrap();
            let (head, body) = service.clone().oneshot(request).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            (head, String::from_utf8(body.to_vec()).unwrap())
        };
        let (head, _) = call().await;
        assert_eq!(head.status, 200);
        let header = |name: &str| head.headers[&format!("x-ratelimit-{name}-{resource}")].to_str();
        assert_eq!(header("remaining").unwrap(), "0", "the reservation counts");
        let (head, body) = call().await;
        assert_eq!(head.status, 429, "{body}");
        let wait: u64 = head.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((2..=3_600).contains(&wait), "{wait}");
        let error: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(error["error"]["code"], code);
        let message = error["error"]["message"].as_str().unwrap();
        assert!(
            message.contains(resource) && message.contains("1h0m0s is used up"),
            "{message}"
        );
        assert!(
            head.headers
                .contains_key(&*format!("x-ratelimit-reset-{resource}"))
        );
        // A new window.
        tokio::time::advance(hour).await;
        assert_eq!(call().await.0.status, 200);
    }
}

#[tokio::test]
async fn calls_in_progress_are_named_when_they_hold_the_rest() {
    let gate = Arc::new(Semaphore::new(0));
    let provider = Gated {
        gate: Arc::clone(&gate),
        usage: Usage::new(1, 1),
    };
    let (store, budget) = (Watched::default(), Budget::new().tokens(10, DAY));
    let service = service(one(provider).budgets(budgets(&store, &budget)));
    let first = tokio::spawn({
        let service = service.clone();
        async move { send(&service, &ask("x/one")).await.status }
    });
    while store.counts(&budget) != [(0, 22)] {
        tokio::task::yield_now().await;
    }
    let refused = send(&service, &ask("x/one")).await;
    assert_eq!(refused.status, 429);
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("reserved by requests in progress"),
        "{message}"
    );
    gate.add_permits(2);
    assert_eq!(first.await.unwrap(), 200);
    assert_eq!(send(&service, &ask("x/one")).await.status, 200);
}

/// The costs that an observer received, with the id of the key.
#[derive(Clone, Default)]
struct Costs(Arc<Mutex<Vec<Option<String>>>>);

impl Observer for Costs {
    fn request_ended(&self, request: &RequestEnd<'_>) {
        let cost = request.cost.map(|cost| cost.to_string());
        self.0.lock().unwrap().push(cost);
    }
}

#[tokio::test]
async fn a_call_costs_the_price_of_the_provider_that_answered() {
    let log = log();
    let catalog = Catalog::new()
        .provider("dear", actor("dear", Act::Fail503, &log))
        .provider("cheap", open(Usage::new(1_000, 1_000)))
        .model(
            Model::new("x/one")
                .route(Route::new("dear"))
                .route(Route::new("cheap")),
        )
        .serve("x/free", "cheap");
    let price = |units| Price::per_million(units, units).unwrap();
    let prices = PriceTable::new()
        .price_at("x/one", "dear", price(900.0))
        .price_at("x/one", "cheap", price(1.0));
    let euro = Money::from_units(1.0).unwrap();
    let (store, budget) = (Watched::default(), Budget::new().cost(euro, DAY));
    let costs = Costs::default();
    let gateway = gateway(catalog)
        .prices(prices)
        .observer(costs.clone())
        .budgets(budgets(&store, &budget));
    let service = service(gateway);
    for model in ["x/one", "x/free", "x/none"] {
        send(&service, &ask(model)).await;
    }
    let states = store.states(&budget);
    assert_eq!(states[0].limit.resource, LimitedResource::Cost);
    assert_eq!(Money::from_nanos(states[0].used).to_string(), "0.002");
    let costs = costs.0.lock().unwrap();
    assert_eq!(*costs, [Some("0.002".to_owned()), None, None]);
}

/// A store that cannot be reached.
struct Gone;

impl BudgetStore for Gone {
    async fn reserve(&self, _: &Account, _: Amounts) -> Result<Decision, BoxError> {
        Err("connection refused".into())
    }

    fn settle(&self, _: &Account, _: Reservation, _: Amounts) {
        unreachable!("nothing was reserved")
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_refuses_calls_unless_the_host_allows_them() {
    let account = Account::new("all", Budget::new().requests(1, DAY));
    let budgets = Budgets::new(Gone, move |_| Some(account.clone()));
    for (outage, status) in [(StoreOutage::Refuse, 503), (StoreOutage::Allow, 200)] {
        let gateway = one(open(Usage::new(1, 1))).budgets(budgets.clone().store_outage(outage));
        let answer = send(&service(gateway), &ask("x/one")).await;
        assert_eq!(answer.status, status, "{outage:?}");
        if status == 503 {
            assert_eq!(answer.body["error"]["code"], "budget_unavailable");
            let text = answer.body.to_string();
            assert!(
                !text.contains("connection"),
                "the source is only logged: {text}"
            );
        }
    }
}

#[tokio::test]
async fn a_caller_without_an_account_has_no_limits() {
    let budgets = Budgets::new(Gone, |_| None);
    let service = LimitHeadersLayer::new().layer(OpenResponses::new(
        one(open(Usage::new(1, 1))).budgets(budgets),
        Config::new(),
    ));
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(ask("x/one").to_string())
        .unwrap();
    let answer = service.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut names = answer.headers().keys();
    assert!(!names.any(|name| name.as_str().starts_with("x-ratelimit")));
}
