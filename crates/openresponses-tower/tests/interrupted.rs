//! Background responses whose process has died. A process that dies is a task that is aborted.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use openresponses_tower::authorize::{Authorize, Authorized};
use openresponses_tower::bounds::Bounds;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::store::{
    InterruptedAction, MemoryStore, MemoryStoreLimits, ResponseStore, StoreCall, StoreError,
    WrapStore, WrappedStore, first_number,
};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::check::Checker;
use openresponses_types::{Item, StreamEvent, Turn};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// What a provider was asked.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    model: String,
    temperature: Option<f64>,
    texts: Vec<String>,
    plan: Option<&'static str>,
}

#[derive(Clone, PartialEq)]
struct Plan(&'static str);

/// Writes a word, and another one on a signal.
#[derive(Clone, Default)]
struct Words {
    go_on: Arc<Notify>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Provider for Words {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let body = turn.body();
        let texts = body.items.iter().filter_map(|item| match &**item {
            Item::Message(message) => Some(message.content.texts().collect()),
            _ => None,
        });
        self.asked.lock().unwrap().push(Asked {
            model: body.model.clone(),
            temperature: body.temperature,
            texts: texts.collect(),
            plan: turn.extensions().get::<Plan>().map(|plan| plan.0),
        });
        let go_on = Arc::clone(&self.go_on);
        Ok(Response::new(OutputStream::write(|mut out| async move {
            out.text("one ");
            out.sink().flush().await;
            go_on.notified().await;
            out.text("two");
            out.complete();
            Ok(())
        })))
    }
}

/// Every caller has the plan that its header names.
struct Plans;

impl Authorize for Plans {
    async fn authorize(&self, head: &Parts) -> Result<Authorized, Error> {
        let tenant = head.headers.get("x-tenant");
        let tenant = tenant.map_or("tenant", |name| name.to_str().unwrap());
        let authorized = Authorized::new(Scope::new(tenant));
        Ok(match head.headers.get("x-plan").is_some() {
            true => authorized.with_extension(Plan("gold")),
            false => authorized,
        })
    }

    fn remember(&self, head: &Parts) -> Option<String> {
        head.extensions.get::<Plan>().map(|plan| plan.0.to_owned())
    }

    async fn restore(&self, scope: &Scope, caller: Option<&str>) -> Result<Authorized, Error> {
        match caller {
            Some("gold") => Ok(Authorized::new(scope.clone()).with_extension(Plan("gold"))),
            _ => Err(Error::invalid_api_key()),
        }
    }
}

/// Refuses renewals, events and deletions, and loses the replies to saves, while that is asked for. Counts the
/// searches for abandoned responses.
#[derive(Clone, Default)]
struct Away {
    renewals: Arc<AtomicBool>,
    events: Arc<AtomicBool>,
    replies: Arc<AtomicBool>,
    deletes: Arc<AtomicBool>,
    searches: Arc<AtomicUsize>,
}

impl WrapStore for Away {
    async fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match call {
            StoreCall::Renew if self.renewals.load(Ordering::Relaxed) => {
                return Err(StoreError::new("away"));
            }
            StoreCall::AppendEvents if self.events.load(Ordering::Relaxed) => {
                return Err(StoreError::new("away"));
            }
            StoreCall::Delete if self.deletes.load(Ordering::Relaxed) => {
                return Err(StoreError::new("away"));
            }
            StoreCall::Save if self.replies.load(Ordering::Relaxed) => {
                work.await?;
                return Err(StoreError::new("the reply is lost"));
            }
            StoreCall::FindAbandoned => drop(self.searches.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        }
        work.await
    }
}

/// A server process of a service.
struct Process {
    service: OpenResponses<Words>,
    provider: Words,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Process {
    fn start(store: &MemoryStore, action: InterruptedAction) -> Self {
        Self::start_with(store.clone(), action)
    }

    fn start_with(store: impl ResponseStore, action: InterruptedAction) -> Self {
        Self::start_bounded(store, action, &Bounds::new())
    }

    fn start_bounded(
        store: impl ResponseStore,
        action: InterruptedAction,
        bounds: &Bounds,
    ) -> Self {
        let tasks: Arc<Mutex<Vec<JoinHandle<()>>>> = Arc::default();
        let spawned = Arc::clone(&tasks);
        let provider = Words::default();
        let config = Config::new()
            .store(store)
            .bounds(bounds)
            .authorize(Plans)
            .background_lease(Duration::from_millis(300))
            .interrupted(action)
            .background(move |task| spawned.lock().unwrap().push(tokio::spawn(task)));
        let service = OpenResponses::new(provider.clone(), config);
        service.watch_background();
        Self {
            service,
            provider,
            tasks,
        }
    }

    async fn dies(self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap());
        for task in tasks {
            task.abort();
            let _ = task.await;
        }
    }

    fn asked(&self) -> Vec<Asked> {
        self.provider.asked.lock().unwrap().clone()
    }

    async fn is_asked(&self) {
        until(async || !self.asked().is_empty()).await;
    }

    async fn answer(&self, method: &str, path: &str, body: Value) -> Response<ResponseBody> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1/responses{path}"))
            .header("content-type", "application/json")
            .header("x-plan", "gold")
            .body(body.to_string())
            .unwrap();
        self.service.clone().oneshot(request).await.unwrap()
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> (StatusCode, String) {
        let answer = self.answer(method, path, body).await;
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn json(&self, method: &str, path: &str, body: Value) -> Value {
        serde_json::from_str(&self.send(method, path, body).await.1).unwrap()
    }

    async fn create(&self, body: Value) -> Value {
        self.json("POST", "", body).await
    }

    async fn get(&self, id: &Value) -> Value {
        self.json("GET", &format!("/{}", id.as_str().unwrap()), Value::Null)
            .await
    }

    async fn ends(&self, id: &Value, status: &str) -> Value {
        until(async || self.get(id).await["status"] == status).await;
        self.get(id).await
    }
}

async fn until(what: impl AsyncFn() -> bool) {
    while !what().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Returns the id of the response that a stream begins with.
fn id_in(stream: &str) -> Value {
    let created = stream.lines().find_map(|line| line.strip_prefix("data: "));
    let created: Value = serde_json::from_str(created.unwrap()).unwrap();
    created["response"]["id"].clone()
}

/// Checks the events of a whole stream.
fn assert_legal(stream: &str) {
    let mut checker = Checker::new();
    for data in stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
    {
        if data != "[DONE]" {
            checker.push(&StreamEvent::from_json(data.as_bytes()).unwrap(), None);
        }
    }
    checker.end();
    assert_eq!(checker.pop(), None, "{stream}");
}

fn store() -> MemoryStore {
    MemoryStore::new(MemoryStoreLimits::default())
}

fn job() -> Value {
    json!({"model": "m", "input": "x", "background": true, "temperature": 0.5})
}

const RESTART: InterruptedAction = InterruptedAction::Restart { attempts: 3 };

/// Returns the record as the store has it, without ending it.
async fn stored(store: &MemoryStore, id: &Value) -> String {
    let id = id.as_str().unwrap();
    let found = store.load(&Scope::new("tenant"), id).await.unwrap();
    found.unwrap().parts().head
}

#[tokio::test]
async fn an_interrupted_response_fails_without_a_reader() {
    let store = store();
    let one = Process::start(&store, InterruptedAction::Fail);
    let id = one.create(job()).await["id"].clone();
    one.is_asked().await;
    assert!(!stored(&store, &id).await.contains("\"job\""));
    one.dies().await;
    let other = Process::start(&store, InterruptedAction::Fail);
    until(async || stored(&store, &id).await.contains("background_interrupted")).await;
    assert_eq!(other.get(&id).await["status"], "failed");
    assert_eq!(other.asked(), []);
}

#[tokio::test]
async fn an_interrupted_response_is_run_again_from_its_request() {
    let store = store();
    let one = Process::start(&store, RESTART);
    let first = json!({"model": "m", "input": "before"});
    one.provider.go_on.notify_one();
    let first = one.create(first).await["id"].clone();
    let mut body = job();
    body["previous_response_id"] = first.clone();
    body["instructions"] = json!("Be brief.");
    body["tools"] = json!([{"type": "function", "name": "f", "parameters": {}, "strict": false}]);
    let queued = one.create(body).await;
    let id = queued["id"].clone();
    until(async || one.asked().len() == 2).await;
    let asked = one.asked()[1].clone();
    assert_eq!(asked.texts, ["before", "one two", "x"]);
    assert_eq!((asked.plan, asked.temperature), (Some("gold"), Some(0.5)));
    assert!(stored(&store, &id).await.contains("\"job\":{\"attempt\":1"));
    one.dies().await;
    // What the job continues may be deleted meanwhile.
    let path = format!("/{}", first.as_str().unwrap());
    let other = Process::start(&store, RESTART);
    other.send("DELETE", &path, Value::Null).await;
    other.is_asked().await;
    assert_eq!(other.asked(), [asked]);
    assert_eq!(other.get(&id).await["status"], "in_progress");
    assert!(stored(&store, &id).await.contains("\"job\":{\"attempt\":2"));
    other.provider.go_on.notify_one();
    let done = other.ends(&id, "completed").await;
    assert_eq!(done["output"][0]["content"][0]["text"], "one two");
    for member in [
        "created_at",
        "instructions",
        "tools",
        "temperature",
        "model",
    ] {
        assert_eq!(done[member], queued[member], "{member}");
    }
    assert!(!stored(&store, &id).await.contains("\"job\""));
    let items = format!("/{}/input_items?order=asc", id.as_str().unwrap());
    let items = other.json("GET", &items, Value::Null).await;
    assert_eq!(items["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_response_is_run_a_bounded_number_of_times() {
    let store = store();
    let mut process = Process::start(&store, RESTART);
    let id = process.create(job()).await["id"].clone();
    for _ in 0..3 {
        process.is_asked().await;
        process.dies().await;
        process = Process::start(&store, RESTART);
    }
    let failed = process.ends(&id, "failed").await;
    assert_eq!(failed["error"]["code"], "background_interrupted");
    assert_eq!(process.asked(), []);
    assert!(!stored(&store, &id).await.contains("\"job\""));
}

#[tokio::test]
async fn a_restarted_stream_begins_again_with_higher_numbers() {
    let store = store();
    let one = Process::start(&store, RESTART);
    let mut body = job();
    body["stream"] = json!(true);
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .header("x-plan", "gold")
        .body(body.to_string())
        .unwrap();
    let answer = one.service.clone().oneshot(request).await.unwrap();
    let mut events = answer.into_body();
    let mut begun = String::new();
    while !begun.contains("one ") {
        let data = events.frame().await.unwrap().unwrap().into_data().unwrap();
        begun.push_str(std::str::from_utf8(&data).unwrap());
    }
    let id = id_in(&begun);
    one.dies().await;
    let other = Process::start(&store, RESTART);
    other.is_asked().await;
    other.provider.go_on.notify_one();
    // The client that follows all the time, as in another process.
    let rest = events.collect().await.unwrap().to_bytes();
    let rest = std::str::from_utf8(&rest).unwrap();
    assert!(rest.starts_with("event: error\n"), "{rest}");
    assert!(rest.contains("\"code\":\"response_restarted\""), "{rest}");
    other.ends(&id, "completed").await;
    let path = format!("/{}?stream=true", id.as_str().unwrap());
    let (status, refused) = other
        .send("GET", &format!("{path}&starting_after=2"), Value::Null)
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(refused.contains("response_restarted"), "{refused}");
    let (status, whole) = other.send("GET", &path, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let first = first_number(2);
    assert!(
        whole.contains(&format!("\"sequence_number\":{first}")),
        "{whole}"
    );
    assert_legal(&whole);
    let (_, rest) = other
        .send(
            "GET",
            &format!("{path}&starting_after={first}"),
            Value::Null,
        )
        .await;
    assert!(whole.ends_with(&rest) && rest.len() < whole.len());
}

#[tokio::test]
async fn a_caller_who_may_no_longer_call_ends_the_response() {
    let store = store();
    let one = Process::start(&store, RESTART);
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(job().to_string())
        .unwrap();
    let answer = one.service.clone().oneshot(request).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let id = serde_json::from_slice::<Value>(&bytes).unwrap()["id"].clone();
    one.is_asked().await;
    one.dies().await;
    let other = Process::start(&store, RESTART);
    let failed = other.ends(&id, "failed").await;
    assert_eq!(failed["error"]["code"], "invalid_api_key");
    assert_eq!(other.asked(), []);
}

/// A request with the client's credentials for an MCP server is not kept, and fails.
#[tokio::test]
async fn a_request_with_secrets_is_not_stored() {
    let store = store();
    let one = Process::start(&store, RESTART);
    let mut body = job();
    body["tools"] = json!([{
        "type": "mcp", "server_label": "a", "server_url": "https://127.0.0.1/mcp",
        "authorization": "secret-token", "headers": {"x-key": "secret-key"},
    }]);
    let id = one.create(body).await["id"].clone();
    one.is_asked().await;
    let record = stored(&store, &id).await;
    assert!(!record.contains("secret"), "{record}");
    one.dies().await;
    let other = Process::start(&store, RESTART);
    let failed = other.ends(&id, "failed").await;
    assert_eq!(failed["error"]["code"], "background_interrupted");
    assert_eq!(other.asked(), []);
}

#[tokio::test]
async fn what_was_called_off_is_not_run_again() {
    for method in ["cancel", "delete"] {
        let store = store();
        let one = Process::start(&store, RESTART);
        let id = one.create(job()).await["id"].clone();
        one.is_asked().await;
        let tasks = std::mem::take(&mut *one.tasks.lock().unwrap());
        for task in tasks {
            task.abort();
        }
        let path = format!("/{}", id.as_str().unwrap());
        match method {
            "cancel" => {
                one.send("POST", &format!("{path}/cancel"), Value::Null)
                    .await
            }
            _ => one.send("DELETE", &path, Value::Null).await,
        };
        let other = Process::start(&store, RESTART);
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(other.asked(), [], "{method}");
        let expected = match method {
            "cancel" => json!("cancelled"),
            _ => Value::Null,
        };
        assert_eq!(other.get(&id).await["status"], expected, "{method}");
    }
}

/// A process that was only cut off loses its claim, and what it writes then is dropped.
#[tokio::test]
async fn a_process_that_comes_back_changes_nothing() {
    let store = store();
    let one = Process::start(&store, RESTART);
    let mut body = job();
    body["stream"] = json!(true);
    body["input"] = json!("x");
    // The claim of a job that another process took over.
    let (_, events) = tokio::join!(one.is_asked(), one.answer("POST", "", body));
    let mut events = events.into_body();
    let mut begun = String::new();
    while !begun.contains("one ") {
        let data = events.frame().await.unwrap().unwrap().into_data().unwrap();
        begun.push_str(std::str::from_utf8(&data).unwrap());
    }
    let created = begun.lines().find_map(|line| line.strip_prefix("data: "));
    let created: Value = serde_json::from_str(created.unwrap()).unwrap();
    let id = created["response"]["id"].clone();
    let scope = Scope::new("tenant");
    let found = store.load(&scope, id.as_str().unwrap()).await.unwrap();
    let taken = found
        .unwrap()
        .claimed(openresponses_tower::store::Claim::new(
            "other",
            Duration::from_secs(3600),
        ));
    let condition = openresponses_tower::store::UpdateCondition::Unfinished;
    assert!(store.update(&scope, taken, condition).await.unwrap());
    let open = openresponses_tower::store::EventBatch::default()
        .attempt(2)
        .opens(true);
    assert!(
        store
            .append_events(&scope, id.as_str().unwrap(), open)
            .await
            .unwrap()
    );
    one.provider.go_on.notify_one();
    let rest = events.collect().await.unwrap().to_bytes();
    let rest = std::str::from_utf8(&rest).unwrap();
    assert!(rest.contains("\"code\":\"response_restarted\""), "{rest}");
    assert!(!rest.contains("two"), "{rest}");
    assert_eq!(one.get(&id).await["status"], "in_progress");
}

/// The store was away for the time of a claim, so that it looks as if the process had died.
#[tokio::test]
async fn a_process_does_not_run_its_own_jobs_again() {
    for action in [RESTART, InterruptedAction::Fail] {
        let store = store();
        let away = Away::default();
        let process = Process::start_with(WrappedStore::new(store.clone(), away.clone()), action);
        let id = process.create(job()).await["id"].clone();
        process.is_asked().await;
        away.renewals.store(true, Ordering::Relaxed);
        until(async || !store.find_abandoned(1).await.unwrap().is_empty()).await;
        let searches = away.searches.load(Ordering::Relaxed);
        until(async || away.searches.load(Ordering::Relaxed) > searches + 3).await;
        assert!(!store.find_abandoned(1).await.unwrap().is_empty());
        // A reader does not end it, either.
        assert_eq!(process.get(&id).await["status"], "in_progress");
        away.renewals.store(false, Ordering::Relaxed);
        until(async || store.find_abandoned(1).await.unwrap().is_empty()).await;
        process.provider.go_on.notify_one();
        process.ends(&id, "completed").await;
        assert_eq!(process.asked().len(), 1, "{action:?}");
    }
}

/// The claim is taken already, and the log of the new attempt cannot be created.
#[tokio::test]
async fn a_response_is_run_again_without_its_log() {
    let (store, away) = (store(), Away::default());
    let one = Process::start(&store, RESTART);
    let mut body = job();
    body["stream"] = json!(true);
    body["input"] = json!("x");
    let (_, id) = tokio::join!(one.is_asked(), async {
        let answer = one.answer("POST", "", body).await;
        let first = answer.into_body().frame().await.unwrap().unwrap();
        id_in(std::str::from_utf8(&first.into_data().unwrap()).unwrap())
    });
    one.dies().await;
    away.events.store(true, Ordering::Relaxed);
    let other = Process::start_with(WrappedStore::new(store.clone(), away), RESTART);
    other.is_asked().await;
    other.provider.go_on.notify_one();
    other.ends(&id, "completed").await;
    assert_eq!(other.asked().len(), 1);
}

/// The client got 503 and asks again, so the refused request must not run as well.
#[tokio::test]
async fn a_background_response_that_is_refused_does_not_run() {
    for is_stream in [true, false] {
        let (store, away) = (store(), Away::default());
        away.events.store(is_stream, Ordering::Relaxed);
        away.replies.store(!is_stream, Ordering::Relaxed);
        let wrapped = WrappedStore::new(store.clone(), away.clone());
        let process = Process::start_with(wrapped, RESTART);
        let mut body = job();
        body["stream"] = json!(is_stream);
        let (status, refused) = process.send("POST", "", body).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{refused}");
        let searches = away.searches.load(Ordering::Relaxed);
        until(async || away.searches.load(Ordering::Relaxed) > searches + 5).await;
        assert_eq!((store.len(), process.asked().len()), (0, 0), "{is_stream}");
    }
}

/// A store that is away for a while may write later what it was asked for, and hears of no deletion.
#[tokio::test]
async fn a_background_response_that_is_refused_does_not_run_where_its_deletion_fails_as_well() {
    let (store, away) = (store(), Away::default());
    away.replies.store(true, Ordering::Relaxed);
    away.deletes.store(true, Ordering::Relaxed);
    let wrapped = WrappedStore::new(store.clone(), away.clone());
    let process = Process::start_with(wrapped, RESTART);
    let (status, refused) = process.send("POST", "", job()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{refused}");
    let searches = away.searches.load(Ordering::Relaxed);
    until(async || away.searches.load(Ordering::Relaxed) > searches + 8).await;
    assert_eq!((store.len(), process.asked().len()), (1, 0));
    assert_eq!(store.find_abandoned(9).await.unwrap(), []);
}

/// More than one look finds at once, of a tenant that has all it may have.
#[tokio::test]
async fn a_tenant_at_its_share_does_not_hold_up_others() {
    let (store, away) = (store(), Away::default());
    let one = Process::start(&store, RESTART);
    for at in 0..41 {
        let tenant = if at < 40 { "a" } else { "b" };
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .header("x-plan", "gold")
            .header("x-tenant", tenant);
        let mut body = job();
        body["input"] = json!(tenant);
        let request = request.body(body.to_string()).unwrap();
        let answer = one.service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    until(async || one.asked().len() == 41).await;
    one.dies().await;
    let bounds = Bounds::new().background(100, 1);
    let wrapped = WrappedStore::new(store.clone(), away.clone());
    let other = Process::start_bounded(wrapped, RESTART, &bounds);
    let is_asked = |tenant: &str| other.asked().iter().any(|asked| asked.texts == [tenant]);
    let searches = || away.searches.load(Ordering::Relaxed);
    until(async || searches() > 20 || (is_asked("a") && is_asked("b"))).await;
    assert!(is_asked("a") && is_asked("b"), "{:?}", other.asked());
}
