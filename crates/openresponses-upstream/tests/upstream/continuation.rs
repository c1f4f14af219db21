//! Turns that continue a response which the server keeps.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, OpenResponses};
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{HttpClient, Upstream};
use serde_json::{Value, json};
use tower_service::Service;

use crate::server::{SSE, Server, chunked, options, serve_with, status};

/// An endpoint with a store in front of the server.
struct Endpoint(OpenResponses<Upstream>);

impl Endpoint {
    fn new(server: &Server, passes: bool) -> Self {
        let client = HttpClient::new(options()).unwrap();
        let dialect = Responses::new().pass_previous_response_id(passes);
        let upstream = Upstream::new(dialect, server.base.clone(), client);
        let store = MemoryStore::new(MemoryStoreLimits::default());
        Self(OpenResponses::new(upstream, Config::new().store(store)))
    }

    async fn ask(&mut self, body: Value) -> Value {
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(Full::<Bytes>::from(body.to_string()))
            .unwrap();
        let answer = self.0.call(request).await.unwrap().into_body();
        let bytes = answer.collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Two turns; returns both responses.
    async fn talk(&mut self) -> (Value, Value) {
        let hello = json!({"model": "m", "input": "Hello"});
        let first = self.ask(hello).await;
        let again = json!({"model": "m", "input": "Again", "previous_response_id": first["id"]});
        let second = self.ask(again).await;
        (first, second)
    }
}

/// The stream of a response with one message, which says whether it was stored.
fn answer(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    let text = json!({"type": "output_text", "text": "Hi", "annotations": []});
    let message = json!({"id": "msg_up", "type": "message", "role": "assistant",
        "status": "completed", "content": [text]});
    let response = |status, output| {
        json!({"id": "resp_up", "object": "response", "created_at": 1, "model": "m",
            "output": output, "status": status, "store": body["store"]})
    };
    let events = [
        json!({"type": "response.created", "sequence_number": 0,
            "response": response("in_progress", json!([]))}),
        json!({"type": "response.completed", "sequence_number": 1,
            "response": response("completed", json!([message]))}),
    ];
    chunked(
        SSE,
        &events.map(|event| format!("data: {event}\n\n")).concat(),
    )
}

fn bodies(server: &Server) -> Vec<Value> {
    let bodies = server.seen.bodies.lock().unwrap();
    bodies
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect()
}

fn texts(body: &Value) -> Vec<&str> {
    let items = body["input"].as_array().unwrap();
    items
        .iter()
        .map(|item| match &item["content"] {
            Value::String(text) => text.as_str(),
            parts => parts[0]["text"].as_str().unwrap(),
        })
        .collect()
}

#[tokio::test]
async fn by_default_the_whole_conversation_is_sent_and_nothing_is_stored_there() {
    let server = serve_with(answer).await;
    let (first, second) = Endpoint::new(&server, false).talk().await;
    assert_eq!(second["previous_response_id"], first["id"]);
    assert!(first.get("provider_metadata").is_none(), "{first}");
    let bodies = bodies(&server);
    assert_eq!(texts(&bodies[1]), ["Hello", "Hi", "Again"]);
    assert_eq!(bodies[1]["store"], false);
    assert!(bodies[1].get("previous_response_id").is_none());
}

#[tokio::test]
async fn a_continuation_names_the_servers_response_and_sends_what_is_new() {
    let server = serve_with(answer).await;
    let (first, second) = Endpoint::new(&server, true).talk().await;
    assert_ne!(first["id"], "resp_up");
    assert_eq!(
        first["provider_metadata"]["relay"]["response_id"],
        "resp_up"
    );
    // The client's own id is echoed.
    assert_eq!(second["previous_response_id"], first["id"]);
    let bodies = bodies(&server);
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0]["store"], true);
    assert!(bodies[0].get("previous_response_id").is_none());
    assert_eq!(bodies[1]["previous_response_id"], "resp_up");
    assert_eq!(texts(&bodies[1]), ["Again"]);
}

#[tokio::test]
async fn a_server_that_has_forgotten_the_response_gets_the_whole_conversation() {
    let server = serve_with(|body| {
        if !body.contains("previous_response_id") {
            return answer(body);
        }
        let error = json!({"error": {"type": "invalid_request_error", "param": "previous_response_id",
            "code": "previous_response_not_found", "message": "Previous response not found."}});
        status("400 Bad Request", "", &error.to_string())
    })
    .await;
    let (first, second) = Endpoint::new(&server, true).talk().await;
    assert_eq!(second["status"], "completed", "{second}");
    assert_eq!(second["previous_response_id"], first["id"]);
    let bodies = bodies(&server);
    assert_eq!(bodies.len(), 3);
    assert_eq!(texts(&bodies[1]), ["Again"]);
    assert_eq!(texts(&bodies[2]), ["Hello", "Hi", "Again"]);
}

#[tokio::test]
async fn a_refusal_of_another_member_is_not_asked_again() {
    for (param, asked) in [
        (json!("temperature"), 2),
        (json!("input[0]"), 3),
        (json!(null), 3),
    ] {
        let server = serve_with(move |body| {
            if !body.contains("Again") {
                return answer(body);
            }
            let error = json!({"error": {"type": "invalid_request_error", "param": param,
                "code": "invalid_value", "message": "It is not valid."}});
            status("400 Bad Request", "", &error.to_string())
        })
        .await;
        let (_, second) = Endpoint::new(&server, true).talk().await;
        assert_eq!(second["error"]["code"], "invalid_value", "{second}");
        assert_eq!(bodies(&server).len(), asked);
    }
}

#[tokio::test]
async fn what_the_client_does_not_store_is_not_stored_at_the_server() {
    let server = serve_with(answer).await;
    let mut endpoint = Endpoint::new(&server, true);
    let hello = json!({"model": "m", "input": "Hello", "store": false});
    let first = endpoint.ask(hello).await;
    assert!(first.get("provider_metadata").is_none(), "{first}");
    assert_eq!(bodies(&server)[0]["store"], false);
}

#[tokio::test]
async fn a_response_that_the_server_did_not_store_is_sent_again() {
    // Whatever it is asked for.
    let server =
        serve_with(|body| answer(&body.replace(r#""store":true"#, r#""store":false"#))).await;
    let (first, _) = Endpoint::new(&server, true).talk().await;
    assert!(first.get("provider_metadata").is_none(), "{first}");
    let bodies = bodies(&server);
    assert_eq!(bodies.len(), 2);
    assert_eq!(texts(&bodies[1]), ["Hello", "Hi", "Again"]);
}
