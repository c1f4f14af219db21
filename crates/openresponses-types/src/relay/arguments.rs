//! The arguments of function calls.

use alloc::string::String;

use super::push::{Relay, Then};
use super::reading::Incoming;
use super::repair::Repair;
use super::source::Wants;
use super::texts::{Unsent, unsent};
use crate::event::ItemKind;
use crate::json::{Document, Reader, ValueKind};
use crate::sequence::Sequencer;
use crate::stream_output::Stage;

impl Relay {
    pub(super) fn arguments_delta(
        &mut self,
        incoming: &Incoming,
        delta: &str,
        client: &mut Sequencer,
    ) -> Then {
        let (at, source) = match self.call_for(incoming, client) {
            Ok(found) => found,
            Err(then) => return self.nowhere(then, delta),
        };
        let Some(item) = client.events.item(at) else {
            return Then::Drop;
        };
        let open = !item.done && matches!(item.arguments.stage, Stage::Carried | Stage::Open);
        let Some(known) = self.source.get_mut(source) else {
            return Then::Drop;
        };
        match unsent(item.arguments_text(), &mut known.arguments_received, delta) {
            Unsent::Nothing if delta.is_empty() && open => {
                // It is empty, but from now on the arguments have an end of their own.
                if let Some(item) = client.events.item_mut(at) {
                    item.append_arguments(delta);
                }
                Then::Forward(at, None)
            }
            Unsent::Nothing => {
                self.repairs.note(Repair::DeltaRepeated);
                Then::Drop
            }
            Unsent::All | Unsent::Rest(_) if !open => {
                self.repairs.note(Repair::EventLate);
                self.doubt();
                Then::Drop
            }
            Unsent::All => {
                if let Some(item) = client.events.item_mut(at) {
                    item.append_arguments(delta);
                }
                client.events.grow(delta.len());
                Then::Forward(at, None)
            }
            Unsent::Rest(rest) => {
                client.events.append_arguments(at, rest.into());
                Then::Drop
            }
        }
    }

    pub(super) fn arguments_done(
        &mut self,
        incoming: &Incoming,
        arguments: &str,
        client: &mut Sequencer,
    ) -> Then {
        let (at, _) = match self.call_for(incoming, client) {
            Ok(found) => found,
            Err(then) => return self.nowhere(then, arguments),
        };
        let Some(item) = client.events.item(at) else {
            return Then::Drop;
        };
        if item.done || item.arguments.stage == Stage::TextDone {
            self.repairs.note(Repair::EventRepeated);
            self.compare_arguments(item.arguments_text(), arguments, client);
            return Then::Drop;
        }
        if self.complete_arguments(at, arguments, client) {
            if let Some(item) = client.events.item_mut(at) {
                item.finish_arguments();
            }
            Then::Forward(at, None)
        } else {
            client.events.finish_arguments(at);
            Then::Drop
        }
    }

    /// Brings a call's arguments to the end that its item says they have.
    pub(super) fn settle_arguments(&mut self, at: usize, arguments: &str, client: &mut Sequencer) {
        let Some(item) = client.events.item(at) else {
            return;
        };
        if item.arguments.stage == Stage::TextDone {
            self.compare_arguments(item.arguments_text(), arguments, client);
        } else {
            self.complete_arguments(at, arguments, client);
        }
    }

    /// Brings the client's arguments to what the finished ones say. True when they are the same then.
    fn complete_arguments(&mut self, at: usize, arguments: &str, client: &mut Sequencer) -> bool {
        let Some(item) = client.events.item(at) else {
            return false;
        };
        let ours = item.arguments_text();
        if ours == arguments {
            return true;
        }
        if let Some(rest) = arguments.strip_prefix(ours) {
            let rest = String::from(rest);
            self.repairs.note(Repair::DeltaSent);
            client.events.append_arguments(at, rest);
            return true;
        }
        self.compare_arguments(ours, arguments, client);
        false
    }

    /// Arguments may be printed another way, as long as they are the same JSON.
    pub(super) fn compare_arguments(&mut self, ours: &str, theirs: &str, client: &Sequencer) {
        if ours == theirs {
            return;
        }
        if self.may_compare(ours.len(), client) && is_same_json(ours, theirs) {
            self.repairs.note(Repair::TextKept);
        } else {
            self.compare(ours, theirs, client);
        }
    }

    /// The call that an event is about. An error is what becomes of the event without one.
    fn call_for(
        &mut self,
        incoming: &Incoming,
        client: &mut Sequencer,
    ) -> Result<(usize, usize), Then> {
        let head = incoming.head();
        let found = self
            .source
            .locate(&head, Wants::Arguments, client, &mut self.repairs);
        // Without its item the function's name is not known.
        let Some(source) = found else {
            let waits = head.item_id.is_some() || head.output_index.is_some();
            return Err(if waits { Then::Wait } else { Then::Drop });
        };
        let Some(at) = self.source.get(source).and_then(|item| item.at) else {
            return Err(Then::LeaveOut);
        };
        match client.events.item(at).map(|item| item.shape()) {
            Some(ItemKind::Call) => Ok((at, source)),
            Some(ItemKind::Opaque) => Err(self.make_opaque(at, client)),
            Some(ItemKind::Message | ItemKind::Reasoning | ItemKind::Whole) | None => {
                Err(Then::Drop)
            }
        }
    }
}

/// Returns true if two texts are the same JSON but for white space.
fn is_same_json(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (
        Document::parse(one.as_bytes()),
        Document::parse(other.as_bytes()),
    ) else {
        return false;
    };
    same_value(&mut one.reader(), &mut other.reader())
}

fn same_value(one: &mut Reader<'_>, other: &mut Reader<'_>) -> bool {
    if one.kind() != other.kind() {
        return false;
    }
    match one.kind() {
        ValueKind::String => one.string() == other.string(),
        ValueKind::Array => {
            let (mut left, mut right) = (one.enter_array(), other.enter_array());
            loop {
                match (one.next_element(&mut left), other.next_element(&mut right)) {
                    (true, true) if same_value(one, other) => {}
                    (false, false) => return true,
                    _ => return false,
                }
            }
        }
        ValueKind::Object => {
            let (mut left, mut right) = (one.enter_object(), other.enter_object());
            loop {
                match (one.next_member(&mut left), other.next_member(&mut right)) {
                    (Some(name), Some(other_name))
                        if name == other_name && same_value(one, other) => {}
                    (None, None) => return true,
                    _ => return false,
                }
            }
        }
        ValueKind::Number | ValueKind::Boolean | ValueKind::Null => one.raw() == other.raw(),
    }
}
