//! Streams that outlive their client and are resumed.

#![allow(clippy::unwrap_used)]

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response, StatusCode, request::Parts};
use http_body_util::BodyExt;
use openresponses_tower::bounds::Bounds;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::store::{
    Claim, Conversation, EventBatch, LoggedEvent, MemoryStore, MemoryStoreLimits, ResponseStore,
    StoreCall, StoreError, StoredResponse, WrapStore, WrappedStore,
};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope, Shutdown};
use openresponses_types::Turn;
use openresponses_types::response::ResponseStatus;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// Writes as many words as the model's name says, each after a permit.
#[derive(Clone)]
struct Words {
    permits: Arc<Semaphore>,
    alive: Arc<AtomicUsize>,
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Words {
    fn new(permits: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            alive: Arc::default(),
        }
    }
}

impl Provider for Words {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let Ok(count) = turn.body().model.parse::<usize>() else {
            return Err(Error::model_not_found("missing"));
        };
        self.alive.fetch_add(1, Ordering::SeqCst);
        let alive = Alive(Arc::clone(&self.alive));
        let permits = Arc::clone(&self.permits);
        Ok(Response::new(OutputStream::write(|mut out| async move {
            let _alive = alive;
            for number in 0..count {
                permits.acquire().await.unwrap().forget();
                out.text(format!("word{number} "));
                out.sink().flush().await;
            }
            out.complete();
            Ok(())
        })))
    }
}

fn server(store: &MemoryStore, provider: &Words) -> OpenResponses<Words> {
    server_with(store, provider, |config| config)
}

fn server_with(
    store: &MemoryStore,
    provider: &Words,
    change: impl FnOnce(Config) -> Config,
) -> OpenResponses<Words> {
    let tenant = |head: &Parts| {
        let tenant = head.headers.get("x-tenant");
        let tenant = tenant.map_or("a", |value| value.to_str().unwrap());
        std::future::ready(Ok(Scope::new(tenant)))
    };
    let config = Config::new().store(store.clone()).authorize(tenant);
    let config = config.background(|task| drop(tokio::spawn(task)));
    OpenResponses::new(provider.clone(), change(config))
}

fn store() -> MemoryStore {
    MemoryStore::new(MemoryStoreLimits::default())
}

async fn post(service: &OpenResponses<Words>, path: &str, body: Value) -> Response<ResponseBody> {
    let request = Request::post(format!("/v1/responses{path}"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    service.clone().oneshot(request).await.unwrap()
}

async fn get(
    service: &OpenResponses<Words>,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, String) {
    let mut request = Request::get(format!("/v1/responses/{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(String::new()).unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn error(service: &OpenResponses<Words>, path: &str) -> (u16, String, String) {
    let (status, text) = get(service, path, &[]).await;
    let error = serde_json::from_str::<Value>(&text).unwrap()["error"].take();
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    (status.as_u16(), text("code"), text("param"))
}

fn stream_of(words: usize) -> Value {
    json!({"model": words.to_string(), "input": "x", "background": true, "stream": true})
}

/// Reads at least `events` events, then disconnects. Returns whole events.
async fn read_some(answer: Response<ResponseBody>, events: usize) -> String {
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut body = answer.into_body();
    let mut text = String::new();
    while text.matches("\n\n").count() < events {
        let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
        text.push_str(std::str::from_utf8(&data).unwrap());
    }
    text
}

#[tokio::test(start_paused = true)]
async fn a_resumed_stream_without_a_new_event_sends_heartbeats() {
    let (store, provider) = (store(), Words::new(1));
    let service = server_with(&store, &provider, |config| {
        config.heartbeat(Duration::from_secs(15)).idle_limit(None)
    });
    let begun = post(&service, "", stream_of(2)).await;
    let text = read_some(begun, 5).await;
    let numbers = |text: &str| text.matches("\nevent: ").count() + 1;
    let id = text.split_once("\"id\":\"").unwrap().1;
    let id = id.split_once('"').unwrap().0;
    let path = format!("{id}?stream=true&starting_after={}", numbers(&text) - 1);
    let request = Request::get(format!("/v1/responses/{path}"))
        .body(String::new())
        .unwrap();
    let resumed = service.clone().oneshot(request).await.unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(read_some(resumed, 2).await, ": keep-alive\n\n".repeat(2));
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

async fn read_all(answer: Response<ResponseBody>) -> String {
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The data of the events of a stream.
fn data(text: &str) -> Vec<Value> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let lines = lines.filter(|line| *line != "[DONE]");
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn id_in(text: &str) -> String {
    let id = &data(text)[0]["response"]["id"];
    id.as_str().unwrap().to_owned()
}

/// Keeps the first events of a stream.
fn cut(text: &str, events: usize) -> String {
    text.split_inclusive("\n\n").take(events).collect()
}

async fn until(what: impl AsyncFn() -> bool) {
    while !what().await {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_background_stream_goes_on_without_its_client() {
    let (store, provider) = (store(), Words::new(1));
    let here = server(&store, &provider);
    let begin = read_some(post(&here, "", stream_of(3)).await, 3).await;
    let id = id_in(&begin);
    assert_eq!(data(&begin)[0]["response"]["background"], true);
    assert_eq!(provider.alive.load(Ordering::SeqCst), 1);
    let (_, document) = get(&here, &id, &[]).await;
    assert_eq!(
        serde_json::from_str::<Value>(&document).unwrap()["status"],
        "in_progress"
    );
    provider.permits.add_permits(2);
    until(async || get(&here, &id, &[]).await.1.contains("word2")).await;
    let (_, document) = get(&here, &format!("{id}?stream=false"), &[]).await;
    let (status, all) = get(&here, &format!("{id}?stream=true"), &[]).await;
    assert_eq!(status, 200);
    assert!(all.starts_with(&begin) && all.ends_with("data: [DONE]\n\n"));
    let events = data(&all);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(
        last["response"],
        serde_json::from_str::<Value>(&document).unwrap()
    );
    let numbers: Vec<_> = events
        .iter()
        .map(|event| event["sequence_number"].as_u64())
        .collect();
    let expected: Vec<_> = (0..events.len() as u64).map(Some).collect();
    assert_eq!(numbers, expected);
}

/// A thousand streams, each cut at another event and resumed on another server.
#[tokio::test]
async fn a_resumed_stream_is_the_same_bytes() {
    let store = store();
    let provider = Words::new(Semaphore::MAX_PERMITS / 2);
    let (here, there) = (server(&store, &provider), server(&store, &provider));
    for round in 0..1000 {
        let words = 1 + round % 7;
        let answer = post(&here, "", stream_of(words)).await;
        let at = 1 + (round * 31) % (words + 6);
        let begin = cut(&read_some(answer, at).await, at);
        let id = id_in(&begin);
        let last = data(&begin).last().unwrap()["sequence_number"]
            .as_u64()
            .unwrap();
        let path = format!("{id}?stream=true&starting_after={last}");
        let (status, rest) = get(&there, &path, &[]).await;
        assert_eq!(status, 200);
        let (_, whole) = get(&there, &format!("{id}?stream=true"), &[]).await;
        assert_eq!(
            format!("{begin}{rest}"),
            whole,
            "round {round}, cut at {at}"
        );
        assert!(whole.contains("event: response.completed\n"));
        let end = data(&whole).len() - 1;
        let (_, nothing) = get(
            &there,
            &format!("{id}?stream=true&starting_after={end}"),
            &[],
        )
        .await;
        assert_eq!(nothing, "data: [DONE]\n\n");
        assert_eq!(whole.matches("response.output_text.delta\n").count(), words);
    }
}

#[tokio::test]
async fn a_resumed_stream_follows_what_comes() {
    let (store, provider) = (store(), Words::new(1));
    let (here, there) = (server(&store, &provider), server(&store, &provider));
    let answer = post(&here, "", stream_of(4)).await;
    let path = "?stream=true&starting_after=2";
    let begin = read_some(answer, 3).await;
    let path = format!("{}{path}", id_in(&begin));
    let rest = tokio::spawn(async move { get(&there, &path, &[]).await.1 });
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
        provider.permits.add_permits(1);
    }
    let rest = rest.await.unwrap();
    assert_eq!(data(&rest)[0]["sequence_number"], 3);
    assert!(rest.contains("word3") && rest.contains("response.completed"));
}

#[tokio::test]
async fn frames_have_ids_where_they_are_asked_for() {
    let store = store();
    let service = server(&store, &Words::new(9));
    let all = read_all(post(&service, "", stream_of(2)).await).await;
    assert!(!all.contains("\nid: ") && !all.starts_with("id: "));
    let path = format!("{}?stream=true", id_in(&all));
    let (_, with_ids) = get(&service, &format!("{path}&event_ids=true"), &[]).await;
    assert!(with_ids.starts_with("id: 0\nevent: response.created\n"));
    let (_, rest) = get(
        &service,
        &format!("{path}&event_ids=true"),
        &[("last-event-id", "4")],
    )
    .await;
    assert!(rest.starts_with("id: 5\n") && with_ids.ends_with(&rest));
}

#[tokio::test]
async fn what_cannot_be_resumed_is_an_error() {
    let store = MemoryStore::new(MemoryStoreLimits::default().event_bytes(2000));
    let provider = Words::new(0);
    let service = server(&store, &provider);
    let id = id_in(&read_some(post(&service, "", stream_of(30)).await, 1).await);
    provider.permits.add_permits(100);
    until(async || get(&service, &id, &[]).await.1.contains("word29")).await;
    let gone = error(&service, &format!("{id}?stream=true&starting_after=3")).await;
    assert_eq!(
        gone,
        (
            400,
            "starting_after_expired".into(),
            "starting_after".into()
        )
    );
    let gone = error(&service, &format!("{id}?stream=true")).await;
    assert_eq!(
        gone,
        (
            400,
            "starting_after_expired".into(),
            "starting_after".into()
        )
    );
    let wrong = error(&service, &format!("{id}?stream=true&starting_after=x")).await;
    assert_eq!((wrong.0, wrong.2.as_str()), (400, "starting_after"));

    let body = json!({"model": "1", "input": "x"});
    let plain: Value =
        serde_json::from_str(&read_all(post(&service, "", body).await).await).unwrap();
    let path = format!("{}?stream=true", plain["id"].as_str().unwrap());
    assert_eq!(
        error(&service, &path).await,
        (400, "events_not_found".into(), "stream".into())
    );
    let missing = error(&service, "resp_missing?stream=true").await;
    assert_eq!(
        missing,
        (404, "response_not_found".into(), "response_id".into())
    );
    let foreign = get(&service, &format!("{id}?stream=true"), &[("x-tenant", "b")]).await;
    let unknown = get(&service, "resp_missing?stream=true", &[("x-tenant", "b")]).await;
    assert_eq!(foreign.0, 404);
    assert_eq!(
        foreign.1.replace(&id, "ID"),
        unknown.1.replace("resp_missing", "ID")
    );
}

#[tokio::test]
async fn a_deleted_response_is_not_resumed() {
    let (store, provider) = (store(), Words::new(1));
    let service = server(&store, &provider);
    let begin = read_some(post(&service, "", stream_of(3)).await, 3).await;
    let id = id_in(&begin);
    let request = Request::delete(format!("/v1/responses/{id}"));
    let request = request.body(String::new()).unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
    let path = format!("{id}?stream=true&starting_after=1");
    assert_eq!(error(&service, &path).await.0, 404);
    assert_eq!(store.len(), 0);
}

#[tokio::test]
async fn a_cancelled_stream_ends_with_an_error() {
    let (store, provider) = (store(), Words::new(1));
    let (here, there) = (server(&store, &provider), server(&store, &provider));
    let begin = read_some(post(&here, "", stream_of(3)).await, 2).await;
    let id = id_in(&begin);
    let path = format!("{id}?stream=true");
    let following = {
        let (there, path) = (there.clone(), path.clone());
        tokio::spawn(async move { get(&there, &path, &[]).await.1 })
    };
    tokio::time::sleep(Duration::from_millis(5)).await;
    let cancelled = read_all(post(&there, &format!("/{id}/cancel"), Value::Null).await).await;
    assert!(cancelled.contains("\"cancelled\""));
    let followed = following.await.unwrap();
    let events = data(&followed);
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["error"]["code"]),
        (&json!("error"), &json!("response_cancelled"))
    );
    assert!(followed.ends_with("data: [DONE]\n\n"));
    assert_eq!(last["sequence_number"], events.len() - 1);
}

#[tokio::test]
async fn a_background_stream_that_cannot_start_fails_as_a_stream() {
    let service = server(&store(), &Words::new(0));
    let body = json!({"model": "missing", "input": "x", "background": true, "stream": true});
    let text = read_all(post(&service, "", body).await).await;
    let types: Vec<_> = data(&text)
        .into_iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(
        types,
        [
            "response.created",
            "response.in_progress",
            "error",
            "response.failed"
        ]
    );
    let (_, document) = get(&service, &id_in(&text), &[]).await;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(
        (&document["status"], &document["error"]["code"]),
        (&json!("failed"), &json!("model_not_found"))
    );
}

/// A process that died in the middle left an unfinished response and an open log.
#[tokio::test]
async fn a_stream_whose_process_has_died_ends_as_failed() {
    let store = store();
    let scope = Scope::new("a");
    let response = openresponses_types::Response::new("resp_1", "m", 1);
    let response = response.status(ResponseStatus::InProgress);
    let record = StoredResponse::new(response, &Conversation::default(), Vec::new());
    let record = record.claimed(Claim::new("job", Duration::from_millis(1)));
    store.save(&scope, record).await.unwrap();
    let frame = "event: response.created\ndata: {}\n\n";
    let batch = EventBatch::new(vec![LoggedEvent::new(0, frame)]).opens(true);
    store.append_events(&scope, "resp_1", batch).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    tokio::time::pause();
    let service = server(&store, &Words::new(0));
    let (_, text) = get(&service, "resp_1?stream=true", &[]).await;
    let events = data(&text);
    assert_eq!(events.len(), 2, "{text}");
    assert_eq!(
        (&events[1]["type"], &events[1]["sequence_number"]),
        (&json!("response.failed"), &json!(1))
    );
    assert_eq!(
        events[1]["response"]["error"]["code"],
        "background_interrupted"
    );
    let (_, document) = get(&service, "resp_1", &[]).await;
    assert_eq!(
        serde_json::from_str::<Value>(&document).unwrap()["status"],
        "failed"
    );
}

fn resumable(store: &MemoryStore, provider: &Words, time: Duration) -> OpenResponses<Words> {
    server_with(store, provider, |config| {
        config.resume_streams(time, |task| drop(tokio::spawn(task)))
    })
}

#[tokio::test]
async fn a_stream_of_the_foreground_is_resumed_where_the_host_wants() {
    let (store, provider) = (store(), Words::new(1));
    let service = resumable(&store, &provider, Duration::from_secs(600));
    let body = json!({"model": "3", "input": "x", "stream": true});
    let begin = read_some(post(&service, "", body).await, 3).await;
    let last = data(&begin).last().unwrap()["sequence_number"].clone();
    let path = format!("{}?stream=true&starting_after={last}", id_in(&begin));
    provider.permits.add_permits(2);
    let (status, rest) = get(&service, &path, &[]).await;
    assert_eq!(status, 200);
    assert!(rest.contains("word2") && rest.contains("event: response.completed\n"));
    let (status, document) = get(&service, &id_in(&begin), &[]).await;
    assert_eq!(status, 200);
    assert!(document.contains("word0 word1 word2"));
    // What is not stored is not kept.
    provider.permits.add_permits(3);
    let body = json!({"model": "1", "input": "x", "stream": true, "store": false});
    let text = read_all(post(&service, "", body).await).await;
    let path = format!("{}?stream=true", id_in(&text));
    assert_eq!(error(&service, &path).await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_its_client_has_a_time_limit() {
    let (store, provider) = (store(), Words::new(1));
    let time = Duration::from_secs(10);
    let service = resumable(&store, &provider, time);
    let body = json!({"model": "3", "input": "x", "stream": true});
    let begin = read_some(post(&service, "", body).await, 3).await;
    let left = tokio::time::Instant::now();
    until(async || provider.alive.load(Ordering::SeqCst) == 0).await;
    assert!(left.elapsed() >= time);
    let path = format!("{}?stream=true", id_in(&begin));
    let (_, text) = get(&service, &path, &[]).await;
    assert_eq!(
        data(&text).last().unwrap()["error"]["code"],
        "client_disconnected"
    );
}

#[tokio::test]
async fn a_followed_stream_is_a_request_in_progress() {
    let (store, provider) = (store(), Words::new(1));
    let bounds = Bounds::new().requests(100, 2);
    let service = server_with(&store, &provider, |config| config.bounds(&bounds));
    let held = || bounds.usage().map(|usage| usage.held);
    let begin = read_some(post(&service, "", stream_of(2)).await, 3).await;
    // The job.
    until(async || held()[1] == 1).await;
    let path = format!("{}?stream=true", id_in(&begin));
    let resume = async || {
        let request = Request::get(format!("/v1/responses/{path}"));
        let request = request.body(String::new()).unwrap();
        service.clone().oneshot(request).await.unwrap()
    };
    let first = resume().await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(held()[1], 2);
    let second = resume().await;
    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(read_all(second).await.contains("tenant_limit_exceeded"));
    provider.permits.add_permits(1);
    assert!(read_all(first).await.ends_with("data: [DONE]\n\n"));
    until(async || held() == [0; 4]).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_a_followed_stream_leaves_it() {
    let (store, provider) = (store(), Words::new(20_000));
    let bounds = Bounds::new();
    let service = server_with(&store, &provider, |config| {
        config.heartbeat(None).bounds(&bounds)
    });
    let held = || bounds.usage().map(|usage| usage.held);
    let answer = post(&service, "", stream_of(500)).await;
    let mut first = answer.into_body();
    let frame = first.frame().await.unwrap().unwrap();
    let id = id_in(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    until(async || get(&service, &id, &[]).await.1.contains("completed\"")).await;
    let request = Request::get(format!("/v1/responses/{id}?stream=true"));
    let request = request.body(String::new()).unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let mut second = answer.into_body();
    second.frame().await.unwrap().unwrap();
    // The job is over, and both streams are unread.
    assert_eq!(held()[1], 2);
    assert!(held()[0] > 0);
    tokio::time::sleep(Duration::from_secs(400)).await;
    assert_eq!(held(), [0; 4]);
    for body in [first, second] {
        let rest = body.collect().await.unwrap().to_bytes();
        let rest = String::from_utf8(rest.to_vec()).unwrap();
        let last = data(&rest).pop().unwrap();
        assert_eq!(last["error"]["code"], "client_stalled");
        assert!(rest.ends_with("data: [DONE]\n\n"), "{rest}");
    }
}

/// What a store still does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    All,
    Reads,
    /// As `Reads`, but what it refuses is written nevertheless.
    WritesUnseen,
    Nothing,
}

/// A store that fails between two appends.
#[derive(Clone)]
struct Failing {
    appends: Arc<AtomicUsize>,
    fails: Range<usize>,
    then: Does,
    saves: bool,
}

impl Failing {
    fn new(fails: Range<usize>, then: Does) -> Self {
        Self {
            appends: Arc::default(),
            fails,
            then,
            saves: true,
        }
    }

    fn does(&self, call: StoreCall) -> Does {
        let before = match call {
            StoreCall::AppendEvents => self.appends.fetch_add(1, Ordering::SeqCst),
            StoreCall::Save if !self.saves => return Does::Nothing,
            _ => self.appends.load(Ordering::SeqCst),
        };
        match self.fails.contains(&before) {
            true => self.then,
            false => Does::All,
        }
    }
}

impl WrapStore for Failing {
    async fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let reads = [StoreCall::Load, StoreCall::State, StoreCall::ReadEvents].contains(&call);
        match self.does(call) {
            Does::All => work.await,
            Does::Reads | Does::WritesUnseen if reads => work.await,
            Does::WritesUnseen if call == StoreCall::AppendEvents => {
                work.await?;
                Err(StoreError::new("no answer"))
            }
            Does::Reads | Does::WritesUnseen | Does::Nothing => Err(StoreError::new("full")),
        }
    }
}

/// Returns the response of a client whose store fails, which has all events.
async fn streamed(store: &MemoryStore, failing: Failing) -> Value {
    let provider = Words::new(0);
    let why = format!("{:?} at {:?}", failing.then, failing.fails);
    let failing = WrappedStore::new(store.clone(), failing);
    let service = server_with(store, &provider, |config| {
        let config = config.store(failing);
        config.resume_streams(Duration::from_secs(600), |task| drop(tokio::spawn(task)))
    });
    let body = json!({"model": "5", "input": "x", "stream": true});
    let answer = post(&service, "", body).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let whole = tokio::spawn(read_all(answer));
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        provider.permits.add_permits(1);
    }
    let whole = whole.await.unwrap();
    assert!(whole.ends_with("data: [DONE]\n\n"), "{why}: {whole}");
    for word in 0..5 {
        assert!(whole.contains(&format!("word{word} ")), "{why}: {whole}");
    }
    let mut events = data(&whole);
    let numbers = events.iter().map(|event| event["sequence_number"].as_u64());
    assert!(
        numbers.eq((0..events.len() as u64).map(Some)),
        "{why}: {whole}"
    );
    let last = &mut events.last_mut().unwrap();
    assert_eq!(last["type"], "response.completed", "{why}: {whole}");
    last["response"].take()
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_does_not_take_the_stream_along() {
    for then in [Does::Reads, Does::WritesUnseen, Does::Nothing] {
        for after in 0..6 {
            let response = streamed(&store(), Failing::new(after..usize::MAX, then)).await;
            assert_eq!(response["store"], false, "{then:?} after {after}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_task_never_begins_ends_with_an_error() {
    let (store, provider) = (store(), Words::new(0));
    for panics in [false, true] {
        let service = server_with(&store, &provider, |config| {
            config.resume_streams(Duration::from_secs(600), move |task| {
                drop(task);
                assert!(!panics, "a panic of the host");
            })
        });
        let body = json!({"model": "5", "input": "x", "stream": true});
        let text = read_all(post(&service, "", body).await).await;
        assert_eq!(data(&text).last().unwrap()["error"]["code"], "server_error");
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
        assert_eq!(provider.alive.load(Ordering::SeqCst), 0);
    }
}

/// The stream of a stored response, for a client that comes later.
async fn streamed_later(store: &MemoryStore, id: &Value) -> Value {
    // Time for the end of the log.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let service = server(store, &Words::new(0));
    let path = format!("{}?stream=true", id.as_str().unwrap());
    let (status, text) = get(&service, &path, &[]).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    data(&text).pop().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_log_without_its_last_events_has_an_end() {
    // As many failures as there are attempts to write one batch.
    for then in [Does::Reads, Does::Nothing] {
        for after in 1..5 {
            let failing = Failing::new(after..after + 5, then);
            let store = store();
            let response = streamed(&store, failing.clone()).await;
            assert_eq!(response["store"], true, "{then:?} after {after}");
            let last = streamed_later(&store, &response["id"]).await;
            assert_eq!(last["type"], "response.completed", "{then:?} after {after}");

            let (appends, saves) = (Arc::default(), false);
            let failing = Failing {
                appends,
                saves,
                ..failing
            };
            let response = streamed(&store, failing).await;
            assert_eq!(response["store"], false, "{then:?} after {after}");
            let last = streamed_later(&store, &response["id"]).await;
            assert_eq!(
                last["error"]["code"], "events_lost",
                "{then:?} after {after}"
            );
        }
    }
}

/// A store that takes long to append, and loses the reply to the save of an end.
struct Slow {
    appends: Duration,
    loses_reply: AtomicBool,
}

impl WrapStore for Slow {
    async fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match call {
            StoreCall::AppendEvents => tokio::time::sleep(self.appends).await,
            StoreCall::Update { ends: true, .. }
                if self.loses_reply.swap(false, Ordering::SeqCst) =>
            {
                work.await?;
                return Err(StoreError::new("the reply is lost"));
            }
            _ => {}
        }
        work.await
    }
}

/// The claim goes with the end of the response, and events of the end are still to be written.
#[tokio::test(start_paused = true)]
async fn a_job_that_has_saved_its_end_writes_all_events() {
    let short = Duration::from_millis(300);
    let long = Duration::from_secs(10);
    for (loses_reply, lease) in [(false, short), (true, long), (true, short)] {
        let (store, provider) = (store(), Words::new(9));
        let slow = Slow {
            appends: Duration::from_secs(1),
            loses_reply: AtomicBool::new(loses_reply),
        };
        let here = server_with(&store, &provider, |config| {
            let config = config.store(WrappedStore::new(store.clone(), slow));
            config.background_lease(lease)
        });
        let whole = read_all(post(&here, "", stream_of(3)).await).await;
        let types: Vec<_> = data(&whole)
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        assert!(
            types.contains(&"response.output_item.done".into()),
            "{whole}"
        );
        assert_eq!(types.last().unwrap(), "response.completed", "{whole}");
        let there = server(&store, &provider);
        let path = format!("{}?stream=true", id_in(&whole));
        assert_eq!(get(&there, &path, &[]).await.1, whole);
    }
}

/// The events that are not in the log: with the number of the event before them, and without an id.
#[tokio::test]
async fn a_follower_that_is_ended_loses_no_event() {
    let (store, provider) = (store(), Words::new(1));
    let job = server(&store, &provider);
    let id = id_in(&read_some(post(&job, "", stream_of(3)).await, 5).await);
    let shutdown = Shutdown::new();
    let leaving = server_with(&store, &provider, |config| config.shutdown(&shutdown));
    let path = format!("{id}?stream=true&event_ids=true");
    let request = Request::get(format!("/v1/responses/{path}"));
    let answer = leaving.oneshot(request.body(String::new()).unwrap()).await;
    let mut body = answer.unwrap().into_body();
    let mut begin = String::new();
    while begin.matches("\n\n").count() < 5 {
        let frame = body.frame().await.unwrap().unwrap();
        begin.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    shutdown.end();
    let rest = body.collect().await.unwrap().to_bytes();
    let rest = String::from_utf8(rest.to_vec()).unwrap();
    let error = &data(&rest)[0];
    assert_eq!(error["error"]["code"], "server_shutting_down", "{rest}");
    assert_eq!(error["sequence_number"], 4);
    assert!(!rest.contains("id: "), "{rest}");
    provider.permits.add_permits(2);
    let there = server(&store, &provider);
    let last_id = begin.rsplit("id: ").next().unwrap().lines().next().unwrap();
    for query in [
        get(&there, &path, &[("last-event-id", last_id)]).await.1,
        get(
            &there,
            &format!("{path}&starting_after={}", error["sequence_number"]),
            &[],
        )
        .await
        .1,
    ] {
        let whole = get(&there, &path, &[]).await.1;
        assert_eq!(format!("{begin}{query}"), whole);
        assert!(whole.contains("event: response.completed\n"));
    }
}

/// Counts the responses that are loaded.
struct Loads(Arc<AtomicUsize>);

impl WrapStore for Loads {
    async fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call == StoreCall::Load {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        work.await
    }
}

#[tokio::test(start_paused = true)]
async fn a_follower_of_a_silent_stream_reads_no_conversation() {
    let (store, provider) = (store(), Words::new(1));
    let job = server(&store, &provider);
    let id = id_in(&read_some(post(&job, "", stream_of(2)).await, 3).await);
    let loads: Arc<AtomicUsize> = Arc::default();
    let wrapped = WrappedStore::new(store.clone(), Loads(Arc::clone(&loads)));
    let there = server_with(&store, &provider, |config| config.store(wrapped));
    let path = format!("{id}?stream=true");
    let following = tokio::spawn(async move { get(&there, &path, &[]).await.1 });
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(loads.load(Ordering::SeqCst), 0);
    provider.permits.add_permits(1);
    assert!(
        following
            .await
            .unwrap()
            .contains("event: response.completed\n")
    );
}

/// A process that stops is tasks that are aborted. Until then a silent stream is followed.
#[tokio::test]
async fn a_foreground_stream_whose_process_has_stopped_ends() {
    let (store, provider) = (store(), Words::new(1));
    let tasks: Arc<Mutex<Vec<JoinHandle<()>>>> = Arc::default();
    let spawned = Arc::clone(&tasks);
    let lease = Duration::from_secs(1);
    let here = server_with(&store, &provider, |config| {
        let spawn = move |task| spawned.lock().unwrap().push(tokio::spawn(task));
        config
            .background_lease(lease)
            .resume_streams(Duration::from_secs(600), spawn)
    });
    let body = json!({"model": "3", "input": "x", "stream": true});
    let begin = read_some(post(&here, "", body).await, 5).await;
    let there = server(&store, &provider);
    let path = format!("{}?stream=true", id_in(&begin));
    let following = {
        let (there, path) = (there.clone(), path.clone());
        tokio::spawn(async move { get(&there, &path, &[]).await.1 })
    };
    tokio::time::sleep(lease * 2).await;
    assert!(!following.is_finished());
    for task in std::mem::take(&mut *tasks.lock().unwrap()) {
        task.abort();
    }
    let text = following.await.unwrap();
    assert!(text.starts_with(&begin), "{text}");
    let last = data(&text).pop().unwrap();
    assert_eq!(last["error"]["code"], "response_not_found", "{text}");
    assert_eq!(error(&there, &path).await.0, 404);
}

/// The store may have had no room for the log. The response of a client that deletes it while it is made is
/// not stored yet either.
#[tokio::test(start_paused = true)]
async fn a_log_that_goes_does_not_take_the_stream_of_the_foreground_along() {
    let (store, provider) = (store(), Words::new(1));
    let service = resumable(&store, &provider, Duration::from_secs(600));
    let body = json!({"model": "4", "input": "x", "stream": true});
    let mut answer = post(&service, "", body).await.into_body();
    let mut text = String::new();
    while !text.contains("word0") {
        let frame = answer.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    let scope = Scope::new("a");
    store.delete(&scope, &id_in(&text)).await.unwrap();
    let path = format!("{}?stream=true", id_in(&text));
    assert_eq!(get(&service, &path, &[]).await.0, StatusCode::NOT_FOUND);
    // The client waits for the next event meanwhile.
    let rest = tokio::spawn(answer.collect());
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        provider.permits.add_permits(1);
    }
    let rest = rest.await.unwrap().unwrap().to_bytes();
    text.push_str(std::str::from_utf8(&rest).unwrap());
    let events = data(&text);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed", "{text}");
    assert!(text.contains("word3") && text.ends_with("data: [DONE]\n\n"));
    let numbers = events.iter().map(|event| event["sequence_number"].as_u64());
    assert!(numbers.eq((0..events.len() as u64).map(Some)), "{text}");
    // The response itself is saved.
    assert_eq!(get(&service, &id_in(&text), &[]).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_turn_continues_while_a_client_follows_it() {
    let (store, provider) = (store(), Words::new(1));
    let service = resumable(&store, &provider, Duration::from_secs(10));
    let body = json!({"model": "3", "input": "x", "stream": true});
    let begin = read_some(post(&service, "", body).await, 3).await;
    let resumed = tokio::spawn({
        let (service, path) = (service.clone(), format!("{}?stream=true", id_in(&begin)));
        async move { get(&service, &path, &[]).await.1 }
    });
    tokio::time::sleep(Duration::from_secs(25)).await;
    assert_eq!(provider.alive.load(Ordering::SeqCst), 1);
    provider.permits.add_permits(2);
    let text = resumed.await.unwrap();
    assert!(text.contains("event: response.completed\n"), "{text}");
}

/// The log keeps the end of a stream, but the client that the stream was made for has it all.
#[tokio::test]
async fn the_first_client_gets_all_events_of_a_stream_that_the_log_cannot_hold() {
    for background in [true, false] {
        let store = MemoryStore::new(MemoryStoreLimits::default().event_bytes(2000));
        let service = resumable(&store, &Words::new(1000), Duration::from_secs(60));
        let body = json!({"model": "600", "input": "x", "background": background, "stream": true});
        let text = read_all(post(&service, "", body).await).await;
        let events = data(&text);
        let words = text.matches("response.output_text.delta\n").count();
        let last = events.last().map(|event| &event["type"]);
        assert_eq!((words, last), (600, Some(&json!("response.completed"))));
        let numbers = events.iter().map(|event| event["sequence_number"].as_u64());
        assert!(numbers.eq((0..events.len() as u64).map(Some)));
    }
}

/// A client that reads slowly sets the pace, as it does without a log; one that left does not.
#[tokio::test]
async fn a_stream_waits_for_its_first_client_while_that_is_there() {
    let store = MemoryStore::new(MemoryStoreLimits::default().event_bytes(2000));
    let provider = Words::new(100_000);
    let service = resumable(&store, &provider, Duration::from_secs(60));
    let answer = post(&service, "", stream_of(20_000)).await;
    let left = || provider.permits.available_permits();
    let mut body = answer.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let id = id_in(std::str::from_utf8(&first).unwrap());
    until(async || {
        let before = left();
        tokio::time::sleep(Duration::from_millis(100)).await;
        before == left()
    })
    .await;
    assert!(left() > 90_000, "{}", left());
    drop(body);
    until(async || get(&service, &id, &[]).await.1.contains("word19999 ")).await;
}
