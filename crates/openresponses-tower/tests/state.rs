//! Responses that are continued, retrieved, listed and deleted over HTTP.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use http::{Request, Response, StatusCode, request::Parts};
use http_body_util::BodyExt;
use openresponses_tower::store::{
    MemoryStore, MemoryStoreLimits, ResponseStore, StoreError, StoredResponse,
};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::sequence::Delta;
use openresponses_types::{Item, Turn};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Answers with the texts of the whole conversation.
struct Recall;

impl Provider for Recall {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let texts: Vec<String> = turn
            .body()
            .items
            .iter()
            .map(|item| match &**item {
                Item::Message(message) => message.content.texts().collect(),
                other => other.type_name().to_owned(),
            })
            .collect();
        if texts.last().is_some_and(|text| text == "fail") {
            return Ok(Response::new(OutputStream::from_deltas([Delta::text(
                "half",
            )])));
        }
        let said = Delta::text(texts.join("|"));
        Ok(Response::new(OutputStream::from_deltas([
            said,
            Delta::complete(),
        ])))
    }
}

fn service(store: impl ResponseStore) -> OpenResponses<Recall> {
    let tenant = |head: &Parts| {
        let tenant = head
            .headers
            .get("x-tenant")
            .map_or("a", |value| value.to_str().unwrap());
        std::future::ready(Ok(Scope::new(tenant)))
    };
    OpenResponses::new(Recall, Config::new().store(store).authorize(tenant))
}

fn memory() -> OpenResponses<Recall> {
    service(MemoryStore::new(MemoryStoreLimits::default()))
}

async fn send(
    service: &OpenResponses<Recall>,
    method: &str,
    path: &str,
    tenant: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("x-tenant", tenant)
        .body(body.to_string())
        .unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into())),
    )
}

async fn ask(service: &OpenResponses<Recall>, tenant: &str, body: Value) -> (StatusCode, Value) {
    send(service, "POST", "/v1/responses", tenant, body).await
}

fn text(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"]
        .as_str()
        .unwrap()
}

#[tokio::test]
async fn a_response_can_be_continued() {
    let service = memory();
    let (_, first) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "one", "instructions": "brief"}),
    )
    .await;
    assert_eq!(first["store"], true);
    let (_, second) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "two", "previous_response_id": first["id"]}),
    )
    .await;
    assert_eq!(text(&second), "one|one|two");
    assert_eq!(second["previous_response_id"], first["id"]);
    assert_eq!(second["instructions"], Value::Null);
    let (_, third) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "three", "previous_response_id": second["id"]}),
    )
    .await;
    assert_eq!(text(&third), "one|one|two|one|one|two|three");
    // The first can still be continued another way.
    let (_, fork) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "zwei", "previous_response_id": first["id"]}),
    )
    .await;
    assert_eq!(text(&fork), "one|one|zwei");
}

#[tokio::test]
async fn foreign_unknown_unstored_and_failed_responses_are_all_not_found() {
    let service = memory();
    let (_, stored) = ask(&service, "a", json!({"model": "m", "input": "secret"})).await;
    let (_, unstored) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "x", "store": false}),
    )
    .await;
    assert_eq!(unstored["store"], false);
    let (status, _) = ask(&service, "a", json!({"model": "m", "input": "fail"})).await;
    assert_eq!(status, 500);
    for (tenant, id) in [
        ("b", &stored["id"]),
        ("a", &unstored["id"]),
        ("a", &json!("resp_nothing")),
    ] {
        let (status, error) = ask(
            &service,
            tenant,
            json!({"model": "m", "input": "y", "previous_response_id": id}),
        )
        .await;
        assert_eq!(status, 400);
        assert_eq!(error["error"]["code"], "previous_response_not_found");
        assert_eq!(error["error"]["param"], "previous_response_id");
        assert_eq!(
            error["error"]["message"],
            format!(
                "Previous response with id '{}' not found.",
                id.as_str().unwrap()
            )
        );
        let path = format!("/v1/responses/{}", id.as_str().unwrap());
        for (method, path) in [
            ("GET", path.clone()),
            ("GET", format!("{path}/input_items")),
            ("DELETE", path.clone()),
        ] {
            let (status, error) = send(&service, method, &path, tenant, Value::Null).await;
            assert_eq!(
                (status, &error["error"]["code"]),
                (StatusCode::NOT_FOUND, &json!("response_not_found")),
                "{method} {path}"
            );
        }
    }
    let path = format!("/v1/responses/{}", stored["id"].as_str().unwrap());
    assert_eq!(
        send(&service, "GET", &path, "a", Value::Null).await,
        (StatusCode::OK, stored)
    );
}

#[tokio::test]
async fn a_response_is_retrieved_listed_and_deleted() {
    let service = memory();
    let input: Vec<Value> = (0..5)
        .map(|n| json!({"type": "message", "role": "user", "content": n.to_string()}))
        .collect();
    let (_, response) = ask(&service, "a", json!({"model": "m", "input": input})).await;
    let path = format!("/v1/responses/{}", response["id"].as_str().unwrap());
    assert_eq!(
        send(&service, "GET", &path, "a", Value::Null).await.1,
        response
    );

    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let (status, page) = send(
            &service,
            "GET",
            &format!("{path}/input_items?order=asc&limit=2{after}"),
            "a",
            Value::Null,
        )
        .await;
        assert_eq!(status, 200);
        assert_eq!(page["object"], "list");
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["content"].clone()),
        );
        if page["has_more"] == false {
            break;
        }
        after = format!("&after={}", page["last_id"].as_str().unwrap());
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    let (_, newest) = send(
        &service,
        "GET",
        &format!("{path}/input_items?limit=1"),
        "a",
        Value::Null,
    )
    .await;
    assert_eq!(newest["data"][0]["content"], "4");
    let (status, error) = send(
        &service,
        "GET",
        &format!("{path}/input_items?limit=0"),
        "a",
        Value::Null,
    )
    .await;
    assert_eq!(
        (status, &error["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("limit"))
    );

    let (status, deleted) = send(&service, "DELETE", &path, "a", Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(
        deleted,
        json!({"id": response["id"], "object": "response", "deleted": true})
    );
    assert_eq!(send(&service, "GET", &path, "a", Value::Null).await.0, 404);
}

#[tokio::test]
async fn references_resolve_within_the_tenant() {
    let service = memory();
    let (_, first) = ask(&service, "a", json!({"model": "m", "input": "one"})).await;
    let id = &first["output"][0]["id"];
    let body = json!({"model": "m", "input": [{"type": "item_reference", "id": id}, {"role": "user", "content": "two"}]});
    let (_, second) = ask(&service, "a", body.clone()).await;
    assert_eq!(text(&second), "one|two");
    let (_, foreign) = ask(&service, "b", body).await;
    assert_eq!(text(&foreign), "item_reference|two");
}

#[tokio::test]
async fn a_thousand_turns() {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let service = service(store.clone());
    let mut previous = Value::Null;
    for _ in 0..1000 {
        let (status, response) = ask(&service, "a", json!({"model": "m", "input": [{"type": "item_reference", "id": "none"}], "previous_response_id": previous})).await;
        assert_eq!(status, 200);
        previous = response["id"].clone();
        if text(&response).len() > 1_000 {
            break;
        }
    }
    assert!(store.bytes() < 1 << 20);
}

/// A store that fails.
#[derive(Clone, Copy)]
struct Broken {
    load: bool,
}

impl ResponseStore for Broken {
    async fn load(&self, _: &Scope, _: &str) -> Result<Option<StoredResponse>, StoreError> {
        if self.load {
            Err(StoreError::new("down: secret address"))
        } else {
            Ok(None)
        }
    }

    async fn save(&self, _: &Scope, _: StoredResponse) -> Result<(), StoreError> {
        Err(StoreError::new("down: secret address"))
    }

    async fn delete(&self, _: &Scope, _: &str) -> Result<bool, StoreError> {
        Err(StoreError::new("down: secret address"))
    }

    async fn find_item(&self, _: &Scope, _: &str) -> Result<Option<Arc<Item>>, StoreError> {
        Err(StoreError::new("down: secret address"))
    }
}

#[tokio::test]
async fn a_broken_store_is_told_apart_from_an_empty_one() {
    let service = service(Broken { load: true });
    let (status, error) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "x", "previous_response_id": "resp_1"}),
    )
    .await;
    assert_eq!(status, 503);
    assert_eq!(error["error"]["type"], "server_error");
    assert!(!error.to_string().contains("secret"));
    assert_eq!(
        send(&service, "GET", "/v1/responses/resp_1", "a", Value::Null)
            .await
            .0,
        503
    );

    let (status, response) = ask(&service, "a", json!({"model": "m", "input": "x"})).await;
    assert_eq!(status, 200);
    assert_eq!(text(&response), "x");
    assert_eq!(response["store"], false);
    let (_, stream) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "x", "stream": true}),
    )
    .await;
    let stream = stream.as_str().unwrap().to_owned();
    let terminal = stream
        .lines()
        .find(|line| line.starts_with("data: {\"type\":\"response.completed\""))
        .unwrap();
    assert!(terminal.contains("\"store\":false"), "{terminal}");
}
