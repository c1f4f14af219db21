use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Item;

use super::{
    AbandonedResponse, Claim, EventBatch, EventPage, ResponseState, ResponseStore, StoreError,
    StoredResponse, UpdateCondition,
};
use crate::scope::Scope;

pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A type-erased [`ResponseStore`].
pub(crate) trait DynStore: Send + Sync {
    fn load<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, Option<StoredResponse>>;
    fn state<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, Option<ResponseState>>;
    fn save<'a>(&'a self, scope: &'a Scope, response: StoredResponse) -> Boxed<'a, ()>;
    fn update<'a>(
        &'a self,
        scope: &'a Scope,
        response: StoredResponse,
        condition: UpdateCondition<'a>,
    ) -> Boxed<'a, bool>;
    fn renew<'a>(&'a self, scope: &'a Scope, id: &'a str, claim: &'a Claim) -> Boxed<'a, bool>;
    fn find_abandoned(&self, limit: usize) -> Boxed<'_, Vec<AbandonedResponse>>;
    fn delete<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, bool>;
    fn delete_scope<'a>(&'a self, scope: &'a Scope) -> Boxed<'a, u64>;
    fn find_items<'a>(
        &'a self,
        scope: &'a Scope,
        ids: &'a [&'a str],
    ) -> Boxed<'a, Vec<Option<Arc<Item>>>>;
    fn keeps_events(&self) -> bool;
    fn time_to_renew(&self) -> Duration;
    fn append_events<'a>(
        &'a self,
        scope: &'a Scope,
        id: &'a str,
        batch: EventBatch,
    ) -> Boxed<'a, bool>;
    fn read_events<'a>(
        &'a self,
        scope: &'a Scope,
        id: &'a str,
        after: Option<u64>,
        wait: Duration,
    ) -> Boxed<'a, EventPage>;
}

impl<S: ResponseStore> DynStore for S {
    fn load<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, Option<StoredResponse>> {
        Box::pin(ResponseStore::load(self, scope, id))
    }

    fn state<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, Option<ResponseState>> {
        Box::pin(ResponseStore::state(self, scope, id))
    }

    fn save<'a>(&'a self, scope: &'a Scope, response: StoredResponse) -> Boxed<'a, ()> {
        Box::pin(ResponseStore::save(self, scope, response))
    }

    fn update<'a>(
        &'a self,
        scope: &'a Scope,
        response: StoredResponse,
        condition: UpdateCondition<'a>,
    ) -> Boxed<'a, bool> {
        Box::pin(ResponseStore::update(self, scope, response, condition))
    }

    fn renew<'a>(&'a self, scope: &'a Scope, id: &'a str, claim: &'a Claim) -> Boxed<'a, bool> {
        Box::pin(ResponseStore::renew(self, scope, id, claim))
    }

    fn find_abandoned(&self, limit: usize) -> Boxed<'_, Vec<AbandonedResponse>> {
        Box::pin(ResponseStore::find_abandoned(self, limit))
    }

    fn delete<'a>(&'a self, scope: &'a Scope, id: &'a str) -> Boxed<'a, bool> {
        Box::pin(ResponseStore::delete(self, scope, id))
    }

    fn delete_scope<'a>(&'a self, scope: &'a Scope) -> Boxed<'a, u64> {
        Box::pin(ResponseStore::delete_scope(self, scope))
    }

    fn find_items<'a>(
        &'a self,
        scope: &'a Scope,
        ids: &'a [&'a str],
    ) -> Boxed<'a, Vec<Option<Arc<Item>>>> {
        Box::pin(ResponseStore::find_items(self, scope, ids))
    }

    fn keeps_events(&self) -> bool {
        ResponseStore::keeps_events(self)
    }

    fn time_to_renew(&self) -> Duration {
        ResponseStore::time_to_renew(self)
    }

    fn append_events<'a>(
        &'a self,
        scope: &'a Scope,
        id: &'a str,
        batch: EventBatch,
    ) -> Boxed<'a, bool> {
        Box::pin(ResponseStore::append_events(self, scope, id, batch))
    }

    fn read_events<'a>(
        &'a self,
        scope: &'a Scope,
        id: &'a str,
        after: Option<u64>,
        wait: Duration,
    ) -> Boxed<'a, EventPage> {
        Box::pin(ResponseStore::read_events(self, scope, id, after, wait))
    }
}
