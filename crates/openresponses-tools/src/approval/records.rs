use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::store::{Conversation, ResponseStore, StoreError, StoredResponse};
use openresponses_tower::{Error, ErrorKind, Scope};
use openresponses_types::Response;

/// The requests for approval that wait for their answers, as records of a store that several servers
/// share. The first answer deletes the record, so that it counts once.
#[derive(Clone)]
pub(crate) struct Records(Arc<dyn Keep>);

type Kept<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`ResponseStore`] as a trait object.
trait Keep: Send + Sync {
    fn put(&self, scope: Scope, record: StoredResponse) -> Kept<'_, ()>;
    fn remove(&self, scope: Scope, id: String) -> Kept<'_, bool>;
}

impl<S: ResponseStore> Keep for S {
    fn put(&self, scope: Scope, record: StoredResponse) -> Kept<'_, ()> {
        Box::pin(async move { self.save(&scope, record).await })
    }

    fn remove(&self, scope: Scope, id: String) -> Kept<'_, bool> {
        Box::pin(async move { self.delete(&scope, &id).await })
    }
}

impl Records {
    pub(crate) fn new(store: impl ResponseStore) -> Self {
        Self(Arc::new(store))
    }

    /// Keeps a request of the caller `scope` before the client sees it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn put(&self, scope: &str, id: &str, created: i64) -> Result<(), Error> {
        let response = Response::new(id, "approval", created);
        let record = StoredResponse::new(response, &Conversation::default(), Vec::new());
        self.0.put(own(scope), record).await.map_err(unavailable)
    }

    /// Takes a request away. False where it was taken before.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn take(&self, scope: &str, id: &str) -> Result<bool, Error> {
        let taken = self.0.remove(own(scope), id.to_owned()).await;
        taken.map_err(unavailable)
    }
}

/// Clients cannot read, continue or delete the records: they are in a scope of their own.
fn own(scope: &str) -> Scope {
    Scope::new(scope).of_approvals()
}

fn unavailable(error: StoreError) -> Error {
    Error::new(
        ErrorKind::Overloaded,
        "store_unavailable",
        "The requests for approval cannot be reached. Try again later.",
    )
    .retry_after(Duration::from_secs(1))
    .with_source(error)
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Records(..)")
    }
}
