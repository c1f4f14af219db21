//! The output as it was streamed so far.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::item::StreamedItem;
use super::part::StreamedPart;
use crate::content::ContentPart;
use crate::event::PartList;
use crate::item::Item;

/// The items of a stream, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamedOutput {
    items: Vec<StreamedItem>,
    by_id: BTreeMap<Arc<str>, usize>,
    by_index: BTreeMap<u64, usize>,
    /// The item that the last event was about: nearly always the next one's too.
    last: usize,
    /// Roughly what is kept.
    pub(crate) bytes: usize,
}

/// Where an item is that an event names by id and index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemLookup {
    Exactly(usize),
    /// The id is of an item with another index.
    AtOtherIndex(usize),
    /// The index is of an item with another id.
    ByOtherId(usize),
    Nowhere,
}

impl StreamedOutput {
    pub(crate) fn find(&mut self, id: &str, index: u64) -> ItemLookup {
        if let Some(item) = self.items.get(self.last)
            && item.wire_index == index
            && *item.wire_id == *id
        {
            return ItemLookup::Exactly(self.last);
        }
        if let Some(&at) = self.by_id.get(id) {
            self.last = at;
            let exactly = self
                .items
                .get(at)
                .is_some_and(|item| item.wire_index == index);
            return if exactly {
                ItemLookup::Exactly(at)
            } else {
                ItemLookup::AtOtherIndex(at)
            };
        }
        self.by_index
            .get(&index)
            .map_or(ItemLookup::Nowhere, |&at| ItemLookup::ByOtherId(at))
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn by_index(&self, index: u64) -> Option<usize> {
        self.by_index.get(&index).copied()
    }

    /// From now on `id` names the item at `at` too.
    pub(crate) fn alias(&mut self, id: &str, at: usize) {
        if self.by_id.len() < self.items.len().saturating_add(64) {
            self.by_id.insert(id.into(), at);
        }
    }

    pub(crate) fn push(&mut self, item: StreamedItem) -> usize {
        let at = self.items.len();
        self.by_id.insert(Arc::clone(&item.wire_id), at);
        self.by_index.insert(item.wire_index, at);
        self.last = at;
        self.items.push(item);
        at
    }

    /// The index that the server's next item must have.
    pub(crate) fn next_index(&self) -> u64 {
        let last = self.items.last();
        last.map_or(0, |item| item.wire_index.saturating_add(1))
    }

    pub(crate) fn get(&self, at: usize) -> Option<&StreamedItem> {
        debug_assert!(at < self.items.len(), "there is no item {at}");
        self.items.get(at)
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut StreamedItem> {
        debug_assert!(at < self.items.len(), "there is no item {at}");
        self.items.get_mut(at)
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// A part of the item at `at`.
    pub(crate) fn part(
        &self,
        at: usize,
        list: PartList,
        part: usize,
    ) -> Option<(&StreamedPart, &ContentPart)> {
        self.items.get(at)?.part(list, part)
    }

    pub(crate) fn part_mut(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
    ) -> Option<(&mut StreamedPart, &mut ContentPart)> {
        self.items.get_mut(at)?.part_mut(list, part)
    }

    /// Returns true for the item with the highest place.
    pub(crate) fn is_last(&self, at: usize) -> bool {
        at + 1 == self.items.len()
    }

    /// The items as they are now.
    pub(crate) fn snapshot(&self) -> Vec<Item> {
        self.items.iter().map(|item| item.item.clone()).collect()
    }
}
