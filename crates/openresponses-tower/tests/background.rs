//! Responses that outlive their request: in the background, and after a disconnect.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use openresponses_tower::store::{
    MemoryStore, MemoryStoreLimits, StoreCall, StoreError, WrapStore, WrappedStore,
};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Shutdown};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;

/// Sends one word, and another one on a signal.
#[derive(Clone, Default)]
struct Paused {
    go_on: Arc<Notify>,
    alive: Arc<AtomicUsize>,
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Provider for Paused {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        if turn.body().model == "missing" {
            return Err(Error::model_not_found("missing"));
        }
        if turn.body().model == "long" {
            let deltas = [Delta::text("x".repeat(200_000)), Delta::complete()];
            return Ok(Response::new(OutputStream::from_deltas(deltas)));
        }
        let go_on = Arc::clone(&self.go_on);
        self.alive.fetch_add(1, Ordering::SeqCst);
        let alive = Alive(Arc::clone(&self.alive));
        if turn.body().model == "fails later" {
            go_on.notified().await;
            drop(alive);
            return Err(Error::model_not_found("fails later"));
        }
        Ok(Response::new(OutputStream::write(|mut out| async move {
            let _alive = alive;
            out.text("one ");
            out.sink().flush().await;
            go_on.notified().await;
            out.text("two");
            out.complete();
            Ok(())
        })))
    }
}

fn config() -> Config {
    Config::new().store(MemoryStore::new(MemoryStoreLimits::default()))
}

async fn send(
    service: &OpenResponses<Paused>,
    method: &str,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/v1/responses{path}"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// Waits for what another task does. Gives up only when that task can no longer run.
async fn until(what: impl AsyncFn() -> bool) {
    while !what().await {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn background() -> (OpenResponses<Paused>, Paused) {
    let provider = Paused::default();
    let config = config().background(|task| drop(tokio::spawn(task)));
    (OpenResponses::new(provider.clone(), config), provider)
}

#[tokio::test]
async fn a_background_response_is_polled() {
    let (service, provider) = background();
    let (status, queued) = send(
        &service,
        "POST",
        "",
        json!({"model": "m", "input": "x", "background": true}),
    )
    .await;
    assert_eq!(
        (status, &queued["status"]),
        (StatusCode::OK, &json!("queued"))
    );
    assert_eq!(
        (&queued["background"], &queued["store"]),
        (&json!(true), &json!(true))
    );
    let path = format!("/{}", queued["id"].as_str().unwrap());
    until(async || send(&service, "GET", &path, Value::Null).await.1["status"] == "in_progress")
        .await;
    // It cannot be continued before it has ended.
    let continuation = json!({"model": "m", "input": "y", "previous_response_id": queued["id"]});
    assert_eq!(
        send(&service, "POST", "", continuation).await.1["error"]["code"],
        "previous_response_not_found"
    );
    provider.go_on.notify_one();
    until(async || send(&service, "GET", &path, Value::Null).await.1["status"] == "completed")
        .await;
    let (_, done) = send(&service, "GET", &path, Value::Null).await;
    assert_eq!(done["output"][0]["content"][0]["text"], "one two");
    assert_eq!(done["id"], queued["id"]);
    // A finished response does not change.
    assert_eq!(
        send(&service, "POST", &format!("{path}/cancel"), Value::Null).await,
        (StatusCode::OK, done)
    );
}

#[tokio::test]
async fn a_background_response_is_cancelled() {
    let (service, provider) = background();
    let (_, queued) = send(
        &service,
        "POST",
        "",
        json!({"model": "m", "input": "x", "background": true}),
    )
    .await;
    until(async || provider.alive.load(Ordering::SeqCst) == 1).await;
    let path = format!("/{}", queued["id"].as_str().unwrap());
    let (status, cancelled) = send(&service, "POST", &format!("{path}/cancel"), Value::Null).await;
    assert_eq!(
        (status, &cancelled["status"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
    assert_eq!(
        send(&service, "GET", &path, Value::Null).await.1["status"],
        "cancelled"
    );
}

/// Another process, which shares the store.
fn elsewhere(store: &MemoryStore) -> (OpenResponses<Paused>, Paused) {
    let provider = Paused::default();
    let config = Config::new().store(store.clone());
    let config = config.background(|task| drop(tokio::spawn(task)));
    (OpenResponses::new(provider.clone(), config), provider)
}

/// Starts a background response in a process that shares the store, and has another one cancel or
/// delete it. Returns the first process, its provider, the path of the response and the status.
async fn stopped_elsewhere(
    model: &str,
    deletes: bool,
) -> (OpenResponses<Paused>, Paused, String, StatusCode) {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let (here, provider) = elsewhere(&store);
    let (there, _) = elsewhere(&store);
    let body = json!({"model": model, "input": "x", "background": true});
    let (_, queued) = send(&here, "POST", "", body).await;
    until(async || provider.alive.load(Ordering::SeqCst) == 1).await;
    let path = format!("/{}", queued["id"].as_str().unwrap());
    let (status, _) = match deletes {
        true => send(&there, "DELETE", &path, Value::Null).await,
        false => send(&there, "POST", &format!("{path}/cancel"), Value::Null).await,
    };
    (here, provider, path, status)
}

#[tokio::test(start_paused = true)]
async fn a_background_response_is_cancelled_by_another_process() {
    for deletes in [false, true] {
        let (here, provider, path, status) = stopped_elsewhere("m", deletes).await;
        assert_eq!(status, 200);
        until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
        let (status, found) = send(&here, "GET", &path, Value::Null).await;
        assert_eq!(
            (status == 404, &found["status"] == "cancelled"),
            (deletes, !deletes)
        );
    }
}

/// A provider may take long before it answers at all.
#[tokio::test(start_paused = true)]
async fn a_background_response_is_stopped_before_its_provider_answers() {
    for deletes in [false, true] {
        let (_here, provider, _, status) = stopped_elsewhere("fails later", deletes).await;
        assert_eq!(status, 200);
        until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
    }
}

#[tokio::test]
async fn a_failure_does_not_override_a_cancellation_or_a_deletion() {
    for deletes in [false, true] {
        let (here, provider, path, _) = stopped_elsewhere("fails later", deletes).await;
        provider.go_on.notify_one();
        until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (status, found) = send(&here, "GET", &path, Value::Null).await;
        match deletes {
            true => assert_eq!(status, 404),
            false => assert_eq!(found["status"], "cancelled"),
        }
    }
}

/// An end at the same time does not override a cancellation.
#[tokio::test]
async fn a_cancelled_response_stays_cancelled() {
    for deletes in [false, true] {
        let store = MemoryStore::new(MemoryStoreLimits::default());
        let (here, provider) = elsewhere(&store);
        let (there, _) = elsewhere(&store);
        let body = json!({"model": "m", "input": "x", "background": true});
        let (_, queued) = send(&here, "POST", "", body).await;
        until(async || provider.alive.load(Ordering::SeqCst) == 1).await;
        let path = format!("/{}", queued["id"].as_str().unwrap());
        let cancel = format!("{path}/cancel");
        let from = if deletes { &here } else { &there };
        let (method, path_) = if deletes {
            ("DELETE", &path)
        } else {
            ("POST", &cancel)
        };
        assert_eq!(send(from, method, path_, Value::Null).await.0, 200);
        provider.go_on.notify_one();
        until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (status, found) = send(&here, "GET", &path, Value::Null).await;
        match deletes {
            true => assert_eq!(status, 404),
            false => assert_eq!(found["status"], "cancelled"),
        }
    }
}

#[tokio::test]
async fn the_input_of_a_background_response_keeps_its_ids() {
    let (service, provider) = background();
    let body = json!({"model": "m", "input": "x", "background": true});
    let (_, queued) = send(&service, "POST", "", body).await;
    let path = format!("/{}", queued["id"].as_str().unwrap());
    let items = format!("{path}/input_items");
    let (_, before) = send(&service, "GET", &items, Value::Null).await;
    assert!(before["data"][0]["id"].is_string());
    provider.go_on.notify_one();
    until(async || send(&service, "GET", &path, Value::Null).await.1["status"] == "completed")
        .await;
    assert_eq!(send(&service, "GET", &items, Value::Null).await.1, before);
}

#[tokio::test]
async fn a_failing_background_response_has_an_error() {
    let (service, _) = background();
    let (_, queued) = send(
        &service,
        "POST",
        "",
        json!({"model": "missing", "input": "x", "background": true}),
    )
    .await;
    let path = format!("/{}", queued["id"].as_str().unwrap());
    until(async || send(&service, "GET", &path, Value::Null).await.1["status"] == "failed").await;
    assert_eq!(
        send(&service, "GET", &path, Value::Null).await.1["error"]["code"],
        "model_not_found"
    );
}

#[tokio::test]
async fn an_unsupported_background_request_is_refused_at_its_member() {
    let body = json!({"model": "m", "input": "x", "background": true});
    let plain = OpenResponses::new(Paused::default(), config());
    let (status, error) = send(&plain, "POST", "", body).await;
    assert_eq!(
        (status, &error["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("background"))
    );
    let (service, provider) = background();
    let body = json!({"model": "m", "input": "x", "background": true, "store": false});
    let (status, error) = send(&service, "POST", "", body).await;
    assert_eq!(
        (status, &error["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("store"))
    );
    assert_eq!(provider.alive.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn only_background_responses_are_cancelled() {
    let (service, provider) = background();
    provider.go_on.notify_one();
    let (_, done) = send(&service, "POST", "", json!({"model": "m", "input": "x"})).await;
    let path = format!("/{}/cancel", done["id"].as_str().unwrap());
    assert_eq!(send(&service, "POST", &path, Value::Null).await.0, 400);
    assert_eq!(
        send(&service, "POST", "/resp_nothing/cancel", Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_disconnecting_client_cancels_the_provider() {
    let provider = Paused::default();
    let service = OpenResponses::new(provider.clone(), config());
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(json!({"model": "m", "input": "x", "stream": true}).to_string())
        .unwrap();
    let mut answer = service.oneshot(request).await.unwrap();
    let _ = answer.body_mut().frame().await.unwrap();
    let _ = answer.body_mut().frame().await.unwrap();
    assert_eq!(provider.alive.load(Ordering::SeqCst), 1);
    drop(answer);
    assert_eq!(provider.alive.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_turn_is_finished_without_its_client() {
    let provider = Paused::default();
    let spawn = |task| drop(tokio::spawn(task));
    let config = config().drain_on_disconnect(Duration::from_secs(60), 1, spawn);
    let service = OpenResponses::new(provider.clone(), config);
    let body = json!({"model": "m", "input": "x", "stream": true}).to_string();
    let request = |body: String| {
        Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body)
            .unwrap()
    };
    let mut answer = service
        .clone()
        .oneshot(request(body.clone()))
        .await
        .unwrap();
    let created = answer
        .body_mut()
        .frame()
        .await
        .unwrap()
        .unwrap()
        .into_data()
        .unwrap();
    let created = String::from_utf8(created.to_vec()).unwrap();
    let data = created
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .unwrap();
    let id = serde_json::from_str::<Value>(data).unwrap()["response"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    drop(answer);
    assert_eq!(provider.alive.load(Ordering::SeqCst), 1);
    // Only one abandoned turn may run at once: the next is cancelled.
    drop(service.clone().oneshot(request(body)).await.unwrap());
    assert_eq!(provider.alive.load(Ordering::SeqCst), 1);
    provider.go_on.notify_one();
    until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
    until(async || {
        send(&service, "GET", &format!("/{id}"), Value::Null)
            .await
            .0
            == 200
    })
    .await;
    let (_, done) = send(&service, "GET", &format!("/{id}"), Value::Null).await;
    assert_eq!(done["output"][0]["content"][0]["text"], "one two");
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_turn_has_a_time_limit() {
    let provider = Paused::default();
    let time = Duration::from_secs(60);
    let spawn = |task| drop(tokio::spawn(task));
    let config = config().drain_on_disconnect(time, 1, spawn);
    let service = OpenResponses::new(provider.clone(), config);
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(json!({"model": "m", "input": "x", "stream": true}).to_string())
        .unwrap();
    drop(service.oneshot(request).await.unwrap());
    let gone = tokio::time::Instant::now();
    assert_eq!(provider.alive.load(Ordering::SeqCst), 1);
    until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
    assert!(gone.elapsed() >= time);
}

#[tokio::test]
async fn a_provider_without_compaction_is_an_unsupported_endpoint() {
    let service = OpenResponses::new(Paused::default(), config());
    let (status, error) = send(
        &service,
        "POST",
        "/compact",
        json!({"model": "m", "input": "x"}),
    )
    .await;
    assert_eq!(
        (status, &error["error"]["code"]),
        (StatusCode::BAD_REQUEST, &json!("compaction_not_supported"))
    );
    let (status, error) = send(&service, "POST", "/compact", json!({"input": "x"})).await;
    assert_eq!(
        (status, &error["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("model"))
    );
}

/// A host replaces its endpoint while a job runs.
#[tokio::test]
async fn a_job_is_stopped_by_the_endpoint_after_it() {
    for method in ["cancel", "delete"] {
        let provider = Paused::default();
        let config = config().background(|task| drop(tokio::spawn(task)));
        let service = OpenResponses::new(provider.clone(), config.clone());
        let body = json!({"model": "m", "input": "x", "background": true});
        let (_, queued) = send(&service, "POST", "", body).await;
        let path = format!("/{}", queued["id"].as_str().unwrap());
        until(async || provider.alive.load(Ordering::SeqCst) == 1).await;
        drop(service);
        let later = Config::new()
            .background(|task| drop(tokio::spawn(task)))
            .share_state(&config);
        let later = OpenResponses::new(provider.clone(), later);
        let (status, _) = match method {
            "cancel" => send(&later, "POST", &format!("{path}/cancel"), Value::Null).await,
            _ => send(&later, "DELETE", &path, Value::Null).await,
        };
        assert_eq!(status, StatusCode::OK, "{method}");
        assert_eq!(provider.alive.load(Ordering::SeqCst), 0, "{method}");
    }
}

/// Counts what keeps an unfinished response and its events.
#[derive(Clone, Default)]
struct Counted {
    renewals: Arc<AtomicUsize>,
    appends: Arc<AtomicUsize>,
}

impl WrapStore for Counted {
    async fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match call {
            StoreCall::Renew => self.renewals.fetch_add(1, Ordering::SeqCst),
            StoreCall::AppendEvents => self.appends.fetch_add(1, Ordering::SeqCst),
            _ => 0,
        };
        work.await
    }
}

/// The store's times are those of the machine, and those of the test pass at once.
#[tokio::test(start_paused = true)]
async fn a_response_is_renewed_before_its_store_would_drop_it() {
    let seconds = Duration::from_secs;
    for (kept, events, least) in [(3, 600, 29), (600, 3, 29), (600, 600, 5)] {
        let limits = MemoryStoreLimits::default().time_to_live(seconds(kept));
        let store = MemoryStore::new(limits.event_time(seconds(events)));
        let (counted, provider) = (Counted::default(), Paused::default());
        let config = Config::new()
            .store(WrappedStore::new(store, counted.clone()))
            .background(|task| drop(tokio::spawn(task)));
        let service = OpenResponses::new(provider.clone(), config);
        let body = json!({"model": "m", "input": "x", "background": true, "stream": true});
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body.to_string())
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        tokio::time::sleep(seconds(1)).await;
        let before = counted.appends.load(Ordering::SeqCst);
        tokio::time::sleep(seconds(30)).await;
        let renewals = counted.renewals.load(Ordering::SeqCst);
        let appends = counted.appends.load(Ordering::SeqCst) - before;
        assert!(renewals >= least, "{renewals} for {kept} and {events}");
        // The renewal keeps the events, too, but a stream of the foreground has none.
        assert_eq!(appends >= least, kept.min(events) == 3, "{appends}");
        provider.go_on.notify_one();
        let events = answer.into_body().collect().await.unwrap().to_bytes();
        let events = std::str::from_utf8(&events).unwrap();
        assert!(events.contains("response.completed"), "{events}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_the_store_does_not_take_has_failed_with_the_reason() {
    let limits = MemoryStoreLimits::default().bytes(100_000);
    let config = Config::new()
        .store(MemoryStore::new(limits))
        .background(|task| drop(tokio::spawn(task)));
    let service = OpenResponses::new(Paused::default(), config);
    let body = json!({"model": "long", "input": "x", "background": true});
    let (_, queued) = send(&service, "POST", "", body).await;
    let path = format!("/{}", queued["id"].as_str().unwrap());
    let get = async || send(&service, "GET", &path, Value::Null).await.1;
    while get().await["status"] != "failed" {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let failed = get().await;
    assert_eq!(failed["error"]["code"], "response_not_stored");
    assert_eq!(failed["output"], json!([]));
}

/// A store that takes as long as a permit for some of its calls.
#[derive(Clone)]
struct Waits {
    which: fn(StoreCall) -> bool,
    permits: Arc<tokio::sync::Semaphore>,
    waiting: Arc<AtomicUsize>,
    deletes: Arc<AtomicUsize>,
}

impl Waits {
    fn at(which: fn(StoreCall) -> bool) -> Self {
        Self {
            which,
            permits: Arc::new(tokio::sync::Semaphore::new(0)),
            waiting: Arc::default(),
            deletes: Arc::default(),
        }
    }
}

impl WrapStore for Waits {
    async fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if (self.which)(call) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            self.permits.acquire().await.unwrap().forget();
        }
        let deletes = usize::from(call == StoreCall::Delete);
        self.deletes.fetch_add(deletes, Ordering::SeqCst);
        work.await
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_its_job_is_stored_leaves_no_response() {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let waits = Waits::at(|call| matches!(call, StoreCall::Save));
    let provider = Paused::default();
    let config = Config::new()
        .store(WrappedStore::new(store, waits.clone()))
        .background(|task| drop(tokio::spawn(task)));
    let shutdown = Shutdown::new();
    let service = OpenResponses::new(provider.clone(), config.shutdown(&shutdown));
    for (deletes, stream) in [(1, false), (2, true)] {
        let body = json!({"model": "m", "input": "x", "background": true, "stream": stream});
        let asking = tokio::spawn({
            let service = service.clone();
            async move { send(&service, "POST", "", body).await }
        });
        until(async || waits.waiting.load(Ordering::SeqCst) == 1).await;
        asking.abort();
        assert!(asking.await.is_err());
        waits.permits.add_permits(1);
        // The task that stores the response has ended.
        shutdown.closed().await;
        assert_eq!(provider.alive.load(Ordering::SeqCst), 0);
        assert_eq!(waits.deletes.load(Ordering::SeqCst), deletes);
        waits.waiting.store(0, Ordering::SeqCst);
    }
}

/// Whoever waits for the jobs may end the process.
#[tokio::test]
async fn a_shutdown_waits_until_the_end_of_a_job_is_saved() {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let waits = Waits::at(|call| matches!(call, StoreCall::Update { ends: true, .. }));
    let shutdown = Shutdown::new();
    let provider = Paused::default();
    let config = Config::new()
        .store(WrappedStore::new(store, waits.clone()))
        .background(|task| drop(tokio::spawn(task)))
        .shutdown(&shutdown);
    let service = OpenResponses::new(provider.clone(), config);
    let body = json!({"model": "fails later", "input": "x", "background": true});
    let (_, queued) = send(&service, "POST", "", body).await;
    until(async || provider.alive.load(Ordering::SeqCst) == 1).await;
    shutdown.end();
    until(async || waits.waiting.load(Ordering::SeqCst) == 1).await;
    let mut closed = std::pin::pin!(shutdown.closed());
    assert!(futures_util::FutureExt::now_or_never(&mut closed).is_none());
    waits.permits.add_permits(1);
    closed.await;
    let path = format!("/{}", queued["id"].as_str().unwrap());
    let (_, ended) = send(&service, "GET", &path, Value::Null).await;
    assert_eq!(ended["status"], "failed");
    assert_eq!(ended["error"]["code"], "server_shutting_down");
}
