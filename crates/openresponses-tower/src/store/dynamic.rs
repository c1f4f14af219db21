use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use openresponses_types::Item;

use super::{ResponseStore, StoreError, StoredResponse};
use crate::scope::Scope;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A type-erased [`ResponseStore`].
pub(crate) trait DynStore: Send + Sync {
    fn load<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, Option<StoredResponse>>;
    fn save<'a>(&'a self, scope: &'a Scope, response: StoredResponse) -> Boxed<'a, ()>;
    fn delete<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, bool>;
    fn find_item<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, Option<Arc<Item>>>;
}

impl<S: ResponseStore> DynStore for S {
    fn load<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, Option<StoredResponse>> {
        Box::pin(ResponseStore::load(self, scope, id))
    }

    fn save<'a>(&'a self, scope: &'a Scope, response: StoredResponse) -> Boxed<'a, ()> {
        Box::pin(ResponseStore::save(self, scope, response))
    }

    fn delete<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, bool> {
        Box::pin(ResponseStore::delete(self, scope, id))
    }

    fn find_item<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, Option<Arc<Item>>> {
        Box::pin(ResponseStore::find_item(self, scope, id))
    }
}
