//! A store in this process.

mod due;
mod limits;
mod state;
mod tenant;

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openresponses_types::Item;
use tokio::sync::Notify;

pub use limits::MemoryStoreLimits;
use state::{Removed, State};
use tenant::{Entry, Tenant, whole_bytes};

use super::{
    AbandonedResponse, Claim, EventBatch, EventPage, ResponseState, ResponseStore, StoreError,
    StoredResponse, UpdateCondition,
};
use crate::scope::Scope;

/// Stores responses in this process. When the store is full, the scope that has the most of it loses
/// something, so scopes that use less than the others lose nothing to them: first its logs of events that
/// have ended, then the oldest events of others, then its least recently used response. A response larger
/// than a limit is not saved and has `store: false`.
///
/// Clones share one store. Its content is lost when the process ends and is invisible to other
/// processes.
///
/// ```
/// use std::time::Duration;
/// use openresponses_tower::Config;
/// use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
///
/// let limits = MemoryStoreLimits::default().bytes(64 << 20).time_to_live(Duration::from_secs(600));
/// let config = Config::new().store(MemoryStore::new(limits));
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    limits: MemoryStoreLimits,
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new(limits: MemoryStoreLimits) -> Self {
        Self {
            limits,
            state: Arc::default(),
        }
    }

    /// Returns the number of responses, including expired ones until the next one is saved.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns true when the store is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the approximate size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lock().bytes()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on the state without what has expired.
    fn run<T>(&self, work: impl FnOnce(&mut State, &mut Removed, Instant) -> T) -> T {
        let now = Instant::now();
        let mut removed = Removed::default();
        let mut state = self.lock();
        state.expire(&self.limits, now, &mut removed);
        let result = work(&mut state, &mut removed, now);
        drop(state);
        drop(removed);
        result
    }

    /// Returns the size of a record beside its conversation.
    fn measure(&self, record: &StoredResponse) -> Result<usize, StoreError> {
        let limits = &self.limits;
        if whole_bytes(record) > limits.bytes.min(limits.scope_bytes)
            || limits.entries.min(limits.scope_entries) == 0
        {
            return Err(StoreError::too_large(
                "the response is larger than the store",
            ));
        }
        Ok(record.own_bytes())
    }

    /// Adds a response in place of another one with its id.
    fn insert(
        &self,
        state: &mut State,
        removed: &mut Removed,
        scope: &Scope,
        (record, bytes): (StoredResponse, usize),
        now: Instant,
    ) {
        // A time beyond the clock's range is never reached.
        let expires = now.checked_add(self.limits.time_to_live);
        let record = record.saved();
        let id = record.saved_id();
        let due = state.response_due(scope, Arc::clone(&id), expires);
        let entry = Entry::new(record, bytes, due, now);
        state.insert(&self.limits, scope, entry, removed);
        state.evict(&self.limits, scope, Some(&id), removed);
    }

    /// Returns events that are there, and what tells of further ones.
    fn events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
    ) -> Result<EventPage, Arc<Notify>> {
        self.run(|state, _, now| {
            let log = state.tenant(scope).and_then(|tenant| tenant.log(id));
            let Some(log) = log.filter(|log| !log.due.is_past(now)) else {
                return Ok(EventPage::Missing);
            };
            log.events
                .read(after)
                .ok_or_else(|| Arc::clone(&log.changed))
        })
    }
}

impl ResponseStore for MemoryStore {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        Ok(self.run(|state, _, now| {
            let entry = state.tenant_mut(scope)?.get(id)?;
            if entry.due.is_past(now) {
                return None;
            }
            let abandoned = entry.is_abandoned(now);
            Some(entry.record.clone().abandoned(abandoned))
        }))
    }

    async fn state(&self, scope: &Scope, id: &str) -> Result<Option<ResponseState>, StoreError> {
        Ok(self.run(|state, _, now| {
            let entry = state.tenant(scope)?.peek(id)?;
            (!entry.due.is_past(now)).then(|| entry.state(now))
        }))
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        // Measured before the lock is taken.
        let bytes = self.measure(&response)?;
        self.run(|state, removed, now| {
            self.insert(state, removed, scope, (response, bytes), now);
        });
        Ok(())
    }

    async fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        let bytes = self.measure(&response)?;
        Ok(self.run(|state, removed, now| {
            let tenant = state.tenant_mut(scope);
            let entry = tenant.and_then(|tenant| tenant.peek_mut(response.id()));
            let allowed = entry.is_some_and(|entry| entry.allows(condition, now));
            if allowed {
                self.insert(state, removed, scope, (response, bytes), now);
            }
            allowed
        }))
    }

    async fn renew(&self, scope: &Scope, id: &str, claim: &Claim) -> Result<bool, StoreError> {
        Ok(self.run(|state, _, now| {
            let tenant = state.tenant_mut(scope);
            let Some(entry) = tenant.and_then(|tenant| tenant.peek_mut(id)) else {
                return false;
            };
            let held = entry.allows(UpdateCondition::HeldBy(claim.holder()), now);
            if held {
                entry.renew(claim, now);
                state.prolong(&self.limits, scope, id, now);
            }
            held
        }))
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        Ok(self.run(|state, removed, now| {
            let entry = state.tenant(scope).and_then(|tenant| tenant.peek(id));
            let found = entry.is_some_and(|entry| !entry.due.is_past(now));
            state.remove(&self.limits, scope, id, removed);
            found
        }))
    }

    async fn delete_scope(&self, scope: &Scope) -> Result<u64, StoreError> {
        let mut count = 0_u64;
        loop {
            let remove = |state: &mut State, removed: &mut Removed, _| {
                state.remove_some(&self.limits, scope, removed)
            };
            let (removed, is_all) = self.run(remove);
            count = count.saturating_add(u64::try_from(removed).unwrap_or(u64::MAX));
            if is_all {
                return Ok(count);
            }
            // Others have their turn.
            tokio::task::yield_now().await;
        }
    }

    async fn find_abandoned(&self, limit: usize) -> Result<Vec<AbandonedResponse>, StoreError> {
        Ok(self.run(|state, _, now| state.abandoned(limit, now)))
    }

    async fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        Ok(self.run(|state, _, now| {
            let tenant = state.tenant(scope);
            let find = |id: &&str| tenant.and_then(|tenant: &Tenant| tenant.item(id, now));
            ids.iter().map(find).collect()
        }))
    }

    fn keeps_events(&self) -> bool {
        true
    }

    fn time_to_renew(&self) -> Duration {
        self.limits.log_time()
    }

    async fn append_events(
        &self,
        scope: &Scope,
        id: &str,
        batch: EventBatch,
    ) -> Result<bool, StoreError> {
        let limits = &self.limits;
        Ok(self.run(|state, removed, now| {
            state.expire_log(limits, scope, id, now, removed);
            let tenant = state.tenant(scope);
            if !tenant.map_or(batch.opens, |tenant| tenant.takes(id, &batch)) {
                return false;
            }
            if let Some(due) = tenant.and_then(|tenant| tenant.log(id)).map(|log| log.due) {
                state.withdraw(due);
            }
            let time = batch.keep.unwrap_or(Duration::MAX).min(limits.log_time());
            let due = state.log_due(scope, id, now.checked_add(time));
            state.change(limits, scope, |tenant| {
                tenant.append(id, due, batch, limits.event_bytes);
            });
            state.evict(limits, scope, None, removed);
            true
        }))
    }

    async fn read_events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> Result<EventPage, StoreError> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            let changed = match self.events(scope, id, after) {
                Ok(page) => return Ok(page),
                Err(changed) => changed,
            };
            let mut notified = pin!(changed.notified());
            notified.as_mut().enable();
            // Events may have come before it was enabled.
            if let Ok(page) = self.events(scope, id, after) {
                return Ok(page);
            }
            if tokio::time::timeout_at(end, notified).await.is_err() {
                return Ok(EventPage::Events {
                    events: Vec::new(),
                    ended: false,
                });
            }
        }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("limits", &self.limits)
            .field("len", &self.len())
            .field("bytes", &self.bytes())
            .finish()
    }
}
