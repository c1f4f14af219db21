//! Events about items that were not added yet.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::reading::Incoming;
use crate::event::EventFamily;
use crate::json::Length;

/// Bytes of events that may wait.
const LIMIT: usize = 1 << 20;

/// How often an event is placed again because an item came to its index. An upstream that reuses an
/// index does not make what waits for another item be looked at each time.
const TRIES: u8 = 8;

/// Calls whose events found no room, at most.
const REFUSED: usize = 1024;

/// The longest id of such a call that is kept, in bytes.
const REFUSED_ID: usize = 1024;

/// Events that wait for their items, by the ids and the indices that they name.
#[derive(Debug, Default)]
pub(super) struct Early {
    /// In the order in which they came.
    waiting: BTreeMap<u64, EarlyEvent>,
    by_id: BTreeMap<Box<str>, Vec<u64>>,
    by_index: BTreeMap<u64, Vec<u64>>,
    bytes: usize,
    came: u64,
    /// Calls that lack arguments for which there was no room, until their done events bring all of
    /// them.
    refused: BTreeSet<(Option<Box<str>>, Option<u64>)>,
}

/// An event that waits.
#[derive(Debug)]
pub(super) struct EarlyEvent {
    pub(super) incoming: Incoming,
    bytes: usize,
    tries: u8,
}

impl Early {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The events that wait, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Incoming> {
        self.waiting.values().map(|early| &early.incoming)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Keeps an event. False where there is no room for it, and nothing that may come later has what it
    /// says.
    pub(super) fn push(&mut self, mut incoming: Incoming) -> bool {
        let bytes = Length::of(|out| incoming.event.write_json(out));
        if self.bytes.saturating_add(bytes) > LIMIT {
            let is_of_call = matches!(
                incoming.event.family(),
                EventFamily::ArgumentsDelta | EventFamily::ArgumentsDone
            );
            if !is_of_call || self.refused.len() >= REFUSED {
                return false;
            }
            let head = incoming.head();
            let id = head.item_id.as_deref();
            if id.is_some_and(|id| id.len() > REFUSED_ID) {
                return false;
            }
            let id = id.map(Box::from);
            self.refused.insert((id, head.output_index));
            return true;
        }
        incoming.verbatim = false;
        self.insert(EarlyEvent {
            incoming,
            bytes,
            tries: 0,
        });
        true
    }

    /// Keeps an event whose item is another one than that which came.
    pub(super) fn push_again(&mut self, mut early: EarlyEvent) {
        early.tries = early.tries.saturating_add(1);
        self.insert(early);
    }

    /// Takes note of a finished call, which has all of its arguments.
    pub(super) fn finished(&mut self, id: &str, index: Option<u64>) {
        if !self.refused.is_empty() {
            self.refused.retain(|(of, at)| match of {
                Some(of) if **of == *id => false,
                _ => index.is_none() || *at != index,
            });
        }
    }

    /// Returns true when a call lacks arguments.
    pub(super) fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    fn insert(&mut self, early: EarlyEvent) {
        let number = self.came;
        self.came += 1;
        self.bytes += early.bytes;
        let head = early.incoming.head();
        if let Some(id) = head.item_id.as_deref() {
            match self.by_id.get_mut(id) {
                Some(same) => same.push(number),
                None => {
                    self.by_id.insert(id.into(), alloc::vec![number]);
                }
            }
        }
        if let Some(index) = head.output_index.filter(|_| early.tries < TRIES) {
            self.by_index.entry(index).or_default().push(number);
        }
        self.waiting.insert(number, early);
    }

    /// Takes the events that name an item by its id or its index, and those with the same ids as
    /// they have: the index may show that it is the same item under another id.
    pub(super) fn take(&mut self, id: &str, index: Option<u64>) -> Vec<EarlyEvent> {
        let mut numbers = self.by_id.remove(id).unwrap_or_default();
        let at_index = index.and_then(|index| self.by_index.remove(&index));
        for number in at_index.unwrap_or_default() {
            numbers.push(number);
            let head = self.waiting.get(&number).map(|early| early.incoming.head());
            if let Some(id) = head.and_then(|head| head.item_id) {
                numbers.extend(self.by_id.remove(&*id).unwrap_or_default());
            }
        }
        numbers.sort_unstable();
        // One that is in both lists, or was taken before, is not there any more.
        let taken: Vec<EarlyEvent> = numbers
            .iter()
            .filter_map(|number| self.waiting.remove(number))
            .collect();
        self.bytes -= taken.iter().map(|early| early.bytes).sum::<usize>();
        taken
    }
}
