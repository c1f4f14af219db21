//! Checks the events of items: added and done.

use alloc::format;
use alloc::sync::Arc;

use super::checker::{Checker, at};
use super::openai;
use super::place::Place;
use super::rule::StreamRule;
use super::shown::Shown;
use crate::content::Content;
use crate::diagnostics::Path;
use crate::item::{Item, ItemStatus, Message, Reasoning, Role};
use crate::stream_output::{
    Fault, ItemLookup, StreamedItem, hollow, in_parts, protocol_status, renamed, weight,
};

impl Checker {
    /// Returns the item of an event. `None` is yet to be reported.
    pub(super) fn locate(
        &mut self,
        id: &str,
        output_index: u64,
        id_member: impl FnOnce() -> Path,
    ) -> Option<usize> {
        match self.output.find(id, output_index) {
            ItemLookup::Exactly(found) => Some(found),
            ItemLookup::AtOtherIndex(found) => {
                if let Some(item) = self.output.get_mut(found)
                    && item.reported.insert(Fault::Index)
                {
                    let expected = item.wire_index;
                    self.report(
                        StreamRule::OutputIndex,
                        at("output_index"),
                        format_args!("expected {expected}, got {output_index}"),
                    );
                }
                Some(found)
            }
            ItemLookup::ByOtherId(found) => {
                let expected = self.output.get(found).map(|item| Arc::clone(&item.wire_id));
                let expected = expected.unwrap_or_default();
                self.report(
                    StreamRule::ItemId,
                    id_member(),
                    format_args!("expected {}, got {}", Shown(&expected), Shown(id)),
                );
                self.grow(id.len());
                self.output.alias(id, found);
                Some(found)
            }
            ItemLookup::Nowhere => None,
        }
    }

    /// Adds an item to the output and returns its index.
    fn open_item(&mut self, id: Arc<str>, wire_id: Arc<str>, wire_index: u64, item: Item) -> usize {
        self.grow(weight(&item) + id.len() + wire_id.len());
        self.output
            .push(StreamedItem::new(id, wire_id, wire_index, item))
    }

    pub(super) fn item_added(&mut self, index: u64, item: Option<&Item>) {
        let Some(item) = item else {
            return self.report(StreamRule::ItemMissing, at("item"), format_args!(""));
        };
        let id = item.id().filter(|id| !id.is_empty());
        if !self.is_new(id.as_deref(), index) {
            return;
        }
        let expected = self.output.next_index();
        // After a wrong index, both continuing from it and ignoring it are accepted.
        let misplaced = index != expected && index != self.output.len() as u64;
        if misplaced {
            self.report(
                StreamRule::OutputIndex,
                at("output_index"),
                format_args!("expected {expected}, got {index}"),
            );
        }
        if let Some(incomplete) = self.incomplete.take() {
            self.report(
                StreamRule::IncompleteNotLast,
                at("item"),
                format_args!("item {incomplete} is incomplete"),
            );
            self.dispute(incomplete);
        }
        if let Item::Unknown(raw) = item
            && !openai::is_item(raw.type_name())
        {
            self.report(
                StreamRule::TypeNotPrefixed,
                at("item").member("type"),
                format_args!("got {}", Shown(raw.type_name())),
            );
        }
        let id: Arc<str> = id.map_or_else(|| Arc::from(""), Arc::from);
        let found = self.open_item(Arc::clone(&id), id, index, item.clone());
        // Its deltas came too early, which was reported.
        let early = self.not_added.contains(&index);
        if let Some(streamed) = self.output.get_mut(found) {
            if misplaced {
                streamed.reported.insert(Fault::Index);
            }
            if early {
                streamed.reported.insert(Fault::Content);
                streamed.arguments.reported.insert(Fault::Content);
            }
        }
    }

    /// Checks the id of an item that is added. Returns false if the event adds nothing.
    fn is_new(&mut self, id: Option<&str>, index: u64) -> bool {
        let Some(id) = id else {
            let path = at("item").member("id");
            self.report(StreamRule::ItemIdMissing, path, format_args!(""));
            return true;
        };
        let known = self.output.by_id(id);
        let Some(known) = known.and_then(|known| self.output.get_mut(known)) else {
            return true;
        };
        if known.reported.remove(Fault::NotAdded) {
            return false;
        }
        let known = known.wire_index;
        let path = at("item").member("id");
        if known == index {
            let detail = format_args!("{} is item {index} already", Shown(id));
            self.report(StreamRule::ItemAddedTwice, path, detail);
            return false;
        }
        let detail = format_args!("{} is item {known}", Shown(id));
        self.report(StreamRule::ItemIdRepeated, path, detail);
        true
    }

    /// Reports that the item of `place` was not added, and assumes it.
    pub(super) fn assume_item_of(&mut self, place: &Place<'_>, reasoning: bool) -> usize {
        self.report_not_added(place.output_index, &place.item_id);
        let item: Item = if reasoning {
            Reasoning::new().summary(alloc::vec![]).into()
        } else {
            Message::new(Role::Assistant, Content::Parts(alloc::vec![])).into()
        };
        self.assume_item(&place.item_id, place.output_index, &item)
    }

    /// Assumes an item that was not added, in its state before any delta.
    pub(super) fn assume_item(&mut self, wire_id: &str, index: u64, item: &Item) -> usize {
        let id = if wire_id.is_empty() || self.output.by_id(wire_id).is_some() {
            self.assumed_id()
        } else {
            Arc::from(wire_id)
        };
        let item = hollow(item).with_id(&id);
        let found = self.open_item(id, Arc::from(wire_id), index, item);
        if let Some(item) = self.output.get_mut(found) {
            item.reported.insert(Fault::NotAdded);
        }
        found
    }

    /// An id for an assumed item without a usable one.
    fn assumed_id(&mut self) -> Arc<str> {
        loop {
            let id = format!("item_{}", self.assumed_ids);
            self.assumed_ids += 1;
            if self.output.by_id(&id).is_none() {
                return id.into();
            }
        }
    }

    pub(super) fn item_done(&mut self, index: u64, item: Option<&Item>) {
        let Some(item) = item else {
            self.report(StreamRule::ItemMissing, at("item"), format_args!(""));
            let open = self.output.by_index(index);
            if let Some(open) = open.filter(|open| self.is_open(*open)) {
                self.close_item(open, None, ItemStatus::Completed);
            }
            return;
        };
        let id = item.id().unwrap_or_default();
        let Some(found) = self.locate(&id, index, || at("item").member("id")) else {
            self.report_not_added(index, &id);
            let assumed = self.assume_item(&id, index, item);
            return self.quietly(|this| this.item_done_at(assumed, item));
        };
        if !self.is_open(found) {
            return self.report(
                StreamRule::ItemDoneTwice,
                at("item").member("id"),
                format_args!("{} is closed already", Shown(&id)),
            );
        }
        self.item_done_at(found, item);
    }

    fn item_done_at(&mut self, found: usize, item: &Item) {
        let changed = self.settle(found, item);
        let path = || at("item").member("status");
        let mut disputed = true;
        match protocol_status(item) {
            Some(ItemStatus::InProgress) => {
                self.report(
                    StreamRule::ItemStatus,
                    path(),
                    format_args!("got in_progress"),
                );
            }
            Some(ItemStatus::Incomplete) if !self.output.is_last(found) => {
                let next = self.output.len() - 1;
                self.report(
                    StreamRule::IncompleteNotLast,
                    path(),
                    format_args!("item {next} was added after it"),
                );
            }
            Some(ItemStatus::Incomplete) => {
                self.incomplete = Some(found);
                disputed = false;
            }
            Some(ItemStatus::Completed | ItemStatus::Other(_)) | None => disputed = false,
        }
        let mut done = self.finished(found, item, changed);
        if disputed {
            self.dispute(found);
            done.set_status(ItemStatus::Completed);
        }
        let mut more = 0;
        if let Some(streamed) = self.output.get_mut(found) {
            more = weight(&done).saturating_sub(weight(&streamed.item));
            streamed.item = done.with_id(&streamed.id);
            streamed.done = true;
        }
        self.grow(more);
    }

    /// Closes an open item as in `like`, its form in a snapshot.
    pub(super) fn close_item(&mut self, found: usize, like: Option<&Item>, status: ItemStatus) {
        let Some(own) = self.output.get(found).map(|item| item.item.clone()) else {
            return;
        };
        let like = like.unwrap_or(&own);
        let changed = self.quietly(|this| this.settle(found, like));
        let done = self.finished(found, like, changed).with_status(status);
        if let Some(streamed) = self.output.get_mut(found) {
            streamed.item = done.with_id(&streamed.id);
            streamed.done = true;
        }
    }

    /// The finished item: the server's `item`, unless it differs from the streamed one.
    fn finished(&self, found: usize, item: &Item, changed: bool) -> Item {
        let Some(streamed) = self.output.get(found).filter(|_| changed) else {
            return item.clone();
        };
        let mut done = item.clone();
        match (&mut done, &streamed.item) {
            (Item::Message(done), Item::Message(ours)) => {
                done.role = ours.role.clone();
                done.content = ours.content.clone();
            }
            (Item::Reasoning(done), Item::Reasoning(ours)) => {
                done.content = ours.content.clone();
                done.summary = ours.summary.clone();
            }
            (Item::FunctionCall(done), Item::FunctionCall(ours)) => {
                done.call_id.clone_from(&ours.call_id);
                done.name.clone_from(&ours.name);
                done.arguments.clone_from(&ours.arguments);
            }
            (Item::FunctionCallOutput(done), Item::FunctionCallOutput(ours)) => {
                done.call_id.clone_from(&ours.call_id);
            }
            (done, ours) if done.type_name() != ours.type_name() => {
                let status = protocol_status(done).unwrap_or(ItemStatus::Completed);
                *done = ours.clone().with_status(status);
            }
            _ => {}
        }
        done
    }

    /// Completes an item's content as stated by `item` and reports differences. Returns true if
    /// `item` differs from the streamed content.
    fn settle(&mut self, found: usize, item: &Item) -> bool {
        let Some(streamed) = self.output.get(found) else {
            return false;
        };
        if streamed.item.type_name() != item.type_name() {
            let own = streamed.item.clone();
            let expected = own.type_name();
            self.report(
                StreamRule::ItemChanged,
                at("item").member("type"),
                format_args!("expected {expected}, got {}", Shown(item.type_name())),
            );
            self.dispute(found);
            self.quietly(|this| this.settle(found, &own));
            return true;
        }
        let mut changed = false;
        match (&streamed.item, item) {
            (Item::Message(ours), Item::Message(theirs)) if ours.role != theirs.role => {
                self.report_change(found, "role");
                changed = true;
            }
            (Item::FunctionCall(ours), Item::FunctionCall(theirs)) => {
                let name = renamed(&ours.name, &theirs.name);
                if name || renamed(&ours.call_id, &theirs.call_id) {
                    self.report_change(found, if name { "name" } else { "call_id" });
                    changed = true;
                }
                self.learn_names(found, &theirs.name, &theirs.call_id);
                changed |= self.settle_arguments(found, &theirs.arguments);
            }
            (Item::FunctionCallOutput(ours), Item::FunctionCallOutput(theirs))
                if renamed(&ours.call_id, &theirs.call_id) =>
            {
                self.report_change(found, "call_id");
                changed = true;
            }
            _ => {}
        }
        changed |= self.settle_parts(found, &in_parts(item));
        changed
    }

    /// Fills members that a call's announcement left empty.
    fn learn_names(&mut self, found: usize, name: &str, call_id: &str) {
        if let Some(StreamedItem {
            item: Item::FunctionCall(ours),
            ..
        }) = self.output.get_mut(found)
        {
            for (ours, theirs) in [(&mut ours.name, name), (&mut ours.call_id, call_id)] {
                if ours.is_empty() {
                    ours.push_str(theirs);
                }
            }
        }
    }

    fn report_change(&mut self, found: usize, member: &str) {
        if !self.is_disputed(found) {
            self.report(
                StreamRule::ItemChanged,
                at("item").member(member),
                format_args!("it is not what was announced"),
            );
        }
        self.dispute(found);
    }

    /// Suppresses further reports about the item's content.
    pub(super) fn dispute(&mut self, found: usize) {
        if let Some(item) = self.output.get_mut(found) {
            item.reported.insert(Fault::Content);
        }
    }

    /// Returns true if something about the item's content was reported.
    pub(super) fn is_disputed(&self, found: usize) -> bool {
        let item = self.output.get(found);
        item.is_some_and(|item| item.reported.contains(Fault::Content))
    }

    fn is_open(&self, found: usize) -> bool {
        self.output.get(found).is_some_and(|item| !item.done)
    }
}
