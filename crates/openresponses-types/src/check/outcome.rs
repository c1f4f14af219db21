//! Compares the output of the terminal response with the streamed items.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::checker::{Checker, at};
use super::reports::Missing;
use super::rule::StreamRule;
use super::shown::Shown;
use crate::diagnostics::{Path, Segment};
use crate::item::{Item, ItemStatus};
use crate::response::{Response, ResponseStatus};
use crate::stream_output::{Fault, difference, protocol_status};

impl Checker {
    /// Closes open items and compares. Returns true if the response's output differs from the
    /// streamed items.
    pub(super) fn compare_output(&mut self, response: &Response, status: &ResponseStatus) -> bool {
        if self.reported.contains(Fault::TooLarge) {
            return false;
        }
        let items = response.output_items();
        let mut more = false;
        if *status != ResponseStatus::Failed {
            // Handled first, to determine the last item.
            more = self.report_unstreamed(items);
            self.close_open_items(items, status);
        }
        self.final_incomplete(status);
        let mut differs = self.final_statuses(items, status);
        differs |= if *status == ResponseStatus::Failed {
            self.compare_failed(items)
        } else {
            self.compare_all(items, more)
        };
        differs
    }

    /// Only a response that failed may leave items open.
    fn close_open_items(&mut self, items: &[Item], status: &ResponseStatus) {
        let open = |found: &usize| self.output.get(*found).is_some_and(|item| !item.done);
        let open: Vec<usize> = (0..self.output.len()).filter(open).collect();
        if open.is_empty() {
            return;
        }
        let mut reported = false;
        let like: BTreeMap<_, _> = items
            .iter()
            .filter_map(|item| Some((item.id()?, item)))
            .collect();
        for found in open {
            let Some(item) = self.output.get(found) else {
                continue;
            };
            let id = alloc::sync::Arc::clone(&item.wire_id);
            if !core::mem::replace(&mut reported, true) {
                self.reports.report_missing(
                    Missing::Ends,
                    StreamRule::ItemNotDone,
                    at("response").member("output"),
                    format_args!("item {found}, {}, is open", Shown(&id)),
                );
            }
            self.dispute(found);
            let cut = *status == ResponseStatus::Incomplete && self.output.is_last(found);
            let like = like.get(&*id).copied();
            let status = if cut {
                ItemStatus::Incomplete
            } else {
                ItemStatus::Completed
            };
            self.close_item(found, like, status);
        }
    }

    /// An incomplete item requires an incomplete response.
    fn final_incomplete(&mut self, status: &ResponseStatus) {
        let Some(incomplete) = self.incomplete else {
            return;
        };
        if *status == ResponseStatus::Incomplete {
            return;
        }
        self.report(
            StreamRule::IncompleteResponse,
            at("response").member("status"),
            format_args!("item {incomplete} is incomplete"),
        );
        self.dispute(incomplete);
    }

    /// Checks the statuses in the terminal response's output.
    fn final_statuses(&mut self, items: &[Item], status: &ResponseStatus) -> bool {
        let mut wrong = false;
        for (index, item) in items.iter().enumerate() {
            let path = at("response").member("output").index(index);
            let path = path.member("status");
            let rule = match protocol_status(item) {
                Some(ItemStatus::Incomplete) if *status != ResponseStatus::Incomplete => {
                    StreamRule::IncompleteResponse
                }
                Some(ItemStatus::Incomplete) if index + 1 != items.len() => {
                    StreamRule::IncompleteNotLast
                }
                Some(ItemStatus::InProgress) if *status != ResponseStatus::Failed => {
                    StreamRule::ItemStatus
                }
                _ => continue,
            };
            wrong = true;
            let known = item.id().and_then(|id| self.output.by_id(&id));
            if !known.is_some_and(|known| self.is_disputed(known)) {
                self.report(rule, path, format_args!(""));
            }
            if let Some(known) = known {
                self.dispute(known);
            }
        }
        wrong
    }

    /// Reports the first item that only the terminal response has. Returns true if there is one.
    fn report_unstreamed(&mut self, items: &[Item]) -> bool {
        let streamed = self.output.len();
        let unstreamed = items.iter().enumerate().skip(streamed).find(|(_, item)| {
            let id = item.id().unwrap_or_default();
            self.output.by_id(&id).is_none()
        });
        let Some((index, item)) = unstreamed else {
            return false;
        };
        let id = item.id().unwrap_or_default();
        self.report(
            StreamRule::OutputMismatch,
            at("response").member("output").index(index),
            format_args!("{} was not streamed", Shown(&id)),
        );
        true
    }

    fn compare_all(&mut self, items: &[Item], reported: bool) -> bool {
        if items.len() != self.output.len() {
            // Unclosed items were reported before.
            let ids: BTreeSet<_> = items.iter().filter_map(Item::id).collect();
            let lacking = (0..self.output.len())
                .filter_map(|at| self.output.get(at))
                .any(|ours| {
                    !ours.reported.contains(Fault::Content) && !ids.contains(&*ours.wire_id)
                });
            let ours = self.output.len();
            if !reported && (lacking || items.len() > ours) {
                self.report(
                    StreamRule::OutputMismatch,
                    at("response").member("output"),
                    format_args!("{ours} items were streamed, got {}", items.len()),
                );
            }
            return true;
        }
        let mut differs = false;
        for (index, item) in items.iter().enumerate() {
            differs |= self.compare_one(index, index, item);
        }
        differs
    }

    /// A failed response may omit items.
    fn compare_failed(&mut self, items: &[Item]) -> bool {
        let mut next = 0;
        let mut differs = false;
        for (index, item) in items.iter().enumerate() {
            let id = item.id().unwrap_or_default();
            match self.output.by_id(&id).filter(|found| *found >= next) {
                Some(found) => {
                    next = found + 1;
                    differs |= self.compare_one(found, index, item);
                }
                None => {
                    self.report(
                        StreamRule::OutputMismatch,
                        at("response").member("output").index(index),
                        format_args!("{} was not streamed here", Shown(&id)),
                    );
                    return true;
                }
            }
        }
        differs
    }

    /// Returns true if the item in the response differs from the streamed one.
    fn compare_one(&mut self, found: usize, index: usize, item: &Item) -> bool {
        let Some(streamed) = self.output.get(found) else {
            return false;
        };
        let id = item.id().unwrap_or_default();
        let same_id = *id == *streamed.wire_id || self.output.by_id(&id) == Some(found);
        let differing = if same_id {
            difference(&streamed.item, item).or_else(|| {
                let ours = protocol_status(&streamed.item);
                let theirs = protocol_status(item)?;
                let theirs = Some(theirs).filter(|theirs| {
                    // An open item may still be in progress, regardless of its announced status.
                    streamed.done || *theirs != ItemStatus::InProgress
                })?;
                ours.filter(|ours| *ours != theirs)
                    .map(|_| Path::default().member("status"))
            })
        } else {
            Some(Path::default().member("id"))
        };
        let renamed = *id != *streamed.id;
        let Some(differing) = differing else {
            return renamed;
        };
        if !self.is_disputed(found) {
            let mut path = at("response").member("output").index(index);
            for segment in differing.segments() {
                match segment {
                    Segment::Member(name) => path.push_member(name),
                    Segment::Index(index) => path.push_index(*index),
                }
            }
            self.report(
                StreamRule::OutputMismatch,
                path,
                format_args!("it is not what was streamed"),
            );
            self.dispute(found);
        }
        true
    }
}
