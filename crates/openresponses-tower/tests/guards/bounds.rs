//! What one tenant holds does not take what others may hold.

use futures_util::stream;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use openresponses_tower::bounds::{BoundedResource, Bounds};
use openresponses_tower::output::RelayMode;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Scope};
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::common::*;

type Service = OpenResponses<Model<fn() -> Result<OutputStream, Error>>>;

/// Says something and then nothing more.
fn mute() -> Result<OutputStream, Error> {
    use futures_util::StreamExt;
    let word = stream::iter([Ok(Delta::text("x"))]);
    Ok(OutputStream::new(word.chain(stream::pending())))
}

fn brief() -> Result<OutputStream, Error> {
    Ok(OutputStream::from_deltas([
        Delta::text("x"),
        Delta::complete(),
    ]))
}

/// Says 64 KiB again and again.
fn endless() -> Result<OutputStream, Error> {
    let delta = || Delta::text("x".repeat(64 << 10));
    Ok(OutputStream::new(stream::repeat_with(move || {
        Ok::<_, Error>(delta())
    })))
}

async fn ask(service: &Service, tenant: &str, body: Value) -> Response<ResponseBody> {
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .extension(Scope::new(tenant))
        .body(body.to_string())
        .unwrap();
    service.clone().oneshot(request).await.unwrap()
}

async fn get(service: &Service, tenant: &str, id: &str) -> Response<ResponseBody> {
    let request = Request::get(format!("/v1/responses/{id}"))
        .extension(Scope::new(tenant))
        .body(String::new())
        .unwrap();
    service.clone().oneshot(request).await.unwrap()
}

fn held(bounds: &Bounds, resource: BoundedResource) -> u64 {
    let mut usage = bounds.usage().into_iter();
    usage.find(|one| one.resource == resource).unwrap().held
}

fn over(answer: &Response<ResponseBody>) {
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "1");
}

/// What is large is dropped on another thread.
async fn nothing_is_held(bounds: &Bounds) {
    for _ in 0..5_000 {
        if bounds.usage().iter().all(|usage| usage.held == 0) {
            return;
        }
        pause().await;
    }
    panic!("{bounds:?}");
}

/// Lets other threads run.
async fn pause() {
    let pause = || std::thread::sleep(std::time::Duration::from_millis(1));
    tokio::task::spawn_blocking(pause).await.unwrap();
}

fn store() -> MemoryStore {
    MemoryStore::new(MemoryStoreLimits::default())
}

#[tokio::test(start_paused = true)]
async fn the_turns_of_one_tenant_do_not_take_the_memory_of_others() {
    let bounds = Bounds::new().memory(4 << 20, 2 << 20);
    let model: fn() -> _ = mute;
    let service = OpenResponses::new(Model(model), Config::new().bounds(&bounds));
    let tools: Vec<_> = (0..1_000)
        .map(|n| json!({"type": "function", "name": format!("f{n}")}))
        .collect();
    let body = json!({"model": "m", "input": "x", "stream": true, "tools": tools});
    let mut streams = Vec::new();
    let refused = loop {
        let answer = ask(&service, "a", body.clone()).await;
        if answer.status() != 200 {
            break answer;
        }
        streams.push(answer);
        assert!(streams.len() < 100);
    };
    over(&refused);
    assert!(streams.len() > 2, "{}", streams.len());
    assert_eq!(refused_code(refused).await, "tenant_limit_exceeded");
    assert_eq!(ask(&service, "b", body.clone()).await.status(), 200);
    streams.pop();
    let mut refusals = 0;
    while ask(&service, "a", body.clone()).await.status() != 200 {
        // The turn is dropped on another thread.
        assert!(refusals < 5_000);
        refusals += 1;
        pause().await;
    }
    drop(streams);
    nothing_is_held(&bounds).await;
}

async fn document(answer: Response<ResponseBody>) -> Value {
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

async fn refused_code(answer: Response<ResponseBody>) -> String {
    let body = document(answer).await;
    body["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_conversation_that_a_short_request_continues_counts() {
    let bounds = Bounds::new().memory(8 << 20, 4 << 20);
    let config = Config::new().bounds(&bounds).store(store());
    let model: fn() -> _ = brief;
    let service = OpenResponses::new(Model(model), config.clone());
    let long = json!({"model": "m", "input": "x".repeat(1 << 20)});
    let made = ask(&service, "a", long).await;
    let made = document(made).await;
    nothing_is_held(&bounds).await;
    let model: fn() -> _ = mute;
    let service = OpenResponses::new(Model(model), config);
    let short = json!({"model": "m", "input": "y", "stream": true,
        "previous_response_id": made["id"]});
    let mut streams = Vec::new();
    for _ in 0..3 {
        let answer = ask(&service, "a", short.clone()).await;
        assert_eq!(answer.status(), 200);
        streams.push(answer);
    }
    assert!(held(&bounds, BoundedResource::Memory) > 3 << 20);
    over(&ask(&service, "a", short).await);
    drop(streams);
    nothing_is_held(&bounds).await;
}

#[tokio::test]
async fn the_output_of_a_turn_counts() {
    let bounds = Bounds::new().memory(8 << 20, 1 << 20);
    let model: fn() -> _ = endless;
    let service = OpenResponses::new(Model(model), Config::new().bounds(&bounds));
    let answer = ask(
        &service,
        "a",
        json!({"model": "m", "input": "x", "stream": true}),
    )
    .await;
    let text = text(answer).await;
    assert!(text.contains("tenant_limit_exceeded"), "{}", text.len());
    assert!(text.ends_with("data: [DONE]\n\n"));
    assert!(text.len() < 2 << 20);
    over(&ask(&service, "a", json!({"model": "m", "input": "x"})).await);
    nothing_is_held(&bounds).await;
}

/// Many items of one letter take much memory.
#[tokio::test]
async fn the_items_of_a_turn_count() {
    let bounds = Bounds::new().memory(8 << 20, 1 << 20);
    let model: fn() -> _ = || {
        let item = || stream::iter([Ok(Delta::text("x")), Ok(Delta::EndItem)]);
        Ok(OutputStream::new(futures_util::StreamExt::flatten(
            stream::repeat_with(item),
        )))
    };
    let service = OpenResponses::new(Model(model), Config::new().bounds(&bounds));
    let answer = ask(&service, "a", json!({"model": "m", "input": "x"})).await;
    over(&answer);
    assert_eq!(refused_code(answer).await, "tenant_limit_exceeded");
    nothing_is_held(&bounds).await;
}

/// Frames repeat names, ids and places, and the text as a whole.
#[tokio::test]
async fn a_relayed_turn_counts_its_text() {
    const DELTAS: usize = 20_000;
    let model: fn() -> _ = || {
        let response = json!({"id": "r", "model": "m", "created_at": 1, "status": "in_progress"});
        let message = json!({"type": "message", "id": "m", "role": "assistant",
            "status": "in_progress", "content": []});
        let part = json!({"type": "output_text", "text": "", "annotations": []});
        let place = json!({"item_id": "m", "output_index": 0, "content_index": 0});
        let event = |kind: &str, members: Value| {
            let mut event = json!({"type": format!("response.{kind}")});
            for members in [members, place.clone()] {
                let members = members.as_object().unwrap().clone();
                event.as_object_mut().unwrap().extend(members);
            }
            format!("data: {event}\n\n")
        };
        let delta = event(
            "output_text.delta",
            json!({"delta": "four", "logprobs": []}),
        );
        let end = json!({"type": "response.incomplete", "response": {"id": "r", "model": "m",
            "created_at": 1, "status": "incomplete", "output": []}});
        let transcript = [
            event("created", json!({"response": response})),
            event("output_item.added", json!({"item": message})),
            event("content_part.added", json!({"part": part})),
            delta.repeat(DELTAS),
            format!("data: {end}\n\n"),
        ];
        Ok(OutputStream::relay(transcript.concat(), RelayMode::Repair))
    };
    let bounds = Bounds::new().memory(8 << 20, 1 << 20);
    let service = OpenResponses::new(Model(model), Config::new().bounds(&bounds));
    let body = json!({"model": "m", "input": "x", "stream": true});
    let answer = text(ask(&service, "a", body).await).await;
    assert!(
        answer.contains("event: response.incomplete\n"),
        "{:.999}",
        answer
    );
    assert!(answer.contains(&"four".repeat(DELTAS)));
    nothing_is_held(&bounds).await;
}

/// The queued answer has all that the response repeats, and may be read after its job has ended.
#[tokio::test]
async fn the_queued_answer_of_a_background_response_counts_until_it_was_sent() {
    let model: fn() -> _ = brief;
    let job = json!({"model": "m", "input": "x", "background": true,
        "instructions": "x".repeat(1 << 20)});
    let (bounds, store) = (Bounds::new(), store());
    let config = |bounds: &Bounds| {
        let config = Config::new().bounds(bounds).store(store.clone());
        config.background(|task| drop(tokio::spawn(task)))
    };
    let service = OpenResponses::new(Model(model), config(&bounds));
    let unread = ask(&service, "a", job.clone()).await;
    while held(&bounds, BoundedResource::Background) > 0 {
        pause().await;
    }
    let document = held(&bounds, BoundedResource::Memory);
    assert!((1 << 20..2 << 20).contains(&document), "{document}");
    drop(unread);
    nothing_is_held(&bounds).await;

    // One that is refused is not run.
    let model: fn() -> _ = mute;
    let mut refusals = 0;
    for share in 12..40_u64 {
        let bounds = Bounds::new().memory(64 << 20, share << 17);
        let service = OpenResponses::new(Model(model), config(&bounds));
        let answer = ask(&service, "a", job.clone()).await;
        if answer.status() == 200 {
            break;
        }
        over(&answer);
        assert_eq!(held(&bounds, BoundedResource::Background), 0);
        refusals += 1;
        nothing_is_held(&bounds).await;
    }
    assert!(refusals > 0);
}

#[tokio::test(start_paused = true)]
async fn requests_and_background_responses_are_counted() {
    let bounds = Bounds::new().requests(10, 4).background(10, 2);
    let config = Config::new()
        .bounds(&bounds)
        .store(store())
        .idle_limit(None)
        .background(|task| drop(tokio::spawn(task)));
    let model: fn() -> _ = mute;
    let service = OpenResponses::new(Model(model), config);
    let job = json!({"model": "m", "input": "x", "background": true});
    for _ in 0..2 {
        assert_eq!(ask(&service, "a", job.clone()).await.status(), 200);
    }
    over(&ask(&service, "a", job.clone()).await);
    assert_eq!(ask(&service, "b", job).await.status(), 200);
    let stream = json!({"model": "m", "input": "x", "stream": true});
    let first = ask(&service, "a", stream.clone()).await;
    let second = ask(&service, "a", stream.clone()).await;
    over(&ask(&service, "a", stream.clone()).await);
    over(&get(&service, "a", "resp_1").await);
    drop((first, second));
    assert_eq!(get(&service, "a", "resp_1").await.status(), 404);
    assert_eq!(held(&bounds, BoundedResource::Background), 3);
    assert_eq!(held(&bounds, BoundedResource::Requests), 3);
}

/// Background responses of providers that never say anything end.
#[tokio::test(start_paused = true)]
async fn background_responses_of_silent_providers_end() {
    let bounds = Bounds::new();
    let config = Config::new()
        .bounds(&bounds)
        .store(store())
        .background(|task| drop(tokio::spawn(task)));
    let model: fn() -> _ = mute;
    let service = OpenResponses::new(Model(model), config);
    let job = json!({"model": "m", "input": "x", "background": true});
    let made = ask(&service, "a", job).await;
    let made = document(made).await;
    tokio::time::sleep(70 * SECOND).await;
    let found = get(&service, "a", made["id"].as_str().unwrap()).await;
    let found = document(found).await;
    assert_eq!(found["status"], "failed");
    assert_eq!(found["error"]["code"], "timeout");
    nothing_is_held(&bounds).await;
}

/// An unread response counts as long as its body lives.
#[tokio::test]
async fn documents_that_are_not_read_count() {
    let bounds = Bounds::new().memory(64 << 20, 5 << 20);
    let config = Config::new().bounds(&bounds).store(store());
    let model: fn() -> _ = || {
        Ok(OutputStream::from_deltas([
            Delta::text("x".repeat(1 << 20)),
            Delta::complete(),
        ]))
    };
    let service = OpenResponses::new(Model(model), config);
    let made = ask(&service, "a", json!({"model": "m", "input": "x"})).await;
    let made = document(made).await;
    let id = made["id"].as_str().unwrap();
    let mut unread = Vec::new();
    for _ in 0..3 {
        unread.push(get(&service, "a", id).await);
    }
    assert!(unread.iter().all(|answer| answer.status() == 200));
    over(&get(&service, "a", id).await);
    assert_eq!(get(&service, "b", id).await.status(), 404);
    drop(unread);
    nothing_is_held(&bounds).await;
}

/// HTTP/2 takes data that a client has no room for, and keeps it until the connection ends.
#[tokio::test]
async fn documents_that_http2_cannot_send_count() {
    const LENGTH: usize = 8 << 20;
    let bounds = Bounds::new().memory(512 << 20, 128 << 20);
    let config = Config::new().bounds(&bounds).store(store());
    let model: fn() -> _ = || {
        Ok(OutputStream::from_deltas([
            Delta::text("x".repeat(LENGTH)),
            Delta::complete(),
        ]))
    };
    let service = OpenResponses::new(Model(model), config);
    let made = ask(&service, "", json!({"model": "m", "input": "x"})).await;
    let made = document(made).await;
    let id = made["id"].as_str().unwrap();
    nothing_is_held(&bounds).await;

    let (client, server) = tokio::io::duplex(1 << 16);
    let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(server), TowerToHyperService::new(service));
    drop(tokio::spawn(serving));
    // Each answer may send one byte.
    let (mut sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1)
        .handshake(TokioIo::new(client))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let (mut unread, mut refused) = (Vec::new(), 0);
    for _ in 0..50 {
        let request = Request::get(format!("http://localhost/v1/responses/{id}"))
            .extension(Scope::new(""))
            .body(String::new())
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        match answer.status().as_u16() {
            200 => unread.push(answer),
            status => {
                assert_eq!(status, 429);
                refused += 1;
            }
        }
        let documents = (unread.len() * LENGTH) as u64;
        assert!(held(&bounds, BoundedResource::Memory) >= documents);
    }
    assert!(unread.len() < 16 && refused > 30, "{}", unread.len());
    drop((unread, sender));
    connection.abort();
    nothing_is_held(&bounds).await;
}

/// The text of a document may be longer than what was counted while it was made.
#[tokio::test]
async fn a_finished_answer_is_sent_though_it_takes_more_than_is_left() {
    let bounds = Bounds::new().memory(64 << 20, 4 << 20);
    let model: fn() -> _ = || {
        Ok(OutputStream::from_deltas([
            Delta::text("\u{1}".repeat(1 << 20)),
            Delta::complete(),
        ]))
    };
    let service = OpenResponses::new(Model(model), Config::new().bounds(&bounds));
    let made = ask(&service, "a", json!({"model": "m", "input": "x"})).await;
    assert_eq!(made.status(), 200);
    let bytes = made.into_body().collect().await.unwrap().to_bytes();
    assert!(bytes.len() > 4 << 20);
    nothing_is_held(&bounds).await;
}

/// Each leniency is visible to the client where the host says so.
#[tokio::test]
async fn leniencies_are_reported_in_a_header() {
    let model: fn() -> _ = brief;
    let body = json!({"model": "m", "input": [{"role": "user", "content": "x"}], "modle": 1});
    for (report, expected) in [(true, true), (false, false)] {
        let config = Config::new().report_leniencies(report);
        let answer = ask(&OpenResponses::new(Model(model), config), "a", body.clone()).await;
        let header = answer.headers().get("openresponses-leniencies");
        let named = header.is_some_and(|value| value.to_str().unwrap().contains("modle"));
        assert_eq!(named, expected, "{header:?}");
    }
}

/// A request of some bytes can ask for some MiB.
#[tokio::test]
async fn what_is_read_of_the_store_counts() {
    let (store, model): (_, fn() -> _) = (store(), brief);
    let service = |bounds: &Bounds| {
        let config = Config::new().store(store.clone()).bounds(bounds);
        OpenResponses::new(Model(model), config)
    };
    let message =
        json!({"type": "message", "role": "user", "id": "msg_1", "content": "x".repeat(2 << 20)});
    let saved = service(&Bounds::new());
    let answer = ask(&saved, "a", json!({"model": "m", "input": [message]})).await;
    let answer = answer.into_body().collect().await.unwrap().to_bytes();
    let id = serde_json::from_slice::<Value>(&answer).unwrap()["id"].clone();
    let (page, id) = (format!("{}/input_items", id.as_str().unwrap()), id);
    let reference = json!([{"type": "item_reference", "id": "msg_1"}]);
    let by_reference = json!({"model": "m", "input": reference, "store": false});
    let continued = json!({"model": "m", "input": "y", "previous_response_id": id, "store": false});
    let id = id.as_str().unwrap();

    let bounds = Bounds::new().memory(8 << 20, 1 << 20);
    let small = service(&bounds);
    for body in [&by_reference, &continued] {
        let answer = ask(&small, "a", body.clone()).await;
        over(&answer);
        assert_eq!(refused_code(answer).await, "tenant_limit_exceeded");
    }
    for path in [id, &page] {
        let answer = get(&small, "a", path).await;
        over(&answer);
        assert_eq!(refused_code(answer).await, "tenant_limit_exceeded");
    }
    nothing_is_held(&bounds).await;

    let bounds = Bounds::new().memory(16 << 20, 16 << 20);
    let large = service(&bounds);
    for body in [by_reference, continued] {
        let answer = ask(&large, "a", body).await;
        assert_eq!(answer.status(), 200);
    }
    for (path, least) in [(id, 500), (&page, 2 << 20)] {
        let answer = get(&large, "a", path).await;
        assert_eq!(answer.status(), 200);
        // The document, until it was sent.
        let held = held(&bounds, BoundedResource::Memory);
        assert!((least..3 << 20).contains(&held), "{held}");
    }
    nothing_is_held(&bounds).await;
}
