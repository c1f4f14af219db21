//! Checks the events of items: added and done.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;

use super::checker::{Checker, at, shown};
use super::mode::CheckMode;
use super::openai;
use super::place::Place;
use super::rule::StreamRule;
use super::state::{Action, Checked, Held};
use crate::content::Content;
use crate::event::*;
use crate::item::{Item, ItemStatus, Message, Reasoning, Role};
use crate::stream_output::{
    ItemKind, ItemLookup, StreamedItem, hollow, protocol_status, renamed, weight,
};

impl Checker {
    /// Returns the item of an event. `None` is yet to be reported.
    pub(super) fn locate(
        &mut self,
        id: &str,
        output_index: u64,
        id_member: &str,
    ) -> Checked<Option<usize>> {
        match self.output.find(id, output_index) {
            ItemLookup::Exactly(found) => Ok(Some(found)),
            ItemLookup::AtOtherIndex(found) => {
                if let Some(item) = self.output.get_mut(found)
                    && !core::mem::replace(&mut item.misplaced, true)
                {
                    let expected = item.wire_index;
                    self.report(
                        StreamRule::OutputIndex,
                        at("output_index"),
                        format_args!("expected {expected}, got {output_index}"),
                    )?;
                }
                Ok(Some(found))
            }
            ItemLookup::ByOtherId(found) => {
                let expected = self.output.get(found).map(|item| Arc::clone(&item.wire_id));
                let mut path = at("");
                path.pop();
                for member in id_member.split('.') {
                    path.push_member(member);
                }
                self.report(
                    StreamRule::ItemId,
                    path,
                    format_args!(
                        "expected {}, got {}",
                        shown(&expected.unwrap_or_default()),
                        shown(id)
                    ),
                )?;
                self.output.alias(id, found);
                Ok(Some(found))
            }
            ItemLookup::Nowhere => Ok(None),
        }
    }

    /// Adds an item to the output and returns its index.
    fn open_item(
        &mut self,
        id: Arc<str>,
        wire_id: Arc<str>,
        wire_index: u64,
        item: Item,
    ) -> Checked<usize> {
        self.grow(weight(&item) + id.len() + wire_id.len())?;
        self.release_held();
        Ok(self
            .output
            .push(StreamedItem::new(id, wire_id, wire_index, item)))
    }

    /// Creates an id for an item without one, from unique parts.
    fn made_up_id(&mut self, item: &Item) -> Arc<str> {
        let prefix = match item {
            Item::Message(_) => "msg",
            Item::FunctionCall(_) => "fc",
            Item::Reasoning(_) => "rs",
            Item::Compaction(_) => "cmp",
            _ => "item",
        };
        let response = self.life.snapshot.as_ref().map_or("", |first| &first.id);
        loop {
            let id = format!("{prefix}_{response}_{}", self.made_up_ids);
            self.made_up_ids += 1;
            if self.output.by_id(&id).is_none() {
                return id.into();
            }
        }
    }

    /// The id sent for an item whose own id cannot be used.
    fn own_id(&mut self, item: &Item) -> Option<Arc<str>> {
        (self.mode != CheckMode::Observe).then(|| self.made_up_id(item))
    }

    pub(super) fn item_added(&mut self, index: u64, item: Option<&Item>) -> Checked<Action> {
        let Some(item) = item else {
            self.report(StreamRule::ItemMissing, at("item"), format_args!(""))?;
            return Ok(Action::Drop);
        };
        let wire_id = item.id().filter(|id| !id.is_empty());
        let mut own_id = None;
        match wire_id.as_deref() {
            None => {
                let path = at("item").member("id");
                self.report(StreamRule::ItemIdMissing, path, format_args!(""))?;
                own_id = self.own_id(item);
            }
            Some(id) => {
                let known = self.output.by_id(id);
                if let Some(known) = known.and_then(|known| self.output.get_mut(known)) {
                    if core::mem::take(&mut known.unannounced) {
                        return Ok(Action::Drop);
                    }
                    let known = known.wire_index;
                    if known == index {
                        self.report(
                            StreamRule::ItemAddedTwice,
                            at("item").member("id"),
                            format_args!("{} is item {index} already", shown(id)),
                        )?;
                        return Ok(Action::Drop);
                    }
                    self.report(
                        StreamRule::ItemIdRepeated,
                        at("item").member("id"),
                        format_args!("{} is item {known}", shown(id)),
                    )?;
                    own_id = self.own_id(item);
                }
            }
        }
        let expected = self.output.next_index();
        // After a wrong index, both continuing from it and ignoring it are accepted.
        let misplaced = index != expected && index != self.output.len() as u64;
        if misplaced {
            self.report(
                StreamRule::OutputIndex,
                at("output_index"),
                format_args!("expected {expected}, got {index}"),
            )?;
        }
        if let Some(incomplete) = self.life.incomplete {
            self.report(
                StreamRule::IncompleteNotLast,
                at("item"),
                format_args!("item {incomplete} is incomplete"),
            )?;
            self.life.incomplete = None;
            self.dispute(incomplete);
        }
        if let Item::Unknown(raw) = item
            && !openai::is_item(raw.type_name())
        {
            self.report(
                StreamRule::TypeNotPrefixed,
                at("item").member("type"),
                format_args!("got {}", shown(raw.type_name())),
            )?;
        }
        let wire_id: Arc<str> = wire_id.map_or_else(|| Arc::from(""), Arc::from);
        let mut changed = own_id.is_some() || index != self.output.len() as u64;
        let id = own_id.unwrap_or_else(|| Arc::clone(&wire_id));
        let mut item = item.clone();
        if changed {
            item = item.with_id(&id);
        }
        let streamable = matches!(
            ItemKind::of(&item),
            ItemKind::Message | ItemKind::Reasoning | ItemKind::Call
        );
        let status = protocol_status(&item);
        let finished =
            streamable && matches!(status, Some(ItemStatus::Completed | ItemStatus::Incomplete));
        let cut = status == Some(ItemStatus::Incomplete) && self.mode != CheckMode::Observe;
        if cut || (finished && self.mode == CheckMode::Repair) {
            // It is not known yet whether more deltas follow, or how the response ends.
            item = item.with_status(ItemStatus::InProgress);
            changed = true;
        }
        let at = self.open_item(id, wire_id, index, item.clone())?;
        if let Some(streamed) = self.output.get_mut(at) {
            streamed.misplaced = misplaced;
            streamed.announced_finished = finished;
            // Its deltas came too early, which was reported.
            streamed.disputed = self.missing.contains(&index);
            streamed.arguments.disputed = streamed.disputed;
        }
        Ok(if changed {
            let event = ResponseOutputItemAddedEvent::new(0u64, at as u64, item);
            Action::Replace(Box::new(event.into()))
        } else {
            Action::Keep
        })
    }

    /// Opens the missing item that `place` refers to.
    pub(super) fn open_missing_item(
        &mut self,
        place: &Place<'_>,
        reasoning: bool,
    ) -> Checked<usize> {
        self.report_missing_item(place.output_index, &place.item_id)?;
        let item: Item = if reasoning {
            Reasoning::new().summary(alloc::vec![]).into()
        } else {
            Message::new(Role::Assistant, Content::Parts(alloc::vec![])).into()
        };
        self.make_up_item(&place.item_id, place.output_index, &item)
    }

    /// Adds a missing item in its state before any delta.
    pub(super) fn make_up_item(
        &mut self,
        wire_id: &str,
        index: u64,
        item: &Item,
    ) -> Checked<usize> {
        let id = if wire_id.is_empty() || self.output.by_id(wire_id).is_some() {
            self.made_up_id(item)
        } else {
            Arc::from(wire_id)
        };
        let item = hollow(item).with_id(&id);
        let at = self.open_item(id, Arc::from(wire_id), index, item)?;
        if let Some(item) = self.output.get_mut(at) {
            item.unannounced = true;
        }
        self.emit_item_added(at);
        Ok(at)
    }

    pub(super) fn item_done(&mut self, index: u64, item: Option<&Item>) -> Checked<Action> {
        let Some(item) = item else {
            self.report(StreamRule::ItemMissing, at("item"), format_args!(""))?;
            let open = self.output.by_index(index);
            if let Some(open) = open.filter(|open| self.is_open(*open)) {
                self.close_item(open, None, ItemStatus::Completed)?;
            }
            return Ok(Action::Drop);
        };
        let id = item.id().unwrap_or_default();
        let found = match self.locate(&id, index, "item.id")? {
            Some(found) => found,
            None => {
                self.report_missing_item(index, &id)?;
                let made_up = self.make_up_item(&id, index, item)?;
                return self.quietly(|this| this.item_done_at(made_up, index, item));
            }
        };
        if !self.is_open(found) {
            self.report(
                StreamRule::ItemDoneTwice,
                at("item").member("id"),
                format_args!("{} is closed already", shown(&id)),
            )?;
            return Ok(Action::Drop);
        }
        self.item_done_at(found, index, item)
    }

    fn item_done_at(&mut self, found: usize, index: u64, item: &Item) -> Checked<Action> {
        let mut changed = self.settle(found, item)?;
        let mut status = None;
        match protocol_status(item) {
            Some(ItemStatus::InProgress) => {
                self.report(
                    StreamRule::ItemStatus,
                    at("item").member("status"),
                    format_args!("got in_progress"),
                )?;
                self.dispute(found);
                status = Some(ItemStatus::Completed);
            }
            Some(ItemStatus::Incomplete) if !self.output.is_last(found) => {
                self.report(
                    StreamRule::IncompleteNotLast,
                    at("item").member("status"),
                    format_args!("item {} was added after it", self.output.len() - 1),
                )?;
                self.dispute(found);
                status = Some(ItemStatus::Completed);
            }
            Some(ItemStatus::Incomplete) => self.life.incomplete = Some(found),
            _ => {}
        }
        let mut done = self.finished(found, item, changed);
        if let Some(status) = status {
            done = done.with_status(status);
            changed = true;
        }
        let mut more = 0;
        let held = self.life.incomplete == Some(found) && self.mode != CheckMode::Observe;
        let mut before = None;
        if let Some(streamed) = self.output.get_mut(found) {
            before = held.then(|| Box::new(streamed.sent()));
            if item.id().as_deref() != Some(&*streamed.id) {
                done = done.with_id(&streamed.id);
                changed = true;
            }
            more = weight(&done).saturating_sub(weight(&streamed.item));
            streamed.item = done.clone();
            streamed.done = true;
        }
        self.grow(more)?;
        let event = || {
            let event = ResponseOutputItemDoneEvent::new(0u64, found as u64, done);
            Box::new(event.into())
        };
        Ok(if let Some(before) = before {
            Action::Hold(Held {
                at: found,
                event: event(),
                before,
            })
        } else if changed || index != found as u64 {
            Action::Replace(event())
        } else {
            Action::Keep
        })
    }

    /// Closes an open item as in `like`, its form in a snapshot.
    pub(super) fn close_item(
        &mut self,
        found: usize,
        like: Option<&Item>,
        status: ItemStatus,
    ) -> Checked {
        let Some(own) = self.output.get(found).map(|item| item.item.clone()) else {
            return Ok(());
        };
        let like = like.unwrap_or(&own);
        let changed = self.quietly(|this| this.settle(found, like))?;
        let done = self.finished(found, like, changed).with_status(status);
        if let Some(streamed) = self.output.get_mut(found) {
            streamed.item = done.with_id(&streamed.id);
            streamed.done = true;
        }
        self.emit_item_done(found);
        Ok(())
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
    fn settle(&mut self, found: usize, item: &Item) -> Checked<bool> {
        let Some(streamed) = self.output.get(found) else {
            return Ok(false);
        };
        if streamed.item.type_name() != item.type_name() {
            let own = streamed.item.clone();
            let expected = own.type_name();
            self.report(
                StreamRule::ItemChanged,
                at("item").member("type"),
                format_args!("expected {expected}, got {}", shown(item.type_name())),
            )?;
            self.dispute(found);
            self.quietly(|this| this.settle(found, &own))?;
            return Ok(true);
        }
        let mut changed = false;
        match (&streamed.item, item) {
            (Item::Message(ours), Item::Message(theirs)) if ours.role != theirs.role => {
                self.report_change(found, "role")?;
                changed = true;
            }
            (Item::FunctionCall(ours), Item::FunctionCall(theirs)) => {
                let name = renamed(&ours.name, &theirs.name);
                if name || renamed(&ours.call_id, &theirs.call_id) {
                    self.report_change(found, if name { "name" } else { "call_id" })?;
                    changed = true;
                }
                self.learn_names(found, &theirs.name, &theirs.call_id);
                changed |= self.settle_arguments(found, &theirs.arguments)?;
            }
            (Item::FunctionCallOutput(ours), Item::FunctionCallOutput(theirs))
                if renamed(&ours.call_id, &theirs.call_id) =>
            {
                self.report_change(found, "call_id")?;
                changed = true;
            }
            _ => {}
        }
        changed |= self.settle_parts(found, &in_parts(item))?;
        Ok(changed)
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

    fn report_change(&mut self, found: usize, member: &str) -> Checked {
        let disputed = self.output.get(found).is_some_and(|item| item.disputed);
        if !disputed {
            self.report(
                StreamRule::ItemChanged,
                at("item").member(member),
                format_args!("it is not what was announced"),
            )?;
        }
        self.dispute(found);
        Ok(())
    }

    /// Suppresses further reports about the item's content.
    pub(super) fn dispute(&mut self, found: usize) {
        if let Some(item) = self.output.get_mut(found) {
            item.disputed = true;
        }
    }

    fn is_open(&self, found: usize) -> bool {
        self.output.get(found).is_some_and(|item| !item.done)
    }
}

/// The item with its content in the long form.
fn in_parts(item: &Item) -> Cow<'_, Item> {
    match item {
        Item::Message(message)
            if ItemKind::of(item) == ItemKind::Message
                && matches!(message.content, Content::Text(_)) =>
        {
            let id = Arc::from("");
            Cow::Owned(StreamedItem::new(Arc::clone(&id), id, 0, item.clone()).item)
        }
        _ => Cow::Borrowed(item),
    }
}
