//! The same loop over a WebSocket and in the background, and with a store outside the process.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::Request;
use http_body_util::BodyExt;
use openresponses_tools::ToolLoop;
use openresponses_tower::store::{
    Claim, ResponseStore, StoreError, StoredResponse, UpdateCondition,
};
use openresponses_tower::{Config, OpenResponses, Scope};
use openresponses_types::{Item, Response, StreamEvent};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tower::ServiceExt;

use super::stack::{Script, Stack, call, post, round, summary, text, tools};
use super::store::Store;

fn rounds() -> Script {
    Script::new(vec![
        round([
            text("Let me look."),
            call(1, "weather", r#"{"city":"Paris"}"#),
            call(2, "shout", r#"{"text":"a"}"#),
        ]),
        round([text("Done.")]),
        round([text("Again.")]),
    ])
}

const FIRST: &str =
    "assistant 'Let me look.'; acme:shout completed {\"text\":\"a\"} A / -; assistant 'Done.'";

/// The conversation before the second turn, hidden calls included. The calls come back in the places
/// of their items.
const CONTEXT: &str = "user 'How warm is it?'; assistant 'Let me look.'; \
    call call_2 shout({\"text\":\"a\"}); output call_2 'A'; \
    call call_1 weather({\"city\":\"Paris\"}); output call_1 '22 degrees in Paris'; \
    assistant 'Done.'; user 'And now?'";

#[tokio::test]
async fn over_a_websocket_that_stores_nothing() {
    let script = rounds();
    let service = Stack::new(script.clone()).service();
    let app = axum::Router::new().fallback_service(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}/v1/responses", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let (mut socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
    let mut previous = Value::Null;
    for (input, expected) in [
        ("How warm is it?", FIRST),
        ("And now?", "assistant 'Again.'"),
    ] {
        let body = json!({
            "type": "response.create", "model": "model", "input": input, "store": false,
            "previous_response_id": previous,
        });
        socket.send(Message::text(body.to_string())).await.unwrap();
        let ended: Response = loop {
            let Message::Text(message) = socket.next().await.unwrap().unwrap() else {
                continue;
            };
            let event = StreamEvent::from_json(message.as_bytes()).unwrap();
            if event.is_terminal() {
                break Response::clone(event.response().unwrap());
            }
        };
        assert_eq!(summary(ended.output_items()), expected);
        previous = ended.id.into();
    }
    assert_eq!(script.last_context(), CONTEXT);
}

#[tokio::test]
async fn in_the_background() {
    let script = rounds();
    let stack = Stack::new(script.clone());
    let config = Config::new()
        .store(stack.store.clone())
        .background(|task| drop(tokio::spawn(task)));
    let service = OpenResponses::new(ToolLoop::new(script, tools()), config);
    let body = json!({"model": "model", "input": "How warm is it?", "background": true});
    let begun = service.clone().oneshot(post(&body)).await.unwrap();
    let bytes = begun.into_body().collect().await.unwrap().to_bytes();
    let begun = Response::from_json(&bytes).unwrap();
    loop {
        let get = Request::get(format!("/v1/responses/{}", begun.id));
        let answer = service
            .clone()
            .oneshot(get.body(String::new()).unwrap())
            .await
            .unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let response = Response::from_json(&bytes).unwrap();
        match response.status.value().unwrap().as_str() {
            "queued" | "in_progress" => tokio::time::sleep(Duration::from_millis(5)).await,
            status => {
                assert_eq!(status, "completed");
                assert_eq!(summary(response.output_items()), FIRST);
                return;
            }
        }
    }
}

/// A store that keeps text, as one outside the process does.
struct Printed(Store);

impl ResponseStore for Printed {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        let found = self.0.load(scope, id).await?;
        found.as_ref().map(printed).transpose()
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        self.0.save(scope, printed(&response)?).await
    }

    async fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        self.0.update(scope, printed(&response)?, condition).await
    }

    async fn renew(&self, scope: &Scope, id: &str, claim: &Claim) -> Result<bool, StoreError> {
        self.0.renew(scope, id, claim).await
    }

    async fn delete_scope(&self, scope: &Scope) -> Result<u64, StoreError> {
        self.0.delete_scope(scope).await
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        self.0.delete(scope, id).await
    }

    async fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        self.0.find_items(scope, ids).await
    }
}

/// Reads a record as it was printed.
fn printed(record: &StoredResponse) -> Result<StoredResponse, StoreError> {
    let parts = record.detached().parts();
    let read = StoredResponse::from_parts(record.id(), None, [], &parts.head, &parts.items);
    let read = read.map_err(StoreError::new)?;
    Ok(match record.claim() {
        Some(claim) => read.claimed(claim.clone()),
        None => read,
    })
}

#[tokio::test]
async fn with_a_store_outside_the_process() {
    let script = rounds();
    let stack = Stack::new(script.clone());
    let config = Config::new().store(Printed(stack.store.clone()));
    let service = OpenResponses::new(ToolLoop::new(script.clone(), tools()), config);
    let first = stack.ask_with(&service, json!({})).await;
    assert_eq!(first.summary(), FIRST);
    let body = json!({"input": "And now?", "previous_response_id": first.response.id});
    stack.ask_with(&service, body).await;
    assert_eq!(script.last_context(), CONTEXT);
}
