//! Reporting: which violations there are, apart from following the stream.
//!
//! A violation that something is missing is deferred while it may still arrive: a finished text
//! that extends its deltas, or a terminal event while an item is open. If the missing event comes
//! after all, the lateness is the fault and is reported in its place.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use super::rule::StreamRule;
use super::violation::StreamViolation;
use crate::diagnostics::Path;
use crate::event::PartList;

/// Violations deferred at a time. More are reported at once.
const DEFERRED: usize = 64;

/// What is missing and may still arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Deltas of a part.
    Text(usize, PartList, usize),
    /// Deltas of a call's arguments.
    Arguments(usize),
    /// The done events of items.
    Ends,
}

/// The violations of one stream.
#[derive(Clone, Debug)]
pub(super) struct Reports {
    pub(super) limit: usize,
    /// Reports at once what may only be late.
    pub(super) immediate: bool,
    /// The index of the current event.
    pub(super) event: u64,
    queue: VecDeque<StreamViolation>,
    /// How many have been put into the queue.
    queued: usize,
    count: u64,
    deferred: Vec<(Missing, StreamViolation)>,
    /// What is done now follows from a fault that was reported.
    muted: bool,
}

impl Reports {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            immediate: false,
            event: 0,
            queue: VecDeque::new(),
            queued: 0,
            count: 0,
            deferred: Vec::new(),
            muted: false,
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn pop(&mut self) -> Option<StreamViolation> {
        self.queue.pop_front()
    }

    /// Sets whether reports are suppressed. Returns the setting before.
    pub(super) fn mute(&mut self, muted: bool) -> bool {
        core::mem::replace(&mut self.muted, muted)
    }

    /// Reports a violation.
    pub(super) fn report(&mut self, rule: StreamRule, path: Path, detail: fmt::Arguments<'_>) {
        if !self.muted {
            self.report_always(rule, path, detail);
        }
    }

    /// Reports a violation that follows from no other.
    pub(super) fn report_always(
        &mut self,
        rule: StreamRule,
        path: Path,
        detail: fmt::Arguments<'_>,
    ) {
        let violation = self.violation(rule, path, detail);
        self.push(violation);
    }

    /// Reports a missing event, now or once it is certain.
    pub(super) fn report_missing(
        &mut self,
        missing: Missing,
        rule: StreamRule,
        path: Path,
        detail: fmt::Arguments<'_>,
    ) {
        if self.immediate || self.muted || self.deferred.len() >= DEFERRED {
            return self.report(rule, path, detail);
        }
        let violation = self.violation(rule, path, detail);
        self.deferred.push((missing, violation));
    }

    /// What was missing came too late.
    pub(super) fn came_late(&mut self, missing: Missing) {
        self.deferred.retain(|(deferred, _)| *deferred != missing);
    }

    /// No more deltas can come.
    pub(super) fn settle_texts(&mut self) {
        self.settle(|missing| missing != Missing::Ends);
    }

    /// Nothing more can come.
    pub(super) fn settle_all(&mut self) {
        self.settle(|_| true);
    }

    fn settle(&mut self, certain: impl Fn(Missing) -> bool) {
        for (missing, violation) in core::mem::take(&mut self.deferred) {
            if certain(missing) {
                self.push(violation);
            } else {
                self.deferred.push((missing, violation));
            }
        }
    }

    fn violation(
        &self,
        rule: StreamRule,
        path: Path,
        detail: fmt::Arguments<'_>,
    ) -> StreamViolation {
        StreamViolation {
            rule,
            event: self.event,
            path,
            detail: alloc::format!("{detail}"),
        }
    }

    fn push(&mut self, violation: StreamViolation) {
        self.count += 1;
        if self.queued < self.limit {
            self.queued += 1;
            self.queue.push_back(violation);
        }
    }
}
