//! A store whose jobs wait before a save.

use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    AbandonedResponse, Claim, EventBatch, EventPage, ResponseStore, StoreError, StoredResponse,
    UpdateCondition,
};
use openresponses_types::Item;
use tokio::sync::Notify;

/// Where a job waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Nowhere,
    /// Before it tells that the response is in progress.
    First,
    /// Before it saves the end.
    Last,
}

#[derive(Clone)]
pub(super) struct Gated<S> {
    pub(super) inner: S,
    pub(super) gate: Gate,
    pub(super) reached: Arc<Notify>,
    pub(super) open: Arc<Notify>,
}

impl<S: ResponseStore> ResponseStore for Gated<S> {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        self.inner.load(scope, id).await
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        self.inner.save(scope, response).await
    }

    async fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        let of_job = matches!(condition, UpdateCondition::HeldBy(_));
        let waits = match self.gate {
            Gate::Nowhere => false,
            Gate::First => !response.is_finished(),
            Gate::Last => response.is_finished(),
        };
        if of_job && waits {
            self.reached.notify_one();
            self.open.notified().await;
        }
        self.inner.update(scope, response, condition).await
    }

    async fn renew(&self, scope: &Scope, id: &str, claim: &Claim) -> Result<bool, StoreError> {
        self.inner.renew(scope, id, claim).await
    }

    async fn find_abandoned(&self, limit: usize) -> Result<Vec<AbandonedResponse>, StoreError> {
        self.inner.find_abandoned(limit).await
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        self.inner.delete(scope, id).await
    }

    async fn delete_scope(&self, scope: &Scope) -> Result<u64, StoreError> {
        self.inner.delete_scope(scope).await
    }

    async fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        self.inner.find_items(scope, ids).await
    }

    fn keeps_events(&self) -> bool {
        self.inner.keeps_events()
    }

    async fn append_events(
        &self,
        scope: &Scope,
        id: &str,
        batch: EventBatch,
    ) -> Result<bool, StoreError> {
        self.inner.append_events(scope, id, batch).await
    }

    async fn read_events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> Result<EventPage, StoreError> {
        self.inner.read_events(scope, id, after, wait).await
    }
}
