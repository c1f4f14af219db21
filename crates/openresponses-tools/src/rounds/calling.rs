//! The calls of one round, from their start to their results.

use std::collections::VecDeque;
use std::sync::Arc;

use openresponses_tower::Output;
use openresponses_types::Item;
use openresponses_types::item::{FunctionCall, FunctionCallOutput};
use openresponses_types::json::RawJson;
use openresponses_types::sequence::{Delta, Failure};
use openresponses_types::wire::ExtensionType;
use serde_json::Value;

use super::appearance::{extension_item, progress_event};
use super::call::{Call, Outcome};
use super::transcript::Entry;
use crate::offer::{Appearance, Offer};
use crate::tool::ErrorAction;

/// One call of the round.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) call: Call,
    /// The tool; `None` where no tool has the name.
    pub(super) offer: Option<Offer>,
    /// Null where the call does not run.
    pub(super) arguments: Value,
    pub(super) outcome: Option<Outcome>,
}

impl Slot {
    fn item_type(&self) -> Option<&ExtensionType> {
        match self.offer.as_ref().map(|offer| &offer.appearance) {
            Some(Appearance::Extension(item_type)) => Some(item_type),
            Some(Appearance::Hidden) | None => None,
        }
    }
}

/// The calls of a round while they run. Their items come out one after the other, in the order in
/// which the model made the calls.
#[derive(Debug)]
pub(super) struct Calling {
    slots: Vec<Slot>,
    entries: Vec<Entry>,
    /// How many of the slots are through.
    closed: usize,
    /// Whether the item of the next one is open.
    is_open: bool,
}

impl Calling {
    pub(super) fn new(slots: Vec<Slot>, entries: Vec<Entry>, out: &mut VecDeque<Output>) -> Self {
        let mut calling = Self {
            slots,
            entries,
            closed: 0,
            is_open: false,
        };
        calling.advance(out);
        calling
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    pub(super) fn is_over(&self) -> bool {
        self.closed == self.slots.len()
    }

    /// A call reports progress. Only that of the open item is shown.
    pub(super) fn progress(&self, index: usize, report: &RawJson, out: &mut VecDeque<Output>) {
        if index != self.closed || !self.is_open {
            return;
        }
        let item_type = self.slots.get(index).and_then(Slot::item_type);
        let event = item_type.and_then(|item_type| progress_event(item_type, report));
        out.extend(event.map(|event| Delta::ItemEvent(Box::new(event)).into()));
    }

    pub(super) fn finish(&mut self, index: usize, outcome: Outcome, out: &mut VecDeque<Output>) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.outcome = Some(outcome);
        }
        self.advance(out);
    }

    /// Sends the items of calls that are through, up to the first that still runs.
    fn advance(&mut self, out: &mut VecDeque<Output>) {
        while let Some(slot) = self.slots.get(self.closed) {
            if let Some(item_type) = slot.item_type() {
                let item = |outcome| extension_item(item_type, &slot.call, outcome).map(Box::new);
                if !self.is_open {
                    self.is_open = true;
                    out.extend(item(None).map(|item| Delta::OpenItem(item).into()));
                }
                if slot.outcome.is_some() {
                    let done = item(slot.outcome.as_ref());
                    out.extend(done.map(|item| Delta::CloseItem(item).into()));
                }
            }
            if slot.outcome.is_none() {
                return;
            }
            self.closed += 1;
            self.is_open = false;
        }
    }

    /// What the client does not see of the round, as it stays in the conversation.
    pub(super) fn hidden(&self) -> Vec<Item> {
        let hidden = || self.slots.iter().filter(|slot| slot.item_type().is_none());
        hidden()
            .map(call_item)
            .chain(hidden().map(output_item))
            .collect()
    }

    /// What the round adds to the context of the next.
    pub(super) fn into_items(self) -> Vec<Arc<Item>> {
        let mut items = Vec::with_capacity(self.entries.len() + self.slots.len());
        for entry in self.entries {
            match entry {
                Entry::Item(item) => items.push(Arc::new(item)),
                Entry::Call(index) => {
                    items.extend(self.slots.get(index).map(|slot| Arc::new(call_item(slot))));
                }
            }
        }
        items.extend(self.slots.iter().map(|slot| Arc::new(output_item(slot))));
        items
    }

    /// How the response fails by one of the calls, if it does.
    pub(super) fn failure(&self) -> Option<Failure> {
        let failed = self.slots.iter().find(|slot| {
            matches!(slot.outcome, Some(Outcome::Failed(_)))
                && slot
                    .offer
                    .as_ref()
                    .is_some_and(|offer| offer.tool.on_error == ErrorAction::Fail)
        })?;
        Some(Failure::new(
            "server_error",
            "tool_failed",
            match failed.item_type() {
                Some(item_type) => format!("The tool '{item_type}' failed."),
                None => "A tool of the server failed.".into(),
            },
        ))
    }

    /// Whether the client saw a call.
    pub(super) fn is_visible(&self) -> bool {
        self.slots.iter().any(|slot| slot.item_type().is_some())
    }
}

fn call_item(slot: &Slot) -> Item {
    let Call {
        call_id,
        name,
        arguments,
    } = &slot.call;
    FunctionCall::new(call_id.as_str(), name.as_str(), arguments.as_str()).into()
}

fn output_item(slot: &Slot) -> Item {
    let text = slot
        .outcome
        .as_ref()
        .map_or_else(String::new, Outcome::text);
    FunctionCallOutput::new(slot.call.call_id.as_str(), text).into()
}
