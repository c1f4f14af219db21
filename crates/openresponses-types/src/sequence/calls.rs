//! Calls that wait for an earlier one to close: an `incomplete` item must be the last, so only
//! one item is open at a time.

use alloc::string::String;

use super::delta::Failure;
use super::ids::IdKind;
use super::open::OpenKind;
use super::sequencer::Sequencer;
use super::warning::OutputWarning;
use crate::item::{FunctionCall, ItemStatus};
use crate::json::Document;

/// A call that other output closed before its end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Interrupted {
    /// Its place in the output.
    At(usize),
    /// It had no arguments, and was completed with an empty object.
    Without,
}

impl Sequencer {
    pub(super) fn call(&mut self, key: u32, call_id: Option<String>, name: String) {
        if let Err(reason) = self
            .policy
            .permits("function_call", Some(&name), self.calls_made)
        {
            self.suppressed.insert(key);
            self.forbidden(name, reason);
            return;
        }
        self.calls_made = self.calls_made.with("function_call");
        self.suppressed.remove(&key);
        if self.open_call().is_some() {
            self.queued.push(key, call_id, name);
            self.bound_queued();
        } else {
            self.close(ItemStatus::Completed);
            self.open_call_item(key, call_id, name);
        }
    }

    pub(super) fn arguments(&mut self, key: u32, delta: String) {
        if self.open_call() == Some(key) {
            self.arguments_delta(delta);
        } else if self.queued.arguments(key, &delta) {
            self.bound_queued();
        } else if !self.suppressed.contains(&key) {
            self.stray_arguments(key, &delta);
        }
    }

    /// Handles arguments for no open call. A client that got a call without them has a call that the model did
    /// not make, so the response fails; a call that was complete without them is left as it is.
    fn stray_arguments(&mut self, key: u32, delta: &str) {
        // Looked at once: what is whole stays so.
        let call = (!delta.trim().is_empty())
            .then(|| self.interrupted.remove(&key))
            .flatten();
        let lacks = call.is_some_and(|call| match call {
            Interrupted::Without => delta.trim() != "{}",
            Interrupted::At(at) => !self.has_whole_arguments(at),
        });
        if lacks {
            self.fail(Failure::new(
                "model_error",
                "interrupted_call",
                "The model went on with the arguments of a function call after other output.",
            ));
        } else {
            self.warn(OutputWarning::StrayArguments);
        }
    }

    /// Returns true if the arguments of the call in this place are JSON.
    fn has_whole_arguments(&self, at: usize) -> bool {
        self.item(at)
            .is_some_and(|item| Document::parse(item.arguments_text().as_bytes()).is_ok())
    }

    /// Closes the open item and every queued call, since something else follows or the response ends.
    pub(super) fn interrupt(&mut self) {
        loop {
            if let (Some(key), Some(open)) = (self.open_call(), self.open) {
                let has_arguments = self
                    .item(open.at)
                    .is_some_and(|item| !item.arguments_text().is_empty());
                let call = match has_arguments {
                    true => Interrupted::At(open.at),
                    false => Interrupted::Without,
                };
                self.interrupted.insert(key, call);
            }
            self.close(ItemStatus::Completed);
            if self.open_queued().is_none() {
                return;
            }
        }
    }

    /// Closes what is open where the response is cut off. Only the last item may be incomplete: behind
    /// a call without all of its arguments no other one is written.
    pub(super) fn cut_off(&mut self) {
        let mut ended = false;
        while !self.queued.is_empty() {
            if !ended
                && !self
                    .open
                    .is_some_and(|open| self.has_whole_arguments(open.at))
            {
                break;
            }
            self.close(ItemStatus::Completed);
            ended = self.open_queued() == Some(true);
        }
        self.close(match ended {
            true => ItemStatus::Completed,
            false => ItemStatus::Incomplete,
        });
        while let Some(call) = self.queued.pop() {
            self.warn(OutputWarning::CallAfterCut { name: call.name });
        }
    }

    pub(super) fn end_call(&mut self, key: u32) {
        if self.open_call() != Some(key) {
            self.queued.end(key);
            return;
        }
        self.close(ItemStatus::Completed);
        // Queued calls that are complete come out at once; the first that is not stays open.
        while self.open_queued() == Some(true) {
            self.close(ItemStatus::Completed);
        }
    }

    /// Opens the next queued call and returns whether it has ended already.
    pub(super) fn open_queued(&mut self) -> Option<bool> {
        let call = self.queued.pop()?;
        self.open_call_item(call.key, call.call_id, call.name);
        self.arguments_delta(call.arguments);
        Some(call.ended)
    }

    /// Ends the arguments of the open call.
    pub(super) fn close_arguments(&mut self, status: &ItemStatus) {
        let Some(open) = self.open.filter(|_| self.open_call().is_some()) else {
            return;
        };
        // A function without parameters: clients parse the arguments, and "" is not JSON.
        let empty = self
            .item(open.at)
            .is_some_and(|item| item.arguments_text().is_empty());
        if empty && *status == ItemStatus::Completed {
            self.arguments_delta("{}".into());
        }
        self.events.finish_arguments(open.at);
    }

    fn bound_queued(&mut self) {
        if self.queued.bytes() > self.limits.held_calls {
            self.fail(Failure::new(
                "model_error",
                "interleaved_calls_too_large",
                "The model interleaved more function calls than can be held.",
            ));
        }
    }

    fn arguments_delta(&mut self, delta: String) {
        if let Some(open) = self.open {
            self.events.append_arguments(open.at, delta);
        }
    }

    fn open_call_item(&mut self, key: u32, call_id: Option<String>, name: String) {
        let call_id = call_id.unwrap_or_else(|| self.ids.id(IdKind::Call));
        let call = FunctionCall::new(call_id, name, "");
        self.open_new_item(IdKind::FunctionCall, OpenKind::Call { key }, call.into());
    }
}
