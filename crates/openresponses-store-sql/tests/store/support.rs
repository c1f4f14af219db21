//! Databases, records and services for the cases.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openresponses_store_sql::{SqlStore, SqlStoreError, SqlStoreOptions};
use openresponses_tower::store::{Conversation, StoreError, StoredResponse};
use openresponses_types::content::OutputText;
use openresponses_types::item::Message;
use openresponses_types::response::ResponseStatus;
use openresponses_types::{Item, Response};

use crate::postgres::{Directory, Server};

/// A database for one case.
pub(crate) enum Database {
    Sqlite(Directory),
    Postgres(Server),
}

impl Database {
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(directory) => format!("sqlite:{}/responses.db", directory.0.display()),
            Self::Postgres(server) => server.url(),
        }
    }

    pub(crate) async fn store(&self) -> SqlStore {
        self.store_with(SqlStoreOptions::new().timeout(Duration::from_secs(60)))
            .await
    }

    pub(crate) async fn store_with(&self, options: SqlStoreOptions) -> SqlStore {
        SqlStore::connect(&self.url(), options).await.unwrap()
    }
}

/// Polls until the condition is true.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is: impl FnMut() -> F) {
    let start = Instant::now();
    while !is().await {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A completed response to one message, `{id}_in`, with one message, `{id}_out`.
pub(crate) fn answered(id: &str, previous: &Conversation, text: &str) -> StoredResponse {
    let part = OutputText::new(text)
        .annotations(Vec::new())
        .logprobs(Vec::new());
    let output = Item::from(Message::output(format!("{id}_out"), part));
    let response = Response::new(id, "model", 1_764_967_971)
        .status(ResponseStatus::Completed)
        .output(vec![output]);
    let input = Arc::new(Message::user(text).id(format!("{id}_in")).into());
    StoredResponse::new(response, previous, vec![input])
}

/// Returns the cause of a store error.
pub(crate) fn cause(error: &StoreError) -> &SqlStoreError {
    std::error::Error::source(error)
        .unwrap()
        .downcast_ref()
        .unwrap()
}
