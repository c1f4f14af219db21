//! Responses that outlive their request: to be continued, retrieved and deleted.

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
pub use memory::{MemoryStore, MemoryStoreLimits};
pub use record::StoredResponse;
pub(crate) use scoped::ScopedStore;

use crate::error::BoxError;
use crate::scope::Scope;

/// Keeps responses, each for its scope.
///
/// What one [`Scope`] saved, no other may see: the scope is part of every key, and a foreign id is
/// answered exactly as one that never was. Each record stands alone: deleting or expiring one turn
/// of a conversation breaks no other. The crate
/// `openresponses-testing` contains the tests that every store must pass.
///
/// All methods may be dropped at any await point; a save then has happened or has not.
pub trait ResponseStore: Send + Sync + 'static {
    /// The response `id`, if this scope saved it and it has not expired.
    ///
    /// # Errors
    /// When the store cannot tell; the client is answered 503, never "not found".
    fn load(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<StoredResponse>, StoreError>> + Send;

    /// Saves a response. It can be loaded once this resolves. One of the same id is replaced.
    ///
    /// # Errors
    /// When it was not saved; the response is delivered all the same, with `store: false`.
    fn save(
        &self,
        scope: &Scope,
        response: StoredResponse,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a response; false when there was none.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn delete(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The item `id` of any response that this scope saved, for `item_reference`.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn find_item(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<Arc<Item>>, StoreError>> + Send;
}

/// A store that cannot do its work. The source is for the log and never leaves the server.
#[derive(Debug)]
pub struct StoreError(BoxError);

impl StoreError {
    /// The store failed because of `source`.
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
