//! Requests that wait for a store when the server stops.

use std::future::{Future, pending};
use std::sync::Arc;

use openresponses_tower::store::{
    MemoryStore, MemoryStoreLimits, StoreCall, StoreError, WrapStore, WrappedStore,
};
use openresponses_tower::{Config, OpenResponses, Shutdown};
use serde_json::json;
use tokio::sync::Notify;

use crate::{Recall, send};

/// Never answers, and tells when it is asked.
struct Hanging(Arc<Notify>);

impl WrapStore for Hanging {
    async fn around<T: Send>(
        &self,
        _: StoreCall,
        _: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.0.notify_one();
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_waits_for_the_store_is_answered_when_the_server_ends() {
    let body = json!({"model": "m", "input": "x", "previous_response_id": "resp_1"});
    for (method, path) in [
        ("POST", "/v1/responses"),
        ("POST", "/v1/responses/compact"),
        ("POST", "/v1/responses/input_tokens"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("GET", "/v1/responses/resp_1"),
        ("GET", "/v1/responses/resp_1?stream=true"),
        ("GET", "/v1/responses/resp_1/input_items"),
        ("DELETE", "/v1/responses/resp_1"),
    ] {
        let (asked, shutdown) = (Arc::new(Notify::new()), Shutdown::new());
        let memory = MemoryStore::new(MemoryStoreLimits::default());
        let store = WrappedStore::new(memory, Hanging(Arc::clone(&asked)));
        let config = Config::new().store(store).shutdown(&shutdown);
        let service = OpenResponses::new(Recall, config);
        let body = body.clone();
        let answer = tokio::spawn(async move { send(&service, method, path, "a", body).await });
        asked.notified().await;
        shutdown.end();
        let (status, error) = answer.await.unwrap();
        assert_eq!(status, 503, "{method} {path}");
        // A store that does not answer in time is another error.
        assert_eq!(
            error["error"]["code"], "server_shutting_down",
            "{method} {path}"
        );
        shutdown.closed().await;
    }
}
