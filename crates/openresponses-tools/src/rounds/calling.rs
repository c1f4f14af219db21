//! The calls of one round, from their start to their results.

use std::collections::VecDeque;
use std::sync::Arc;

use openresponses_tower::output::Output;
use openresponses_types::Item;
use openresponses_types::json::RawJson;
use openresponses_types::sequence::Failure;
use serde_json::Value;

use super::appearance::ShownCall;
use super::call::{Call, Outcome};
use super::transcript::Entry;
use crate::error::ToolError;
use crate::offer::Offer;
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
    /// The approval that the call runs by.
    pub(super) approval_request_id: Option<String>,
}

impl Slot {
    fn shown(&self) -> Option<ShownCall<'_>> {
        let approval = self.approval_request_id.as_deref();
        ShownCall::new(self.offer.as_ref(), &self.call, approval)
    }

    fn is_asked(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Asked(_)))
    }

    /// Returns whether the call counts: it runs, or the client is asked for approval.
    pub(super) fn is_made(&self) -> bool {
        self.outcome.is_none() || self.is_asked()
    }

    fn output_item(&self) -> Item {
        let text = self.outcome.as_ref().map(Outcome::text);
        self.call.output_item(text.unwrap_or_default())
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
        if let Some(shown) = self.slots.get(index).and_then(Slot::shown) {
            shown.progress(report, out);
        }
    }

    pub(super) fn finish(&mut self, index: usize, outcome: Outcome, out: &mut VecDeque<Output>) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.outcome = Some(outcome);
        }
        self.advance(out);
    }

    /// Ends the calls that still run, without a word to the client: the items of those that it sees
    /// are left incomplete.
    pub(super) fn expire(&mut self) {
        for slot in &mut self.slots {
            let late = || Outcome::Failed(ToolError::new("The time for tools was over."));
            slot.outcome.get_or_insert_with(late);
        }
    }

    /// Sends the items of calls that are through, up to the first that still runs.
    fn advance(&mut self, out: &mut VecDeque<Output>) {
        while let Some(slot) = self.slots.get(self.closed) {
            if let Some(shown) = slot.shown().filter(|_| !slot.is_asked()) {
                if !self.is_open {
                    self.is_open = true;
                    shown.open(out);
                }
                if let Some(outcome) = &slot.outcome {
                    shown.close(outcome, out);
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
        let hidden = || self.slots.iter().filter(|slot| slot.shown().is_none());
        let calls = hidden().map(|slot| slot.call.item());
        calls.chain(hidden().map(Slot::output_item)).collect()
    }

    /// Asks for the approvals that calls wait for, and returns the ids of the requests.
    pub(super) fn ask(&self, out: &mut VecDeque<Output>) -> Vec<String> {
        let mut asked = Vec::new();
        for slot in &self.slots {
            if let (Some(Outcome::Asked(id)), Some(shown)) = (&slot.outcome, slot.shown()) {
                shown.approval_request(id, out);
                asked.push(id.clone());
            }
        }
        asked
    }

    /// What the round adds to the context of the next.
    pub(super) fn into_items(self) -> Vec<Arc<Item>> {
        let mut items = Vec::with_capacity(self.entries.len() + self.slots.len());
        for entry in self.entries {
            match entry {
                Entry::Item(item) => items.push(Arc::new(item)),
                Entry::Call(index) => {
                    items.extend(self.slots.get(index).map(|slot| Arc::new(slot.call.item())));
                }
            }
        }
        let outputs = self.slots.iter().map(Slot::output_item);
        items.extend(outputs.map(Arc::new));
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
            match failed.shown() {
                Some(shown) => format!("The tool '{}' failed.", shown.name),
                None => "A tool of the server failed.".into(),
            },
        ))
    }

    /// Returns whether the client saw a call.
    pub(super) fn is_visible(&self) -> bool {
        self.slots.iter().any(|slot| slot.shown().is_some())
    }
}
