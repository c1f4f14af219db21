//! `POST /v1/responses/input_tokens`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "conformance/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "conformance/order.rs"]
#[allow(dead_code)]
mod order;

use client::{Answer, answer, config, embedded, post};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use openresponses_testing::{EmbeddedModel, TestKeys};
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Error, OpenResponses, OutputStream, Provider};
use openresponses_types::{Profile, Turn};
use serde_json::{Value, json};

fn count(body: Value) -> Request<Full<bytes::Bytes>> {
    let mut request = post(body.to_string());
    *request.uri_mut() = "/v1/responses/input_tokens".parse().unwrap();
    request
}

fn code(answer: &Answer) -> (u16, &str) {
    let code = answer.body["error"]["code"].as_str().unwrap();
    (answer.status.as_u16(), code)
}

#[tokio::test]
async fn the_count_is_the_usage_of_the_response() {
    let service = embedded(Profile::Compatible);
    let body = json!({
        "model": "any", "instructions": "Be brief, please.",
        "input": [{"role": "user", "content": "One two three"}],
    });
    let response = answer(&service, post(body.to_string())).await.body;
    let counted = answer(&service, count(body)).await;
    assert_eq!(counted.status, StatusCode::OK);
    let tokens = &response["usage"]["input_tokens"];
    assert_eq!(*tokens, 6);
    assert_eq!(
        counted.body,
        json!({"object": "response.input_tokens", "input_tokens": tokens})
    );
}

#[tokio::test]
async fn earlier_turns_count_and_nothing_is_stored() {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let config = config(Profile::Compatible).store(store);
    let service = OpenResponses::new(EmbeddedModel::new(), config);
    let first = json!({"model": "any", "input": "One two"});
    let id = answer(&service, post(first.to_string())).await.body["id"].clone();
    let next = json!({"model": "any", "input": "Three", "previous_response_id": id});
    let counted = answer(&service, count(next)).await;
    // "One two", "Echo: One two", "Three".
    assert_eq!(counted.body["input_tokens"], 6);
    let lost = json!({"model": "any", "input": "x", "previous_response_id": "resp_lost"});
    let refused = answer(&service, count(lost)).await;
    assert_eq!(code(&refused), (400, "previous_response_not_found"));
}

#[tokio::test]
async fn settings_of_transport_and_storage_have_no_effect() {
    let body = json!({"model": "any", "input": "One", "stream": true, "background": true});
    let counted = answer(&embedded(Profile::Compatible), count(body)).await;
    assert_eq!(counted.body["input_tokens"], 1);
}

#[tokio::test]
async fn it_is_validated_and_authenticated_as_a_create_request() {
    let service = embedded(Profile::Compatible);
    let refused = answer(&service, count(json!({"model": "any", "input": 7}))).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.body["error"]["param"], "input");
    let unknown = json!({"model": "missing-model", "input": "x"});
    assert_eq!(
        code(&answer(&service, count(unknown)).await),
        (404, "model_not_found")
    );
    let mut get = count(json!({}));
    *get.method_mut() = Method::GET;
    let refused = answer(&service, get).await;
    assert_eq!(code(&refused), (405, "method_not_allowed"));
    assert_eq!(refused.headers["allow"], "POST");
    let config = config(Profile::Compatible);
    let guarded = OpenResponses::new(
        EmbeddedModel::new(),
        config.body_limit(40).authorize(TestKeys::new()),
    );
    let body = json!({"model": "any", "input": "x"});
    assert_eq!(
        code(&answer(&guarded, count(body)).await),
        (401, "missing_api_key")
    );
    let mut large = count(json!({"model": "any", "input": "longer than the limit of 40 bytes"}));
    let key = http::HeaderValue::from_static("Bearer k");
    large.headers_mut().insert("authorization", key);
    assert_eq!(
        code(&answer(&guarded, large).await),
        (413, "request_too_large")
    );
}

struct Silent;

impl Provider for Silent {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }
}

#[tokio::test]
async fn a_provider_that_does_not_count_is_an_unsupported_endpoint() {
    let service = OpenResponses::new(Silent, config(Profile::Compatible));
    let refused = answer(&service, count(json!({"model": "any", "input": "x"}))).await;
    assert_eq!(code(&refused), (404, "unsupported_endpoint"));
}
