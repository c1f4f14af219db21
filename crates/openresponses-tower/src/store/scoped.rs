use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Item;
use openresponses_types::response::ResponseStatus;

use super::{DynStore, StoreError, StoredResponse};
use crate::error::{Error, ErrorKind};
use crate::provider::guard;
use crate::scope::Scope;

/// Time limit of one call of the store.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The configured store, if any, as one caller sees it. Every call is bounded in time, and a store
/// that fails is 503 `store_unavailable`.
#[derive(Clone)]
pub(crate) struct ScopedStore {
    store: Option<Arc<dyn DynStore>>,
    scope: Scope,
}

impl ScopedStore {
    pub(crate) fn new(store: Option<Arc<dyn DynStore>>, scope: Scope) -> Self {
        Self { store, scope }
    }

    /// True when responses can be kept.
    pub(crate) fn is_present(&self) -> bool {
        self.store.is_some()
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the response `id`.
    pub(crate) async fn load(&self, id: &str) -> Result<Option<StoredResponse>, Error> {
        match &self.store {
            Some(store) => bounded(|| store.load(&self.scope, id)).await,
            None => Ok(None),
        }
    }

    /// Returns true for a response that was cancelled or deleted; false where that cannot be read.
    pub(crate) async fn is_called_off(&self, id: &str) -> bool {
        match self.load(id).await {
            Ok(Some(found)) => found.status() == Some(&ResponseStatus::Cancelled),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    /// Saves a response.
    pub(crate) async fn save(&self, response: StoredResponse) -> Result<(), Error> {
        match &self.store {
            Some(store) => bounded(|| store.save(&self.scope, response)).await,
            None => Ok(()),
        }
    }

    /// Deletes the response `id`; false when there is none.
    pub(crate) async fn delete(&self, id: &str) -> Result<bool, Error> {
        match &self.store {
            Some(store) => bounded(|| store.delete(&self.scope, id)).await,
            None => Ok(false),
        }
    }

    /// Returns the item `id` of any response.
    pub(crate) async fn find_item(&self, id: &str) -> Result<Option<Arc<Item>>, Error> {
        match &self.store {
            Some(store) => bounded(|| store.find_item(&self.scope, id)).await,
            None => Ok(None),
        }
    }
}

/// Limits a call of the store in time and catches its panics.
async fn bounded<T, F>(call: impl FnOnce() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let work = guard::call(call).map_err(|error| unavailable(StoreError::new(error)))?;
    match tokio::time::timeout(TIMEOUT, guard::future(work)).await {
        Ok(Ok(result)) => result.map_err(unavailable),
        Ok(Err(panicked)) => Err(unavailable(StoreError::new(panicked))),
        Err(elapsed) => Err(unavailable(StoreError::new(elapsed))),
    }
}

/// A client that got 404 here would give its conversation up.
fn unavailable(error: StoreError) -> Error {
    Error::new(
        ErrorKind::Overloaded,
        "store_unavailable",
        "The stored responses cannot be reached. Try again later.",
    )
    .retry_after(Duration::from_secs(1))
    .with_source(error)
}
