//! Events that pass as they are: only numbers, forbidden calls and, where the host wants it, ids
//! are the client's own.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::failure;
use super::other::is_of_call;
use super::push::{Relay, State};
use super::reading::Incoming;
use super::repair::Repair;
use crate::event::{EventBody, EventFamily, StreamEvent, is_event_name, item_id};
use crate::item::Item;
use crate::response::Response;
use crate::sequence::{Sequencer, id_kind};

/// What is known of an upstream's items that only pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    /// The calls that were judged, by id, or by index where they have none.
    calls: BTreeMap<Key, bool>,
    /// The upstream's places of calls that are left out, sorted.
    left_out: Vec<u64>,
    /// The client's ids by the upstream's.
    ids: BTreeMap<String, Arc<str>>,
    /// The ids of the items that were added.
    items: BTreeSet<String>,
    /// Roughly the bytes of all that.
    bytes: usize,
}

/// Roughly the bytes of an entry beside its id.
const ENTRY: usize = 64;

/// The most calls that are left out: the places of events are counted from theirs.
const LEFT_OUT: usize = 16 * 1024;

impl Observed {
    fn grow(&mut self, id: &str) {
        self.bytes = self.bytes.saturating_add(ENTRY + id.len());
    }

    /// Notes what became of a call, and returns whether it was judged for the first time.
    fn judged(&mut self, key: Key, let_out: bool) -> bool {
        self.grow(match &key {
            Key::Id(id) => id,
            Key::Index(_) => "",
        });
        self.calls.insert(key, let_out).is_none()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Id(String),
    Index(u64),
}

impl Relay {
    pub(super) fn observe(&mut self, incoming: Incoming, client: &mut Sequencer) {
        if matches!(self.state, State::Ended) || client.is_finished() {
            return;
        }
        match incoming.event.body() {
            EventBody::Lifecycle(lifecycle, response) => {
                if lifecycle.is_terminal() {
                    self.terminal(lifecycle, response, client);
                }
                return;
            }
            EventBody::Error(error) => {
                let error = failure::of_event(error);
                self.state = State::Failing(alloc::boxed::Box::new(error));
                return;
            }
            _ => {}
        }
        if !is_event_name(incoming.event.event_type()) {
            return;
        }
        if self.lets_out(&incoming, client) {
            self.pass(incoming, client);
        }
        let observed = &self.observed;
        if observed.bytes > self.options.output_limit || observed.left_out.len() > LEFT_OUT {
            self.fail(failure::too_large(), client);
        }
    }

    /// Returns whether an event gets out. What may be of a forbidden call does not.
    fn lets_out(&mut self, incoming: &Incoming, client: &mut Sequencer) -> bool {
        let head = incoming.head();
        let known = |id: &str| self.observed.items.contains(id);
        if incoming.index_is_unreadable() && !head.item_id.as_deref().is_some_and(known) {
            // It belongs to an item that there is not.
            self.repairs.note(Repair::EventMisplaced);
            return false;
        }
        let key = match (head.item_id.as_deref(), head.output_index) {
            (Some(id), _) => Key::Id(id.into()),
            (None, Some(index)) => Key::Index(index),
            (None, None) => return !is_of_call(incoming.event.event_type()),
        };
        let item = match incoming.event.body() {
            EventBody::ItemAdded(item) | EventBody::ItemDone(item) => item,
            _ => None,
        };
        if let (Some(_), Key::Id(id)) = (item, &key)
            && !self.observed.items.contains(id)
        {
            self.observed.grow(id);
            self.observed.items.insert(id.clone());
        }
        match item {
            Some(item)
                if client.policy.is_call(item)
                    && matches!(incoming.event.body(), EventBody::ItemAdded(_))
                    && self.observed.calls.get(&key) == Some(&true) =>
            {
                self.admit_again(key, item, client)
            }
            Some(item) if client.policy.is_call(item) => {
                self.judge(key, head.output_index, item, client)
            }
            Some(_) => true,
            None => match self.observed.calls.get(&key) {
                Some(let_out) => *let_out,
                // It is not known whose arguments those are.
                None => {
                    let of_call = matches!(
                        incoming.event.family(),
                        EventFamily::ArgumentsDelta | EventFamily::ArgumentsDone
                    );
                    !of_call && !is_of_call(incoming.event.event_type())
                }
            },
        }
    }

    /// Judges a call that is announced where another one was let out. A client may take both for
    /// calls, so both count. Without an id, what follows belongs to the later one.
    fn admit_again(&mut self, key: Key, item: &Item, client: &mut Sequencer) -> bool {
        let let_out = client.admit(item);
        if !let_out && matches!(key, Key::Index(_)) {
            self.observed.judged(key, false);
        }
        let_out
    }

    fn judge(&mut self, key: Key, index: Option<u64>, item: &Item, client: &mut Sequencer) -> bool {
        let let_out = match self.observed.calls.get(&key) {
            // One that was let out is not counted again, but may have become another meanwhile.
            Some(true) => client.policy.permits_item(item, 0).is_ok(),
            Some(false) => false,
            None => client.admit(item),
        };
        let first = self.observed.judged(key, let_out);
        if first
            && !let_out
            && let Some(index) = index
            && let Err(at) = self.observed.left_out.binary_search(&index)
        {
            self.observed.left_out.insert(at, index);
        }
        let_out
    }

    fn pass(&mut self, incoming: Incoming, client: &mut Sequencer) {
        let head = incoming.head();
        let left_out = &self.observed.left_out;
        let moved = head.output_index.map(|index| {
            let before = left_out.partition_point(|left_out| *left_out < index);
            index - before as u64
        });
        let id = head.item_id.as_deref();
        let own = id.and_then(|id| self.own_id(id, &incoming.event, client));
        if moved == head.output_index && own.is_none() {
            return self.forward_unplaced(&incoming, client);
        }
        let mut event = incoming.event;
        if let Some(moved) = moved {
            event = event.with_output_index(moved);
        }
        if let Some(own) = own {
            event = event.with_item_id(&own);
        }
        client.events.emit(event);
    }

    /// The client's id for an upstream's item, where the host wants it to have one.
    fn own_id(
        &mut self,
        id: &str,
        event: &StreamEvent,
        client: &mut Sequencer,
    ) -> Option<Arc<str>> {
        if !self.options.own_item_ids {
            return None;
        }
        match event.body() {
            EventBody::ItemAdded(Some(item)) | EventBody::ItemDone(Some(item)) => {
                Some(self.id_of(id, item, client))
            }
            // An item that was not added has no id of the client's.
            _ => self.observed.ids.get(id).cloned(),
        }
    }

    fn id_of(&mut self, id: &str, item: &Item, client: &mut Sequencer) -> Arc<str> {
        if let Some(own) = self.observed.ids.get(id) {
            return Arc::clone(own);
        }
        let own = client.item_id(None, id_kind(item));
        self.observed.grow(id);
        self.observed.ids.insert(id.into(), Arc::clone(&own));
        own
    }

    /// The output of the client's response: the upstream's, or what was streamed.
    pub(super) fn observed_items(
        &mut self,
        upstream: Option<&Response>,
        client: &mut Sequencer,
    ) -> Vec<Item> {
        let items = match (upstream, &self.checker) {
            (Some(upstream), _) => upstream.output_items().to_vec(),
            (None, Some(checker)) => checker.items(),
            (None, None) => Vec::new(),
        };
        let mut kept = Vec::new();
        for (index, item) in (0..).zip(items) {
            let id = item_id(&item).map(|id| id.into_owned());
            let key = id.clone().map_or(Key::Index(index), Key::Id);
            if client.policy.is_call(&item) && !self.judge(key, Some(index), &item, client) {
                continue;
            }
            kept.push(match id.filter(|_| self.options.own_item_ids) {
                Some(id) => {
                    let own = self.id_of(&id, &item, client);
                    item.with_id(&own)
                }
                None => item,
            });
        }
        kept
    }
}
