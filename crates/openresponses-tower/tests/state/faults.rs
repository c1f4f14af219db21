use std::sync::Arc;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    Claim, ResponseStore, StoreError, StoredResponse, UpdateCondition,
};
use openresponses_types::Item;
use serde_json::{Value, json};

use crate::{ask, send, service, text};

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

    async fn update(
        &self,
        _: &Scope,
        _: StoredResponse,
        _: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        Err(StoreError::new("down: secret address"))
    }

    async fn renew(&self, _: &Scope, _: &str, _: &Claim) -> Result<bool, StoreError> {
        Err(StoreError::new("down: secret address"))
    }

    async fn delete_scope(&self, _: &Scope) -> Result<u64, StoreError> {
        Err(StoreError::new("down: secret address"))
    }

    async fn find_items(
        &self,
        _: &Scope,
        _: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        Err(StoreError::new("down: secret address"))
    }
}

#[tokio::test]
async fn a_failing_store_is_distinguished_from_an_empty_one() {
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
