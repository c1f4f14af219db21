use http::{Request, Response, StatusCode, request::Parts};
use http_body_util::BodyExt;
use openresponses_tower::store::ResponseStore;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::sequence::Delta;
use openresponses_types::{Item, Turn};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Answers with the texts of the whole conversation, or with their number if there are many.
pub(crate) struct Recall;

impl Provider for Recall {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let items = turn.body().items.iter();
        let texts: Vec<String> = items
            .map(|item| match &**item {
                Item::Message(message) => message.content.texts().collect(),
                other => other.type_name().to_owned(),
            })
            .collect();
        let delta = Delta::text(match texts.len() {
            0..10 => texts.join("|"),
            count => format!("{count} items"),
        });
        Ok(Response::new(OutputStream::from_deltas([
            delta,
            Delta::complete(),
        ])))
    }
}

/// A service whose tenants are named in a header.
pub(crate) fn service(store: impl ResponseStore) -> OpenResponses<Recall> {
    let tenant = |head: &Parts| {
        let tenant = head.headers.get("x-tenant").unwrap().to_str().unwrap();
        std::future::ready(Ok(Scope::new(tenant)))
    };
    OpenResponses::new(Recall, Config::new().store(store).authorize(tenant))
}

/// Sends one request and reads the answer as JSON.
pub(crate) async fn send(
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
    let text = String::from_utf8_lossy(&bytes);
    let value = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into()));
    (status, value)
}

/// Sends a turn of tenant `a` that continues `previous` unless that is null.
pub(crate) async fn say(
    service: &OpenResponses<Recall>,
    previous: &Value,
    text: &str,
) -> (StatusCode, Value) {
    let body = json!({"model": "m", "input": text, "previous_response_id": previous});
    send(service, "POST", "/v1/responses", "a", body).await
}

/// Returns the model's text.
pub(crate) fn text(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"]
        .as_str()
        .unwrap()
}

/// The path of a response.
pub(crate) fn path(response: &Value) -> String {
    format!("/v1/responses/{}", response["id"].as_str().unwrap())
}
