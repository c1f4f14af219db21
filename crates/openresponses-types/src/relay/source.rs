//! What an upstream has spoken of, under its own ids and indices.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::repair::{Repair, Repairs};
use crate::content::ContentPart;
use crate::event::{EventHead, ItemKind, PartList, TextKind};
use crate::item::Item;
use crate::sequence::Sequencer;
use crate::stream_output::StreamedItem;

/// How many items, or parts of an item, are looked at to find the one that an event without its place
/// is about, the last ones first.
pub(super) const RECENT: usize = 256;

/// The longest other id of an item that is kept, in bytes. An event with a longer one is placed by its index.
const ALIAS: usize = 1024;

/// An upstream's items and the places that the client knows them by.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    items: Vec<SourceItem>,
    by_id: BTreeMap<Arc<str>, usize>,
    by_index: BTreeMap<u64, usize>,
    /// The item of the last event: nearly always the next one's too.
    last: usize,
}

/// An item of an upstream.
#[derive(Clone, Debug)]
pub(super) struct SourceItem {
    /// Its place in the client's output. `None` for a call that the policy forbids.
    pub(super) at: Option<usize>,
    pub(super) id: Arc<str>,
    pub(super) index: Option<u64>,
    pub(super) parts: SourceParts,
    /// Bytes of the arguments that came in deltas.
    pub(super) arguments_received: usize,
}

/// The parts of an upstream's item.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceParts {
    content: Vec<SourcePart>,
    summary: Vec<SourcePart>,
    /// The places in their lists of the parts whose index is another number.
    elsewhere: BTreeMap<(PartList, u64), usize>,
}

/// A part of an upstream's item.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourcePart {
    pub(super) list: PartList,
    /// The upstream's index.
    pub(super) index: u64,
    /// The place in the client's item.
    pub(super) part: usize,
    /// Bytes of the text that came in deltas.
    pub(super) received: usize,
}

/// What an event needs its item to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wants<'e> {
    Text(TextKind),
    Part(PartList, &'e ContentPart),
    Arguments,
    Done(&'e Item),
    /// The inside of an implementer's item.
    Opaque,
}

impl Wants<'_> {
    /// Returns true if an item can be what is wanted.
    fn fits(self, item: &StreamedItem) -> bool {
        let shape = item.shape();
        match self {
            Self::Text(kind) => shape == kind.item_kind(),
            Self::Part(PartList::Summary, _) => shape == ItemKind::Reasoning,
            Self::Part(PartList::Content, part) => match part {
                ContentPart::ReasoningText(_) => shape == ItemKind::Reasoning,
                _ => shape == ItemKind::Message,
            },
            Self::Arguments => shape == ItemKind::Call,
            Self::Done(done) => item.item.type_name() == done.type_name() && continues(item, done),
            Self::Opaque => shape == ItemKind::Opaque,
        }
    }
}

/// Returns true if the finished item can be what was streamed so far.
fn continues(streamed: &StreamedItem, done: &Item) -> bool {
    match (&streamed.item, done) {
        (Item::FunctionCall(ours), Item::FunctionCall(theirs)) => {
            (ours.name.is_empty() || ours.name == theirs.name)
                && (ours.call_id.is_empty() || ours.call_id == theirs.call_id)
                && theirs.arguments.starts_with(ours.arguments.as_str())
        }
        (Item::Message(ours), Item::Message(theirs)) => {
            let ours: usize = ours.content.texts().map(str::len).sum();
            let theirs: usize = theirs.content.texts().map(str::len).sum();
            ours <= theirs
        }
        _ => true,
    }
}

impl Source {
    pub(super) fn get(&self, source: usize) -> Option<&SourceItem> {
        self.items.get(source)
    }

    pub(super) fn get_mut(&mut self, source: usize) -> Option<&mut SourceItem> {
        self.items.get_mut(source)
    }

    pub(super) fn by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn by_index(&self, index: u64) -> Option<usize> {
        self.by_index.get(&index).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn push(&mut self, item: SourceItem) -> usize {
        let source = self.items.len();
        if !item.id.is_empty() {
            self.by_id.insert(Arc::clone(&item.id), source);
        }
        if let Some(index) = item.index {
            self.by_index.insert(index, source);
        }
        self.items.push(item);
        self.last = source;
        source
    }

    /// The item that an event is about. `None` when it was not spoken of yet.
    pub(super) fn locate(
        &mut self,
        head: &EventHead<'_>,
        wants: Wants<'_>,
        client: &Sequencer,
        repairs: &mut Repairs,
    ) -> Option<usize> {
        if let Some(id) = head.item_id.as_deref() {
            if let Some(source) = self.named(id) {
                let index = self.get(source).and_then(|item| item.index);
                if head.output_index.is_none() {
                    repairs.note(Repair::PlaceInferred);
                } else if index != head.output_index {
                    repairs.note(Repair::OutputIndexChanged);
                }
                self.last = source;
                return Some(source);
            }
            let source = self.by_index.get(&head.output_index?).copied()?;
            return self.alias(id, source, wants, client, repairs);
        }
        repairs.note(Repair::PlaceInferred);
        if let Some(index) = head.output_index {
            let source = self.by_index.get(&index).copied()?;
            return self.takes(source, wants, client).then_some(source);
        }
        self.last_open(wants, client)
    }

    /// The last open item that is what is wanted.
    pub(super) fn last_open(&self, wants: Wants<'_>, client: &Sequencer) -> Option<usize> {
        let open = |source: &usize| {
            let item = self
                .get(*source)
                .and_then(|item| client.events.item(item.at?));
            item.is_some_and(|item| !item.done && wants.fits(item))
        };
        (0..self.items.len()).rev().take(RECENT).find(open)
    }

    /// Returns true if an item may have an inside as it is wanted. What is left out and what is an
    /// implementer's takes anything.
    pub(super) fn can_have(&self, source: usize, wants: Wants<'_>, client: &Sequencer) -> bool {
        let item = self.get(source).and_then(|item| item.at);
        let Some(item) = item.and_then(|at| client.events.item(at)) else {
            return true;
        };
        let shape = item.shape();
        shape == ItemKind::Opaque
            || match wants {
                Wants::Text(kind) => kind.may_be_in(shape),
                Wants::Part(list, _) => shape.has(list),
                Wants::Arguments => shape == ItemKind::Call,
                Wants::Done(_) | Wants::Opaque => true,
            }
    }

    /// The item of an id; the last one's first.
    fn named(&self, id: &str) -> Option<usize> {
        match self.items.get(self.last) {
            Some(last) if *last.id == *id => Some(self.last),
            _ => self.by_id(id),
        }
    }

    /// An item at its index under another id: the same item if it can be, else another one.
    fn alias(
        &mut self,
        id: &str,
        source: usize,
        wants: Wants<'_>,
        client: &Sequencer,
        repairs: &mut Repairs,
    ) -> Option<usize> {
        if !self.takes(source, wants, client) {
            return None;
        }
        repairs.note(Repair::ItemIdChanged);
        if id.len() <= ALIAS && self.by_id.len() < self.items.len().saturating_add(1024) {
            self.by_id.insert(id.into(), source);
        }
        self.last = source;
        Some(source)
    }

    /// Returns true if an item is open and what is wanted. What is left out takes anything but
    /// another item.
    fn takes(&self, source: usize, wants: Wants<'_>, client: &Sequencer) -> bool {
        match self.get(source).map(|item| item.at) {
            Some(Some(at)) => client
                .events
                .item(at)
                .is_some_and(|item| !item.done && wants.fits(item)),
            Some(None) => !matches!(wants, Wants::Done(_)),
            None => false,
        }
    }
}

impl SourceParts {
    /// Adds a part. The client's places in a list ascend.
    pub(super) fn push(&mut self, part: SourcePart) {
        let parts = self.list_mut(part.list);
        debug_assert!(parts.last().is_none_or(|last| last.part < part.part));
        let place = parts.len();
        parts.push(part);
        self.set_place(part.list, part.index, place);
    }

    /// The part that the upstream calls by this index.
    pub(super) fn by_index(&self, list: PartList, index: u64) -> Option<SourcePart> {
        let parts = self.list(list);
        if let Some(place) = self.elsewhere.get(&(list, index)) {
            return parts.get(*place).copied();
        }
        let part = parts.get(usize::try_from(index).ok()?)?;
        (part.index == index).then_some(*part)
    }

    /// What is known of a part of the client's item.
    pub(super) fn of_part(&mut self, list: PartList, part: usize) -> Option<&mut SourcePart> {
        let place = self.place_of(list, part)?;
        self.list_mut(list).get_mut(place)
    }

    /// From now on `index` names the part of the client's item.
    pub(super) fn rename(&mut self, list: PartList, part: usize, index: u64) {
        let Some(place) = self.place_of(list, part) else {
            return;
        };
        let Some(known) = self.list_mut(list).get_mut(place) else {
            return;
        };
        let before = core::mem::replace(&mut known.index, index);
        if self.elsewhere.get(&(list, before)) == Some(&place) {
            self.elsewhere.remove(&(list, before));
        }
        self.set_place(list, index, place);
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut SourcePart> {
        self.content.iter_mut().chain(&mut self.summary)
    }

    /// Nearly always the places are the same in both lists.
    fn place_of(&self, list: PartList, part: usize) -> Option<usize> {
        let parts = self.list(list);
        if parts.get(part).is_some_and(|known| known.part == part) {
            return Some(part);
        }
        parts.binary_search_by_key(&part, |known| known.part).ok()
    }

    fn set_place(&mut self, list: PartList, index: u64, place: usize) {
        if usize::try_from(index) != Ok(place) {
            self.elsewhere.insert((list, index), place);
        } else if !self.elsewhere.is_empty() {
            self.elsewhere.remove(&(list, index));
        }
    }

    fn list(&self, list: PartList) -> &Vec<SourcePart> {
        match list {
            PartList::Content => &self.content,
            PartList::Summary => &self.summary,
        }
    }

    fn list_mut(&mut self, list: PartList) -> &mut Vec<SourcePart> {
        match list {
            PartList::Content => &mut self.content,
            PartList::Summary => &mut self.summary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(indices: &[u64]) -> SourceParts {
        let mut parts = SourceParts::default();
        for (part, index) in indices.iter().enumerate() {
            parts.push(SourcePart {
                list: PartList::Content,
                index: *index,
                part,
                received: 0,
            });
        }
        parts
    }

    fn place(parts: &SourceParts, index: u64) -> Option<usize> {
        let part = parts.by_index(PartList::Content, index);
        part.map(|part| part.part)
    }

    #[test]
    fn a_part_is_found_by_its_index_whatever_its_place() {
        let known = parts(&[0, 7, 2, 1, u64::MAX]);
        for (index, expected) in [
            (0, Some(0)),
            (7, Some(1)),
            (2, Some(2)),
            (1, Some(3)),
            (u64::MAX, Some(4)),
            (3, None),
            (4, None),
        ] {
            assert_eq!(place(&known, index), expected, "{index}");
        }
        assert!(known.by_index(PartList::Summary, 0).is_none());
        assert_eq!(known.elsewhere.len(), 3);
    }

    #[test]
    fn the_last_of_two_parts_with_one_index_has_it() {
        assert_eq!(place(&parts(&[1, 1]), 1), Some(1));
        assert_eq!(place(&parts(&[0, 0]), 0), Some(1));
    }

    #[test]
    fn a_renamed_part_has_its_new_index_only() {
        let mut known = parts(&[0, 5]);
        known.rename(PartList::Content, 1, 6);
        known.rename(PartList::Content, 0, 9);
        known.rename(PartList::Content, 1, 1);
        let found = [0, 1, 5, 6, 9].map(|index| place(&known, index));
        assert_eq!(found, [None, Some(1), None, None, Some(0)]);
        assert_eq!(known.elsewhere.len(), 1);
    }

    #[test]
    fn a_part_of_the_client_is_found_where_the_upstream_lacks_some() {
        let mut known = SourceParts::default();
        for part in [1, 4] {
            known.push(SourcePart {
                list: PartList::Summary,
                index: 0,
                part,
                received: part,
            });
        }
        let received = [0, 1, 2, 4].map(|part| {
            let known = known.of_part(PartList::Summary, part);
            known.map(|known| known.received)
        });
        assert_eq!(received, [None, Some(1), None, Some(4)]);
    }
}
