use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use openresponses_types::Item;

use super::reach::Reach;
use super::{ResponseStore, StoreError, StoredResponse};
use crate::scope::Scope;

/// Limits of a [`MemoryStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStoreLimits {
    /// The maximum number of responses. Default: 100,000.
    pub entries: usize,
    /// The approximate maximum size in bytes. Content shared by several turns of a conversation
    /// counts once. Default: 256 MiB.
    pub bytes: usize,
    /// How long a response is kept after it was saved. Default: 1 h.
    pub time_to_live: Duration,
}

impl Default for MemoryStoreLimits {
    fn default() -> Self {
        Self {
            entries: 100_000,
            bytes: 256 << 20,
            time_to_live: Duration::from_secs(3600),
        }
    }
}

impl MemoryStoreLimits {
    /// Sets the maximum number of responses. Default: 100,000.
    #[must_use]
    pub fn entries(mut self, count: usize) -> Self {
        self.entries = count;
        self
    }

    /// Sets the approximate maximum size in bytes. Default: 268,435,456 (256 MiB).
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets how long a response is kept. Default: 1 h.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }
}

/// Stores responses in this process and evicts the least recently used ones. A response larger than
/// the limit is not saved and has `store: false`.
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

type Key = (Scope, Box<str>);

struct State {
    entries: LruCache<Key, Entry>,
    items: HashMap<Key, KnownItem>,
    /// Size of the conversations, in bytes.
    reach: Reach,
    /// Size of everything else, in bytes.
    own: usize,
}

/// An item that references can name.
struct KnownItem {
    item: Arc<Item>,
    /// The number of responses that contain the item.
    responses: usize,
    /// The latest expiry of those responses; `None` without expiry.
    expires: Option<Instant>,
}

struct Entry {
    record: StoredResponse,
    /// The ids of the items that the turn added.
    items: Vec<Box<str>>,
    expires: Option<Instant>,
    bytes: usize,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new(limits: MemoryStoreLimits) -> Self {
        let state = State {
            entries: LruCache::unbounded(),
            items: HashMap::new(),
            reach: Reach::default(),
            own: 0,
        };
        Self {
            limits,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Returns the number of responses, including expired ones that were not requested since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().entries.len()
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

    fn insert(
        &self,
        scope: &Scope,
        record: StoredResponse,
        now: Instant,
    ) -> Result<(), StoreError> {
        // Measured before the lock is taken.
        let bytes = record.own_bytes();
        let whole = record.conversation().bytes() + bytes;
        if whole > self.limits.bytes || self.limits.entries == 0 {
            return Err(StoreError::new("the response is larger than the store"));
        }
        // A time beyond the clock's range is never reached.
        let expires = now.checked_add(self.limits.time_to_live);
        let key = (scope.clone(), Box::from(record.id()));
        let mut state = self.lock();
        let items = state.index_items(scope, &record, expires);
        state.reach.add(record.conversation());
        state.own += bytes;
        let entry = Entry {
            record,
            items,
            expires,
            bytes,
        };
        let mut forgotten = Vec::new();
        if let Some((key, old)) = state.entries.push(key, entry) {
            state.forget(&key.0, &old);
            forgotten.push(old);
        }
        while let Some((_, oldest)) = state.entries.peek_lru() {
            if !has_expired(oldest.expires, now) && !state.is_over(&self.limits) {
                break;
            }
            if let Some((key, entry)) = state.entries.pop_lru() {
                state.forget(&key.0, &entry);
                forgotten.push(entry);
            }
        }
        // Freed outside the lock: long conversations take time.
        drop(state);
        drop(forgotten);
        Ok(())
    }

    /// Removes the entry of a response.
    fn remove(&self, scope: &Scope, id: &str) -> Option<Entry> {
        let mut state = self.lock();
        let entry = state.entries.pop(&(scope.clone(), Box::from(id)))?;
        state.forget(scope, &entry);
        Some(entry)
    }
}

impl State {
    fn bytes(&self) -> usize {
        self.reach.bytes() + self.own
    }

    fn is_over(&self, limits: &MemoryStoreLimits) -> bool {
        self.entries.len() > limits.entries || self.bytes() > limits.bytes
    }

    /// Indexes the items of a turn by id.
    fn index_items(
        &mut self,
        scope: &Scope,
        record: &StoredResponse,
        expires: Option<Instant>,
    ) -> Vec<Box<str>> {
        let mut ids = Vec::new();
        for item in record.own_items() {
            let Some(id) = item.id() else { continue };
            let known = self
                .items
                .entry((scope.clone(), id.clone()))
                .or_insert(KnownItem {
                    item,
                    responses: 0,
                    expires,
                });
            known.responses += 1;
            known.expires = later(known.expires, expires);
            ids.push(id);
        }
        ids
    }

    /// Subtracts an entry from all counts.
    fn forget(&mut self, scope: &Scope, entry: &Entry) {
        self.own -= entry.bytes;
        self.reach.remove(entry.record.conversation());
        for id in &entry.items {
            let key = (scope.clone(), id.clone());
            if let Some(known) = self.items.get_mut(&key) {
                known.responses -= 1;
                if known.responses == 0 {
                    self.items.remove(&key);
                }
            }
        }
    }
}

fn has_expired(expires: Option<Instant>, now: Instant) -> bool {
    expires.is_some_and(|expires| expires <= now)
}

/// Returns the later expiry; `None` is never.
fn later(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    Some(one?.max(other?))
}

impl ResponseStore for MemoryStore {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        let key = (scope.clone(), Box::from(id));
        let mut state = self.lock();
        match state.entries.get(&key) {
            None => return Ok(None),
            Some(entry) if !has_expired(entry.expires, Instant::now()) => {
                return Ok(Some(entry.record.clone()));
            }
            Some(_) => {}
        }
        let expired = state.entries.pop(&key);
        if let Some(entry) = &expired {
            state.forget(scope, entry);
        }
        drop(state);
        drop(expired);
        Ok(None)
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        self.insert(scope, response, Instant::now())
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        let entry = self.remove(scope, id);
        Ok(entry.is_some_and(|entry| !has_expired(entry.expires, Instant::now())))
    }

    async fn find_item(&self, scope: &Scope, id: &str) -> Result<Option<Arc<Item>>, StoreError> {
        let key = (scope.clone(), Box::from(id));
        let state = self.lock();
        let known = state
            .items
            .get(&key)
            .filter(|known| !has_expired(known.expires, Instant::now()));
        Ok(known.map(|known| Arc::clone(&known.item)))
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
