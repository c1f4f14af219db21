use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Item;

use super::{
    AbandonedResponse, Claim, EventBatch, EventPage, ResponseState, ResponseStore, StoreError,
    StoredResponse, UpdateCondition,
};
use crate::scope::Scope;

/// A call of a [`ResponseStore`].
///
/// ```
/// use openresponses_tower::store::StoreCall;
///
/// let call = StoreCall::Update { ends: true, is_by_holder: false };
/// assert_eq!(call.name(), "update");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreCall {
    /// [`ResponseStore::load`].
    Load,
    /// [`ResponseStore::state`].
    State,
    /// [`ResponseStore::save`].
    Save,
    /// [`ResponseStore::update`].
    Update {
        /// The response is finished afterwards.
        ends: bool,
        /// The call is that of the job that holds the response.
        is_by_holder: bool,
    },
    /// [`ResponseStore::renew`].
    Renew,
    /// [`ResponseStore::find_abandoned`].
    FindAbandoned,
    /// [`ResponseStore::delete`].
    Delete,
    /// [`ResponseStore::delete_scope`].
    DeleteScope,
    /// [`ResponseStore::find_items`].
    FindItems,
    /// [`ResponseStore::append_events`].
    AppendEvents,
    /// [`ResponseStore::read_events`].
    ReadEvents,
}

impl StoreCall {
    /// Returns the name of the method.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::State => "state",
            Self::Save => "save",
            Self::Update { .. } => "update",
            Self::Renew => "renew",
            Self::FindAbandoned => "find_abandoned",
            Self::Delete => "delete",
            Self::DeleteScope => "delete_scope",
            Self::FindItems => "find_items",
            Self::AppendEvents => "append_events",
            Self::ReadEvents => "read_events",
        }
    }
}

/// What surrounds the calls of a store: measures, delays or fails them.
///
/// ```
/// use std::future::Future;
///
/// use openresponses_tower::store::{StoreCall, StoreError, WrapStore};
///
/// /// Refuses to write.
/// struct ReadOnly;
///
/// impl WrapStore for ReadOnly {
///     async fn around<T: Send>(
///         &self,
///         call: StoreCall,
///         work: impl Future<Output = Result<T, StoreError>> + Send,
///     ) -> Result<T, StoreError> {
///         match call {
///             StoreCall::Load | StoreCall::State => work.await,
///             StoreCall::FindItems | StoreCall::ReadEvents => work.await,
///             _ => Err(StoreError::new("read-only")),
///         }
///     }
/// }
/// ```
pub trait WrapStore: Send + Sync + 'static {
    /// Makes a call, by awaiting `work`, which does nothing until then.
    ///
    /// # Errors
    /// Those of the call, and others of this wrapper.
    fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;
}

/// A store each of whose calls goes through a [`WrapStore`]. Methods with a default are passed on as
/// well.
///
/// ```
/// use std::future::Future;
///
/// use openresponses_tower::Config;
/// use openresponses_tower::store::{
///     MemoryStore, MemoryStoreLimits, StoreCall, StoreError, WrapStore, WrappedStore,
/// };
///
/// /// Logs the calls that fail.
/// struct Logged;
///
/// impl WrapStore for Logged {
///     async fn around<T: Send>(
///         &self,
///         call: StoreCall,
///         work: impl Future<Output = Result<T, StoreError>> + Send,
///     ) -> Result<T, StoreError> {
///         work.await.inspect_err(|_| eprintln!("{} failed", call.name()))
///     }
/// }
///
/// let store = MemoryStore::new(MemoryStoreLimits::default());
/// let config = Config::new().store(WrappedStore::new(store, Logged));
/// # let _ = config;
/// ```
#[derive(Clone, Debug)]
pub struct WrappedStore<S, W> {
    inner: S,
    wrap: W,
}

impl<S, W> WrappedStore<S, W> {
    /// Surrounds the calls of `inner` with `wrap`.
    #[must_use]
    pub fn new(inner: S, wrap: W) -> Self {
        Self { inner, wrap }
    }
}

impl<S: ResponseStore, W: WrapStore> ResponseStore for WrappedStore<S, W> {
    fn load(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<StoredResponse>, StoreError>> + Send {
        let work = self.inner.load(scope, id);
        self.wrap.around(StoreCall::Load, work)
    }

    fn state(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<ResponseState>, StoreError>> + Send {
        let work = self.inner.state(scope, id);
        self.wrap.around(StoreCall::State, work)
    }

    fn save(
        &self,
        scope: &Scope,
        response: StoredResponse,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let work = self.inner.save(scope, response);
        self.wrap.around(StoreCall::Save, work)
    }

    fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let call = StoreCall::Update {
            ends: response.is_finished(),
            is_by_holder: matches!(condition, UpdateCondition::HeldBy(_)),
        };
        let work = self.inner.update(scope, response, condition);
        self.wrap.around(call, work)
    }

    fn renew(
        &self,
        scope: &Scope,
        id: &str,
        claim: &Claim,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let work = self.inner.renew(scope, id, claim);
        self.wrap.around(StoreCall::Renew, work)
    }

    fn find_abandoned(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<AbandonedResponse>, StoreError>> + Send {
        let work = self.inner.find_abandoned(limit);
        self.wrap.around(StoreCall::FindAbandoned, work)
    }

    fn delete(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let work = self.inner.delete(scope, id);
        self.wrap.around(StoreCall::Delete, work)
    }

    fn delete_scope(&self, scope: &Scope) -> impl Future<Output = Result<u64, StoreError>> + Send {
        let work = self.inner.delete_scope(scope);
        self.wrap.around(StoreCall::DeleteScope, work)
    }

    fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> impl Future<Output = Result<Vec<Option<Arc<Item>>>, StoreError>> + Send {
        let work = self.inner.find_items(scope, ids);
        self.wrap.around(StoreCall::FindItems, work)
    }

    fn keeps_events(&self) -> bool {
        self.inner.keeps_events()
    }

    fn time_to_renew(&self) -> Duration {
        self.inner.time_to_renew()
    }

    fn append_events(
        &self,
        scope: &Scope,
        id: &str,
        batch: EventBatch,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let work = self.inner.append_events(scope, id, batch);
        self.wrap.around(StoreCall::AppendEvents, work)
    }

    fn read_events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> impl Future<Output = Result<EventPage, StoreError>> + Send {
        let work = self.inner.read_events(scope, id, after, wait);
        self.wrap.around(StoreCall::ReadEvents, work)
    }
}

#[cfg(test)]
mod tests {
    /// The trait and this file: a method with a default that is not passed on would be lost.
    const TRAIT: &str = include_str!("mod.rs");
    const OWN: &str = include_str!("wrapped.rs");

    #[test]
    fn every_method_of_a_store_is_passed_on() {
        let (_, methods) = TRAIT.split_once("pub trait ResponseStore").unwrap();
        let (methods, _) = methods.split_once("\n}\n").unwrap();
        let names = methods
            .lines()
            .filter_map(|line| line.strip_prefix("    fn "));
        let names: Vec<_> = names.map(|name| name.split('(').next().unwrap()).collect();
        assert!(names.len() >= 12, "{names:?}");
        let (own, _) = OWN.split_once("#[cfg(test)]").unwrap();
        for name in names {
            assert!(own.contains(&format!("self.inner.{name}(")), "{name}");
        }
    }
}
