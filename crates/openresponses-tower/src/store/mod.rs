//! Stored responses, which can be continued, retrieved and deleted.

mod conversation;
mod dynamic;
mod hidden;
mod memory;
mod reach;
mod record;
mod scoped;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use openresponses_types::Item;

pub use conversation::Conversation;
pub(crate) use dynamic::DynStore;
pub(crate) use hidden::refuse_hidden;
pub use memory::{MemoryStore, MemoryStoreLimits};
pub use record::StoredResponse;
pub(crate) use scoped::ScopedStore;

use crate::error::BoxError;
use crate::scope::Scope;

/// Stores responses, each in its scope.
///
/// Responses of one [`Scope`] are invisible to every other: the scope is part of every key, and an
/// id of another scope is answered like an unknown one. Each record stands alone: deleting or
/// expiring one turn leaves the other turns of a conversation complete. The crate
/// `openresponses-testing` contains the tests that every store must pass.
///
/// Every future may be dropped at any await point; a save is then either complete or without
/// effect.
pub trait ResponseStore: Send + Sync + 'static {
    /// Returns the response `id` if this scope saved it and it has not expired.
    ///
    /// # Errors
    /// When the store cannot answer; the client gets 503, never "not found".
    fn load(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<StoredResponse>, StoreError>> + Send;

    /// Saves a response, which can be loaded once this resolves. A response with the same id is
    /// replaced.
    ///
    /// # Errors
    /// When the response was not saved; it is delivered with `store: false`.
    fn save(
        &self,
        scope: &Scope,
        response: StoredResponse,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a response. Returns false when there is none.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn delete(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Returns the item `id` of any response of this scope, for `item_reference`.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn find_item(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<Arc<Item>>, StoreError>> + Send;
}

/// A failure of a store. The source is logged and never sent.
#[derive(Debug)]
pub struct StoreError(BoxError);

impl StoreError {
    /// Creates a failure caused by `source`.
    #[must_use]
    pub fn new(source: impl Into<BoxError>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response store failed")
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}
