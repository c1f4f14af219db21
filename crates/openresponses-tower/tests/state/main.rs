//! Responses that are continued, retrieved, listed and deleted over HTTP.

#![allow(clippy::unwrap_used)]

mod bounds;
mod chains;
mod continuation;
mod faults;
mod hidden;
mod retrieval;
mod shutdown;

use http::{Request, Response, StatusCode, request::Parts};
use http_body_util::BodyExt;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits, ResponseStore};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::sequence::Delta;
use openresponses_types::{Item, Turn};
use serde_json::Value;
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
        let delta = match texts.last().map(String::as_str) {
            Some("fail") => {
                let deltas = [Delta::text("half")];
                return Ok(Response::new(OutputStream::from_deltas(deltas)));
            }
            Some("count") => Delta::text(texts.len().to_string()),
            _ => Delta::text(texts.join("|")),
        };
        Ok(Response::new(OutputStream::from_deltas([
            delta,
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

async fn send<P: Provider>(
    service: &OpenResponses<P>,
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

async fn ask<P: Provider>(
    service: &OpenResponses<P>,
    tenant: &str,
    body: Value,
) -> (StatusCode, Value) {
    send(service, "POST", "/v1/responses", tenant, body).await
}

fn text(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"]
        .as_str()
        .unwrap()
}
