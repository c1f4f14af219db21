//! The store of a host: in memory, or the Redis that `TOOLS_REDIS` names.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

use openresponses_store_redis::{RedisStore, RedisStoreOptions};
use openresponses_tower::Scope;
use openresponses_tower::store::{
    Claim, MemoryStore, MemoryStoreLimits, ResponseStore, StoreError, StoredResponse,
    UpdateCondition,
};
use openresponses_types::Item;

#[derive(Clone)]
pub(crate) enum Store {
    Memory(MemoryStore),
    Redis(RedisStore),
}

impl Store {
    /// An empty store.
    pub(crate) fn new() -> Self {
        let Ok(url) = std::env::var("TOOLS_REDIS") else {
            return Self::Memory(MemoryStore::new(MemoryStoreLimits::default()));
        };
        // Tests count their ids from one.
        let prefix = format!("{:016x}:", RandomState::new().hash_one(0));
        let options = RedisStoreOptions::new().prefix(&prefix);
        Self::Redis(RedisStore::connect(&url, options).unwrap())
    }
}

impl ResponseStore for Store {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        match self {
            Self::Memory(store) => store.load(scope, id).await,
            Self::Redis(store) => store.load(scope, id).await,
        }
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        match self {
            Self::Memory(store) => store.save(scope, response).await,
            Self::Redis(store) => store.save(scope, response).await,
        }
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        match self {
            Self::Memory(store) => store.delete(scope, id).await,
            Self::Redis(store) => store.delete(scope, id).await,
        }
    }

    async fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Memory(store) => store.update(scope, response, condition).await,
            Self::Redis(store) => store.update(scope, response, condition).await,
        }
    }

    async fn renew(&self, scope: &Scope, id: &str, claim: &Claim) -> Result<bool, StoreError> {
        match self {
            Self::Memory(store) => store.renew(scope, id, claim).await,
            Self::Redis(store) => store.renew(scope, id, claim).await,
        }
    }

    async fn delete_scope(&self, scope: &Scope) -> Result<u64, StoreError> {
        match self {
            Self::Memory(store) => store.delete_scope(scope).await,
            Self::Redis(store) => store.delete_scope(scope).await,
        }
    }

    async fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        match self {
            Self::Memory(store) => store.find_items(scope, ids).await,
            Self::Redis(store) => store.find_items(scope, ids).await,
        }
    }
}
