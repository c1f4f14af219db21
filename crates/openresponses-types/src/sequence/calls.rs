//! Calls that wait for an earlier one to close: an `incomplete` item must be the last, so only
//! one item is open at a time.

use alloc::string::String;

use super::delta::Failure;
use super::ids::IdKind;
use super::open::OpenKind;
use super::sequencer::{OutputWarning, Sequencer};
use crate::event::*;
use crate::item::ItemStatus;

impl Sequencer {
    pub(super) fn call(
        &mut self,
        key: u32,
        call_id: Option<String>,
        name: String,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        if let Err(reason) = self
            .policy
            .permits("function_call", Some(&name), self.calls_made)
        {
            self.suppressed.push(key);
            self.forbidden(name, reason);
            return;
        }
        self.calls_made += 1;
        self.suppressed.retain(|suppressed| *suppressed != key);
        if self.open_call().is_some() {
            self.held.push(key, call_id, name);
            self.bound_held();
        } else {
            self.close(ItemStatus::Completed, sink);
            self.open_call_item(key, call_id, name, sink);
        }
    }

    pub(super) fn arguments(
        &mut self,
        key: u32,
        delta: String,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        if let Some((_, arguments)) = self.open_call().filter(|(open, _)| *open == key) {
            arguments.push_str(&delta);
            self.arguments_delta(delta, sink);
        } else if self.held.arguments(key, &delta) {
            self.bound_held();
        } else if !self.suppressed.contains(&key) {
            self.warn(OutputWarning::StrayArguments);
        }
    }

    pub(super) fn end_call(&mut self, key: u32, sink: &mut impl FnMut(StreamEvent)) {
        if self.open_call().is_none_or(|(open, _)| open != key) {
            self.held.end(key);
            return;
        }
        self.close(ItemStatus::Completed, sink);
        // Held calls that are complete come out at once; the first that is not stays open.
        while self.open_held(sink) == Some(true) {
            self.close(ItemStatus::Completed, sink);
        }
    }

    /// Opens the next held call and says whether it has ended already.
    pub(super) fn open_held(&mut self, sink: &mut impl FnMut(StreamEvent)) -> Option<bool> {
        let call = self.held.pop()?;
        self.open_call_item(call.key, call.call_id, call.name, sink);
        if !call.arguments.is_empty() {
            self.arguments(call.key, call.arguments, sink);
        }
        Some(call.ended)
    }

    pub(super) fn bound_held(&mut self) {
        if self.held.bytes() > self.limits.held_calls {
            self.fail(Failure::new(
                "model_error",
                "interleaved_calls_too_large",
                "The model interleaved more function calls than can be held.",
            ));
        }
    }

    pub(super) fn arguments_delta(&mut self, delta: String, sink: &mut impl FnMut(StreamEvent)) {
        if delta.is_empty() {
            return;
        }
        let (item_id, output_index, _) = self.content_position();
        let number = self.number();
        sink(
            ResponseFunctionCallArgumentsDeltaEvent::new(number, item_id, output_index, delta)
                .into(),
        );
    }

    pub(super) fn open_call_item(
        &mut self,
        key: u32,
        call_id: Option<String>,
        name: String,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        let call_id = call_id.unwrap_or_else(|| self.ids.id(IdKind::Call));
        let kind = OpenKind::Call {
            key,
            call_id,
            name,
            arguments: String::new(),
        };
        self.open_item(IdKind::FunctionCall, kind, sink);
    }
}
