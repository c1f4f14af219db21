use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_tower::{Error, OpenResponses, OutputStream, Provider, Shutdown};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;
use tower::ServiceExt;

use crate::client::{Client, until};
use crate::model::Model;
use crate::server::{config, start};

#[tokio::test]
async fn idle_connections_are_closed_and_new_ones_refused() {
    let shutdown = Shutdown::new();
    shutdown.closed().await;
    let address = start(Model::default(), config().shutdown(&shutdown)).await;
    let mut used = Client::connect(address).await;
    used.respond(json!({})).await;
    let unused = Client::connect(address).await;
    shutdown.drain();
    assert_eq!(used.closed().await, 1001);
    assert_eq!(unused.closed().await, 1001);
    shutdown.closed().await;
    match Client::try_connect(address, &[("authorization", "Bearer a")]).await {
        Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 503),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn a_turn_may_end() {
    let shutdown = Shutdown::new();
    let model = Model::default();
    let address = start(model.clone(), config().shutdown(&shutdown)).await;
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "paused"})).await;
    client.create(json!({"model": "m"})).await;
    until(|| model.alive() == 1).await;
    shutdown.drain();
    model.permits.add_permits(3);
    let end = client.turn().await.pop().unwrap();
    assert_eq!(end["type"], "response.completed");
    let refused = client.turn().await.pop().unwrap();
    assert_eq!(refused["error"]["code"], "server_shutting_down");
    assert_eq!(client.closed().await, 1001);
    shutdown.closed().await;
}

#[tokio::test]
async fn what_does_not_end_is_ended() {
    let shutdown = Shutdown::new();
    let model = Model::default();
    let config = config().shutdown(&shutdown);
    let service = OpenResponses::new(model.clone(), config.clone());
    let address = start(model.clone(), config).await;
    let mut streaming = Client::connect(address).await;
    streaming.create(json!({"model": "paused"})).await;
    let mut beginning = Client::connect(address).await;
    beginning.create(json!({"model": "silent"})).await;
    let post = |stream: bool| {
        let body = json!({"model": "paused", "input": "x", "stream": stream}).to_string();
        Request::post("/v1/responses")
            .header("content-type", "application/json")
            .header("authorization", "Bearer a")
            .body(body)
            .unwrap()
    };
    let events = service.clone().oneshot(post(true)).await.unwrap();
    assert_eq!(events.status(), 200);
    let until_asked = || model.alive() == 3;
    until(until_asked).await;
    shutdown.drain();
    shutdown.end();
    let end = streaming.turn().await.pop().unwrap();
    assert_eq!(end["type"], "response.failed");
    assert_eq!(end["response"]["error"]["code"], "server_shutting_down");
    assert_eq!(streaming.closed().await, 1001);
    let end = beginning.turn().await.pop().unwrap();
    assert_eq!(
        (&end["status"], &end["error"]["code"]),
        (&json!(503), &json!("server_shutting_down"))
    );
    assert_eq!(beginning.closed().await, 1001);

    let body = events.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.into()).unwrap();
    assert!(text.contains("event: error\n") && text.contains("event: response.failed\n"));
    assert!(text.ends_with("data: [DONE]\n\n"));
    shutdown.closed().await;
    assert_eq!(model.alive(), 0);
}

#[tokio::test]
async fn a_whole_response_that_does_not_end_is_refused() {
    let shutdown = Shutdown::new();
    let body = json!({"model": "m", "input": "x"}).to_string();
    let service = OpenResponses::new(Whole, config().shutdown(&shutdown));
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .header("authorization", "Bearer a")
        .body(body)
        .unwrap();
    shutdown.end();
    let answer = service.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 503);
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let error: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["error"]["code"], "server_shutting_down");
}

/// Also where the provider has not answered yet.
#[tokio::test]
async fn a_turn_that_waits_for_the_provider_is_refused() {
    let model = Model::default();
    for path in ["", "/compact"] {
        let shutdown = Shutdown::new();
        let service = OpenResponses::new(model.clone(), config().shutdown(&shutdown));
        let body = json!({"model": "silent", "input": "x", "stream": true}).to_string();
        let request = Request::post(format!("/v1/responses{path}"))
            .header("content-type", "application/json")
            .header("authorization", "Bearer a")
            .body(body)
            .unwrap();
        let answer = tokio::spawn(service.oneshot(request));
        until(|| model.alive() == 1).await;
        shutdown.end();
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), 503);
        assert_eq!(model.alive(), 0);
        shutdown.closed().await;
    }
}

/// Never finishes.
struct Whole;

impl Provider for Whole {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let never = futures_util::stream::pending::<Result<Delta, Error>>();
        Ok(Response::new(OutputStream::new(never)))
    }
}
