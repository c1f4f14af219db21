use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use openresponses_types::Item;

use super::{ResponseStore, StoreError, StoredResponse};
use crate::scope::Scope;

/// Bounds of a [`MemoryStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStoreLimits {
    /// The most responses. 100,000 unless told otherwise.
    pub entries: usize,
    /// The most bytes, about. 256 MiB unless told otherwise. What several turns of a conversation
    /// share counts once, for as long as one of them can reach it.
    pub bytes: usize,
    /// How long a response is kept after it was saved. One hour unless told otherwise.
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
    /// Sets the most responses.
    #[must_use]
    pub fn entries(mut self, count: usize) -> Self {
        self.entries = count;
        self
    }

    /// Sets the most bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets how long a response is kept.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }
}

/// Keeps responses in this process, the least recently used of which make room for new ones.
///
/// Clones are one store. Everything is lost when the process ends, and no other process sees it.
#[derive(Clone)]
pub struct MemoryStore {
    limits: MemoryStoreLimits,
    state: Arc<Mutex<State>>,
    bytes: Arc<AtomicUsize>,
}

type Key = (Scope, Box<str>);

struct State {
    entries: LruCache<Key, Entry>,
    items: HashMap<Key, KnownItem>,
}

/// An item that can be referred to by its id.
struct KnownItem {
    item: Arc<Item>,
    /// How many responses have it.
    responses: usize,
    /// When the last of them expires.
    expires: Instant,
}

struct Entry {
    record: StoredResponse,
    /// The ids of the items that this turn added.
    items: Vec<Box<str>>,
    expires: Instant,
    bytes: usize,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(limits: MemoryStoreLimits) -> Self {
        let state = State {
            entries: LruCache::unbounded(),
            items: HashMap::new(),
        };
        Self {
            limits,
            state: Arc::new(Mutex::new(state)),
            bytes: Arc::default(),
        }
    }

    /// How many responses are kept, expired ones included that nobody asked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes are kept.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn over_bounds(&self, state: &State) -> bool {
        state.entries.len() > self.limits.entries || self.bytes() > self.limits.bytes
    }

    fn insert(&self, scope: &Scope, record: StoredResponse, now: Instant) {
        record.conversation().count_in(&self.bytes);
        let bytes = record.own_bytes();
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let key = (scope.clone(), Box::from(record.id()));
        let expires = now + self.limits.time_to_live;
        let mut state = self.lock();
        let items = state.index_items(scope, &record, expires);
        let old = state.entries.push(
            key,
            Entry {
                record,
                items,
                expires,
                bytes,
            },
        );
        if let Some((key, entry)) = old {
            self.forget(&mut state, &key.0, entry);
        }
        while let Some((_, oldest)) = state.entries.peek_lru() {
            if oldest.expires > now && !self.over_bounds(&state) {
                break;
            }
            if let Some((key, entry)) = state.entries.pop_lru() {
                self.forget(&mut state, &key.0, entry);
            }
        }
    }

    fn remove(&self, scope: &Scope, id: &str, now: Instant) -> bool {
        let mut state = self.lock();
        match state.entries.pop(&(scope.clone(), Box::from(id))) {
            Some(entry) => {
                let alive = entry.expires > now;
                self.forget(&mut state, scope, entry);
                alive
            }
            None => false,
        }
    }

    fn forget(&self, state: &mut State, scope: &Scope, entry: Entry) {
        self.bytes.fetch_sub(entry.bytes, Ordering::Relaxed);
        for id in entry.items {
            let key = (scope.clone(), id);
            if let Some(known) = state.items.get_mut(&key) {
                known.responses -= 1;
                if known.responses == 0 {
                    state.items.remove(&key);
                }
            }
        }
    }
}

impl State {
    /// Makes the items that a turn added known by their ids.
    fn index_items(
        &mut self,
        scope: &Scope,
        record: &StoredResponse,
        expires: Instant,
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
            known.expires = known.expires.max(expires);
            ids.push(id);
        }
        ids
    }
}

impl ResponseStore for MemoryStore {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        let key = (scope.clone(), Box::from(id));
        let now = Instant::now();
        let mut state = self.lock();
        let found = state
            .entries
            .get(&key)
            .map(|entry| (entry.expires > now).then(|| entry.record.clone()));
        if let Some(None) = found
            && let Some(entry) = state.entries.pop(&key)
        {
            self.forget(&mut state, scope, entry);
        }
        Ok(found.flatten())
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        self.insert(scope, response, Instant::now());
        Ok(())
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        Ok(self.remove(scope, id, Instant::now()))
    }

    async fn find_item(&self, scope: &Scope, id: &str) -> Result<Option<Arc<Item>>, StoreError> {
        let key = (scope.clone(), Box::from(id));
        let state = self.lock();
        let known = state
            .items
            .get(&key)
            .filter(|known| known.expires > Instant::now());
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
