//! What one scope has in memory.

use std::collections::hash_map::Entry as Place;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use lru::LruCache;
use openresponses_types::Item;
use tokio::sync::Notify;

use super::due::Due;
use crate::store::event_log::EventLog;
use crate::store::reach::Reach;
use crate::store::{Claim, EventBatch, ResponseState, StoredResponse, UpdateCondition};

/// What an empty scope takes, in bytes: its tables and its places in the tables of all scopes.
const TENANT: usize = 1024;

/// What an item that references can name takes beside the item, in bytes.
const HOLDER: usize = 96;

/// What a log takes beside its events, in bytes.
const LOG: usize = 256;

/// The responses of one scope.
pub(super) struct Tenant {
    entries: LruCache<Arc<str>, Entry>,
    /// The responses with an item, by the id of the item.
    items: HashMap<Arc<str>, Holders>,
    /// The number of the last response that was added, or write to a log.
    last: u64,
    logs: HashMap<Arc<str>, Log>,
    /// The logs that have something to spare, in the order in which they lose it.
    spare: BTreeMap<Spare, Arc<str>>,
    /// The size of the logs, in bytes.
    log_bytes: usize,
    /// The size of the conversations.
    reach: Reach,
    /// The size of everything else, in bytes.
    own: usize,
}

/// The responses with an item, of which there is nearly always one.
struct Holders {
    newest: Holder,
    /// By the numbers of the responses: clients that send the whole conversation with each request make
    /// many.
    earlier: BTreeMap<u64, Holder>,
}

/// A response with an item.
struct Holder {
    /// The number of the response.
    number: u64,
    response: Arc<str>,
    item: Arc<Item>,
}

/// A stored response.
pub(super) struct Entry {
    pub(super) record: StoredResponse,
    pub(super) id: Arc<str>,
    /// The number of the entry, which no other one of its scope has.
    number: u64,
    /// The ids of the items that the turn added.
    items: Vec<Arc<str>>,
    bytes: usize,
    /// When it expires.
    pub(super) due: Due,
    lease: Option<Lease>,
}

struct Lease {
    holder: Box<str>,
    until: Option<Instant>,
}

/// A log that has ended goes before the events of others, the one that was not written to for the longest time
/// first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Spare {
    is_open: bool,
    written: u64,
}

/// The events of a response.
pub(super) struct Log {
    pub(super) events: EventLog,
    /// Its place among those with something to spare.
    spare: Spare,
    /// When it expires.
    pub(super) due: Due,
    /// Wakes those that wait for events.
    pub(super) changed: Arc<Notify>,
}

impl Holders {
    /// Iterates from the newest to the oldest.
    fn iter(&self) -> impl Iterator<Item = &Holder> {
        [&self.newest]
            .into_iter()
            .chain(self.earlier.values().rev())
    }

    fn push(&mut self, holder: Holder) {
        let before = std::mem::replace(&mut self.newest, holder);
        self.earlier.insert(before.number, before);
    }

    /// Removes a response. Returns false when none is left.
    fn remove(&mut self, response: u64) -> bool {
        if self.newest.number != response {
            self.earlier.remove(&response);
            return true;
        }
        let next = self.earlier.pop_last();
        let is_left = next.is_some();
        if let Some((_, next)) = next {
            self.newest = next;
        }
        is_left
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            entries: LruCache::unbounded(),
            items: HashMap::new(),
            last: 0,
            logs: HashMap::new(),
            spare: BTreeMap::new(),
            log_bytes: 0,
            reach: Reach::default(),
            own: 0,
        }
    }
}

impl Entry {
    /// Creates the entry of a [`saved`](StoredResponse::saved) record.
    pub(super) fn new(record: StoredResponse, bytes: usize, due: Due, now: Instant) -> Self {
        let lease = record.claim().map(|claim| Lease::new(claim, now));
        Self {
            id: record.saved_id(),
            record,
            number: 0,
            items: Vec::new(),
            bytes,
            due,
            lease,
        }
    }

    /// Returns true if a process should work on it.
    pub(super) fn is_claimed(&self) -> bool {
        self.lease.is_some()
    }

    /// Returns true if an update is allowed.
    pub(super) fn allows(&self, condition: UpdateCondition<'_>, now: Instant) -> bool {
        let holds = match condition {
            UpdateCondition::Unfinished => true,
            UpdateCondition::HeldBy(holder) => self.is_held_by(holder),
            UpdateCondition::Abandoned => self.is_abandoned(now),
        };
        holds && !self.record.is_finished() && !self.due.is_past(now)
    }

    /// Returns whether it is still being produced.
    pub(super) fn state(&self, now: Instant) -> ResponseState {
        match (self.record.is_finished(), self.is_abandoned(now)) {
            (true, _) => ResponseState::Finished,
            (false, true) => ResponseState::Abandoned,
            (false, false) => ResponseState::Unfinished,
        }
    }

    fn is_held_by(&self, holder: &str) -> bool {
        self.lease
            .as_ref()
            .is_some_and(|lease| &*lease.holder == holder)
    }

    pub(super) fn renew(&mut self, claim: &Claim, now: Instant) {
        self.lease = Some(Lease::new(claim, now));
    }

    /// Returns true when a process should work on it and has not renewed its claim in time.
    pub(super) fn is_abandoned(&self, now: Instant) -> bool {
        let until = self.lease.as_ref().and_then(|lease| lease.until);
        until.is_some_and(|until| until <= now)
    }
}

impl Lease {
    fn new(claim: &Claim, now: Instant) -> Self {
        Self {
            holder: claim.holder().into(),
            until: now.checked_add(claim.time()),
        }
    }
}

/// What goes when there is no room.
pub(super) enum Victim {
    /// The oldest events of a log.
    Events(Arc<str>),
    Log(Arc<str>),
    Response(Arc<str>),
}

/// Returns what a response takes in a scope that has no other, in bytes.
pub(super) fn whole_bytes(record: &StoredResponse) -> usize {
    let items = record.own_items();
    let names = items.iter().filter_map(|item| item.referable_id());
    let names: usize = names.map(|name| name.len() + HOLDER).sum();
    record.conversation().bytes() + record.own_bytes() + names + TENANT
}

impl Tenant {
    pub(super) fn bytes(&self) -> usize {
        self.reach.bytes() + self.own + self.log_bytes + TENANT
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.logs.is_empty()
    }

    /// Returns a response, which then counts as the last one used.
    pub(super) fn get(&mut self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(super) fn peek(&self, id: &str) -> Option<&Entry> {
        self.entries.peek(id)
    }

    pub(super) fn peek_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.peek_mut(id)
    }

    /// Sets when a response and its log expire.
    pub(super) fn set_due(&mut self, id: &str, entry: Option<Due>, log: Option<Due>) {
        if let (Some(entry), Some(due)) = (self.entries.peek_mut(id), entry) {
            entry.due = due;
        }
        if let (Some(log), Some(due)) = (self.logs.get_mut(id), log) {
            log.due = due;
        }
    }

    /// Adds a response in place of another one with its id, which is returned.
    pub(super) fn insert(&mut self, mut entry: Entry) -> Option<Entry> {
        let id = Arc::clone(&entry.id);
        let old = self.remove(&id);
        self.last += 1;
        entry.number = self.last;
        for item in entry.record.own_items() {
            let Some(name) = item.referable_id() else {
                continue;
            };
            let name: Arc<str> = name.into();
            let holder = Holder {
                number: entry.number,
                response: Arc::clone(&id),
                item: Arc::clone(&item),
            };
            match self.items.entry(Arc::clone(&name)) {
                // An id that the response has twice.
                Place::Occupied(holders) if holders.get().newest.number == entry.number => continue,
                Place::Occupied(mut holders) => holders.get_mut().push(holder),
                Place::Vacant(place) => {
                    let earlier = BTreeMap::new();
                    place.insert(Holders {
                        newest: holder,
                        earlier,
                    });
                }
            }
            entry.bytes += name.len() + HOLDER;
            entry.items.push(name);
        }
        self.reach.add(entry.record.conversation());
        self.own += entry.bytes;
        self.entries.put(id, entry);
        old
    }

    /// Removes a response, but not its log.
    pub(super) fn remove(&mut self, id: &str) -> Option<Entry> {
        let entry = self.entries.pop(id)?;
        self.own -= entry.bytes;
        self.reach.remove(entry.record.conversation());
        for name in &entry.items {
            if let Some(holders) = self.items.get_mut(name)
                && !holders.remove(entry.number)
            {
                self.items.remove(name);
            }
        }
        Some(entry)
    }

    /// Returns the id of the response that was not used for the longest time, or of a log without one.
    pub(super) fn oldest(&self) -> Option<Arc<str>> {
        let response = self.oldest_response(None);
        response.or_else(|| self.logs.keys().next().cloned())
    }

    /// Returns what goes first when there is no room, but not the response `kept`: conversations are worth
    /// more than events, which serve clients that were cut off.
    pub(super) fn first_to_go(&self, kept: Option<&str>) -> Option<Victim> {
        if let Some((spare, id)) = self.spare.first_key_value() {
            return Some(match spare.is_open {
                true => Victim::Events(Arc::clone(id)),
                false => Victim::Log(Arc::clone(id)),
            });
        }
        let response = self.oldest_response(kept).map(Victim::Response);
        response.or_else(|| self.logs.keys().next().cloned().map(Victim::Log))
    }

    /// Returns the id of the response that was not used for the longest time, but not `kept`, which was
    /// used last.
    pub(super) fn oldest_response(&self, kept: Option<&str>) -> Option<Arc<str>> {
        let oldest = self.entries.peek_lru().map(|(id, _)| id);
        oldest.filter(|id| Some(&***id) != kept).cloned()
    }

    /// Discards the oldest events of a log until `bytes` are free or none is left.
    pub(super) fn discard_events(&mut self, id: &str, bytes: usize) {
        if let Some(log) = self.logs.get_mut(id) {
            let before = log.events.bytes();
            log.events.shrink(before.saturating_sub(bytes));
            self.log_bytes -= before - log.events.bytes();
            if log.events.bytes() == 0 {
                self.spare.remove(&log.spare);
            }
        }
    }

    /// Returns the newest item with this id.
    pub(super) fn item(&self, id: &str, now: Instant) -> Option<Arc<Item>> {
        let mut holders = self.items.get(id)?.iter();
        let live = |holder: &&Holder| {
            let entry = self.entries.peek(&holder.response);
            entry.is_some_and(|entry| !entry.due.is_past(now))
        };
        holders.find(live).map(|holder| Arc::clone(&holder.item))
    }

    pub(super) fn log(&self, id: &str) -> Option<&Log> {
        self.logs.get(id)
    }

    /// Returns true if there is a log for a batch, or it may create one.
    pub(super) fn takes(&self, id: &str, batch: &EventBatch) -> bool {
        let log = self.logs.get(id);
        log.map_or(batch.opens, |log| log.events.takes(batch))
    }

    /// Appends to the log of a response, which it creates if there is none, or only one of an
    /// earlier attempt.
    pub(super) fn append(&mut self, id: &str, due: Due, batch: EventBatch, limit: usize) {
        self.last += 1;
        let mut spare = Spare {
            is_open: true,
            written: self.last,
        };
        let name: Arc<str> = id.into();
        let log = self.logs.entry(Arc::clone(&name)).or_insert_with(|| {
            self.log_bytes += LOG;
            Log {
                events: EventLog::new(batch.attempt),
                spare,
                due,
                changed: Arc::default(),
            }
        });
        log.due = due;
        self.log_bytes -= log.events.bytes();
        if log.events.attempt() != batch.attempt {
            log.events = EventLog::new(batch.attempt);
        }
        log.events.append(batch, limit);
        self.log_bytes += log.events.bytes();
        self.spare.remove(&log.spare);
        spare.is_open = !log.events.is_ended();
        log.spare = spare;
        if log.events.bytes() > 0 || log.events.is_ended() {
            self.spare.insert(spare, name);
        }
        log.changed.notify_waiters();
    }

    pub(super) fn remove_log(&mut self, id: &str) -> Option<Log> {
        let log = self.logs.remove(id)?;
        self.log_bytes -= log.events.bytes() + LOG;
        self.spare.remove(&log.spare);
        log.changed.notify_waiters();
        Some(log)
    }
}
