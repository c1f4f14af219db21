//! Checks the arguments of function calls: deltas and ends.

use super::checker::{Checker, at};
use super::place::Place;
use super::reports::Missing;
use super::rule::StreamRule;
use crate::event::ItemKind;
use crate::item::FunctionCall;
use crate::stream_output::{Fault, Stage, lengths};

impl Checker {
    /// Returns the call of the arguments; one that was not added is assumed. `None` when there is
    /// none, and for an implementer's item, whose inside is not checked.
    fn call_for(&mut self, place: &Place<'_>) -> Option<usize> {
        let located = self.locate(&place.item_id, place.output_index, || at("item_id"));
        let found = match located {
            Some(found) => found,
            None => {
                self.report_not_added(place.output_index, &place.item_id);
                let nameless = FunctionCall::new("", "", "").into();
                let assumed = self.assume_item(&place.item_id, place.output_index, &nameless);
                self.dispute(assumed);
                assumed
            }
        };
        let item = self.output.get(found)?;
        match item.shape() {
            ItemKind::Call => return Some(found),
            ItemKind::Opaque => {
                self.may_take(found);
            }
            ItemKind::Message | ItemKind::Reasoning | ItemKind::Whole => {
                let of = item.item.type_name();
                let detail = format_args!("the item is a {of}");
                self.reports
                    .report(StreamRule::EventMisplaced, at("type"), detail);
            }
        }
        None
    }

    pub(super) fn arguments_delta(&mut self, place: &Place<'_>, delta: &str) {
        let Some(found) = self.call_for(place) else {
            return;
        };
        let Some(item) = self.output.get_mut(found) else {
            return;
        };
        if item.arguments.stage == Stage::TextDone {
            if item.arguments.reported.insert(Fault::LateDelta) {
                self.reports.came_late(Missing::Arguments(found));
                self.report(
                    StreamRule::DeltaAfterDone,
                    at("output_index"),
                    format_args!("the arguments are closed"),
                );
            }
            return;
        }
        if !self.may_take(found) {
            return;
        }
        self.grow(delta.len());
        if let Some(item) = self.output.get_mut(found) {
            let appended = item.append_arguments(delta);
            debug_assert!(appended, "the call's arguments are open");
        }
    }

    pub(super) fn arguments_done(&mut self, place: &Place<'_>, arguments: &str) {
        let Some(found) = self.call_for(place) else {
            return;
        };
        let Some(item) = self.output.get(found) else {
            return;
        };
        if item.done || item.arguments.stage == Stage::TextDone {
            if !item.arguments.reported.contains(Fault::NotClosed) {
                self.report(
                    StreamRule::TextDoneTwice,
                    at("output_index"),
                    format_args!("the arguments are closed already"),
                );
            }
            return;
        }
        self.compare_arguments(found, arguments, None);
        if let Some(item) = self.output.get_mut(found) {
            item.arguments.stage = Stage::TextDone;
        }
    }

    /// Returns true if `arguments` contradict the streamed ones. A missing rest is appended.
    /// Reported once.
    fn compare_arguments(&mut self, found: usize, arguments: &str, under: Option<&str>) -> bool {
        let Some(item) = self.output.get_mut(found) else {
            return false;
        };
        if item.arguments_text() == arguments {
            return false;
        }
        if item.arguments.reported.insert(Fault::Content) {
            item.reported.insert(Fault::Content);
            let expected = item.arguments_text();
            let rule = if item.arguments.streamed || !expected.is_empty() {
                StreamRule::ArgumentsMismatch
            } else {
                StreamRule::DeltasMissing
            };
            let detail = lengths(expected, arguments);
            let detail = format_args!("{detail}");
            let path = match under {
                None => at("arguments"),
                Some(under) => at(under).member("arguments"),
            };
            if arguments.starts_with(expected) {
                let missing = Missing::Arguments(found);
                self.reports.report_missing(missing, rule, path, detail);
            } else {
                self.report(rule, path, detail);
            }
        }
        let Some(item) = self.output.get_mut(found) else {
            return false;
        };
        let open = item.arguments.stage != Stage::TextDone;
        let rest = arguments.strip_prefix(item.arguments_text());
        let Some(rest) = rest.filter(|_| open) else {
            return true;
        };
        item.arguments.stage = Stage::Open;
        if let Some(arguments) = item.arguments_mut() {
            arguments.push_str(rest);
        }
        self.grow(rest.len());
        false
    }

    /// Completes a call's arguments as stated by its item.
    pub(super) fn settle_arguments(&mut self, found: usize, arguments: &str) -> bool {
        let Some(item) = self.output.get_mut(found) else {
            return false;
        };
        if item.arguments.stage == Stage::Open {
            item.arguments.reported.insert(Fault::NotClosed);
            self.report(
                StreamRule::ArgumentsNotDone,
                at("item").member("arguments"),
                format_args!("the item is closed, its arguments are not"),
            );
        }
        let changed = self.compare_arguments(found, arguments, Some("item"));
        if let Some(item) = self.output.get_mut(found)
            && item.arguments.stage == Stage::Open
        {
            item.arguments.stage = Stage::TextDone;
        }
        changed
    }
}
