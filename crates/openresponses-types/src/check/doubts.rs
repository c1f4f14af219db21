//! Defers "missing" violations while data may still arrive.
//!
//! A finished text that extends its deltas, or a terminal event while an item is open: an event is
//! either missing or late. `Enforce` and `Repair` must decide at once. `Observe` waits and reports
//! the actual fault.

use alloc::vec::Vec;
use core::fmt;

use super::checker::Checker;
use super::mode::CheckMode;
use super::rule::StreamRule;
use super::state::{Checked, DeferredViolation, Missing};
use super::violation::StreamViolation;
use crate::diagnostics::Path;

impl Checker {
    /// Reports a missing event, now or once it is certain.
    pub(super) fn report_missing(
        &mut self,
        missing: Missing,
        rule: StreamRule,
        path: Path,
        detail: fmt::Arguments<'_>,
    ) -> Checked {
        if self.immediate
            || self.mode != CheckMode::Observe
            || self.is_quiet()
            || self.doubts.len() >= 64
        {
            return self.report(rule, path, detail);
        }
        self.doubts.push(DeferredViolation {
            missing,
            violation: StreamViolation {
                rule,
                event: self.events(),
                path,
                detail: alloc::format!("{detail}"),
            },
        });
        Ok(())
    }

    /// It came too late.
    pub(super) fn is_late(&mut self, missing: Missing) {
        self.doubts.retain(|doubt| doubt.missing != missing);
    }

    /// No more deltas can come.
    pub(super) fn settle_texts(&mut self) {
        self.settle_doubts(|missing| missing != Missing::Ends);
    }

    /// Nothing more will come.
    pub(super) fn settle_all(&mut self) {
        self.settle_doubts(|_| true);
    }

    fn settle_doubts(&mut self, which: impl Fn(Missing) -> bool) {
        let doubts: Vec<DeferredViolation> = core::mem::take(&mut self.doubts);
        for doubt in doubts {
            if which(doubt.missing) {
                self.note(doubt.violation);
            } else {
                self.doubts.push(doubt);
            }
        }
    }
}
