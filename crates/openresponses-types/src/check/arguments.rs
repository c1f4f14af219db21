//! Checks the arguments of function calls: deltas and ends.

use super::checker::{Checker, at};
use super::mode::CheckMode;
use super::parts::Target;
use super::place::Place;
use super::rule::StreamRule;
use super::state::{Action, Checked, Missing};
use crate::event::StreamEvent;
use crate::item::FunctionCall;
use crate::stream_output::{ItemKind, Stage, lengths};

impl Checker {
    /// Returns the call of the arguments. Without a call they cannot be sent, since the function's
    /// name is unknown. In `Observe` a call is assumed.
    fn call_for(&mut self, place: &Place<'_>) -> Checked<Target> {
        let found = match self.locate(&place.item_id, place.output_index, "item_id")? {
            Some(found) => found,
            None => {
                self.report_missing_item(place.output_index, &place.item_id)?;
                if self.mode != CheckMode::Observe {
                    return Ok(Target::Nothing);
                }
                let nameless = FunctionCall::new("", "", "").into();
                let made_up = self.make_up_item(&place.item_id, place.output_index, &nameless)?;
                self.dispute(made_up);
                made_up
            }
        };
        let Some(item) = self.output.get(found) else {
            return Ok(Target::Nothing);
        };
        match item.shape() {
            ItemKind::Call => Ok(Target::Part(found, 0)),
            ItemKind::Opaque => Ok(if self.may_take(found)? {
                Target::Opaque(found)
            } else {
                Target::Nothing
            }),
            _ => {
                let of = alloc::string::String::from(item.item.type_name());
                self.report(
                    StreamRule::EventMisplaced,
                    at("type"),
                    format_args!("the item is a {of}"),
                )?;
                Ok(Target::Nothing)
            }
        }
    }

    pub(super) fn arguments_delta(
        &mut self,
        event: &StreamEvent,
        place: &Place<'_>,
        delta: &str,
    ) -> Checked<Action> {
        let found = match self.call_for(place)? {
            Target::Part(found, _) => found,
            Target::Opaque(found) => return Ok(self.keep(event, place, found, 0)),
            Target::Nothing => return Ok(Action::Drop),
        };
        let stage = self.output.get(found).map(|item| item.arguments.stage);
        if stage == Some(Stage::TextDone) {
            let known = self
                .output
                .get(found)
                .is_some_and(|item| item.arguments.late);
            if !known {
                self.is_late(Missing::Arguments(found));
                self.report(
                    StreamRule::DeltaAfterDone,
                    at("output_index"),
                    format_args!("the arguments are closed"),
                )?;
            }
            if let Some(item) = self.output.get_mut(found) {
                item.arguments.late = true;
            }
            return Ok(Action::Drop);
        }
        if !self.may_take(found)? {
            return Ok(Action::Drop);
        }
        self.grow(delta.len())?;
        if let Some(item) = self.output.get_mut(found) {
            item.arguments.stage = Stage::Open;
            item.arguments.streamed = true;
            if let Some(arguments) = item.arguments_mut() {
                arguments.push_str(delta);
            }
        }
        Ok(self.keep(event, place, found, 0))
    }

    pub(super) fn arguments_done(
        &mut self,
        event: &StreamEvent,
        place: &Place<'_>,
        arguments: &str,
    ) -> Checked<Action> {
        let found = match self.call_for(place)? {
            Target::Part(found, _) => found,
            Target::Opaque(found) => return Ok(self.keep(event, place, found, 0)),
            Target::Nothing => return Ok(Action::Drop),
        };
        let Some(item) = self.output.get(found) else {
            return Ok(Action::Drop);
        };
        if item.done || item.arguments.stage == Stage::TextDone {
            if item.arguments.unclosed {
                return Ok(Action::Drop);
            }
            self.report(
                StreamRule::TextDoneTwice,
                at("output_index"),
                format_args!("the arguments are closed already"),
            )?;
            return Ok(Action::Drop);
        }
        let changed = self.compare_arguments(found, arguments, "")?;
        if let Some(item) = self.output.get_mut(found) {
            item.arguments.stage = Stage::TextDone;
        }
        if changed {
            self.emit_arguments_done(found);
            return Ok(Action::Drop);
        }
        Ok(self.keep(event, place, found, 0))
    }

    /// Returns true if `arguments` differ from the streamed ones, also with a missing rest.
    /// Reported once.
    fn compare_arguments(&mut self, found: usize, arguments: &str, under: &str) -> Checked<bool> {
        let Some(item) = self.output.get_mut(found) else {
            return Ok(false);
        };
        let expected = item.arguments_text();
        if expected == arguments {
            return Ok(false);
        }
        if !item.arguments.disputed {
            let rule = if item.arguments.streamed || !expected.is_empty() {
                StreamRule::ArgumentsMismatch
            } else {
                StreamRule::DeltasMissing
            };
            let detail = lengths(expected, arguments);
            let longer = arguments.starts_with(expected);
            item.arguments.disputed = true;
            item.disputed = true;
            let path = match under {
                "" => at("arguments"),
                under => at(under).member("arguments"),
            };
            let detail = format_args!("{detail}");
            if longer {
                self.report_missing(Missing::Arguments(found), rule, path, detail)?;
            } else {
                self.report(rule, path, detail)?;
            }
        }
        let Some(item) = self.output.get_mut(found) else {
            return Ok(false);
        };
        let open = item.arguments.stage != Stage::TextDone;
        let rest = arguments.strip_prefix(item.arguments_text());
        let Some(rest) = rest.filter(|_| open) else {
            return Ok(true);
        };
        item.arguments.stage = Stage::Open;
        if let Some(arguments) = item.arguments_mut() {
            arguments.push_str(rest);
        }
        self.grow(rest.len())?;
        self.emit_arguments_delta(found, rest);
        Ok(false)
    }

    /// Completes a call's arguments as stated by its item.
    pub(super) fn settle_arguments(&mut self, found: usize, arguments: &str) -> Checked<bool> {
        let stage = self.output.get(found).map(|item| item.arguments.stage);
        if stage == Some(Stage::Open) {
            self.report(
                StreamRule::ArgumentsNotDone,
                at("item").member("arguments"),
                format_args!("the item is closed, its arguments are not"),
            )?;
            if let Some(item) = self.output.get_mut(found) {
                item.arguments.unclosed = true;
            }
        }
        let changed = self.compare_arguments(found, arguments, "item")?;
        if let Some(item) = self.output.get_mut(found)
            && item.arguments.stage == Stage::Open
        {
            item.arguments.stage = Stage::TextDone;
            self.emit_arguments_done(found);
        }
        Ok(changed)
    }
}
