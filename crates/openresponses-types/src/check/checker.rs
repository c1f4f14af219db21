use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::limits::CheckLimits;
use super::numbers::Numbers;
use super::reports::Reports;
use super::rule::StreamRule;
use super::shown::Shown;
use super::state::{Marker, Phase};
use super::violation::StreamViolation;
use crate::diagnostics::{Path, Violation};
use crate::event::{LifecycleEvent, StreamEvent};
use crate::item::Item;
use crate::response::Response;
use crate::stream_output::{Fault, Reported, StreamedOutput};

/// Indices of items that were not added which are kept; of more, each event is reported.
const NOT_ADDED: usize = 64;

/// Checks one stream, event by event. It observes: nothing is changed, held back or made up.
///
/// Feed it each event with [`push`](Self::push), the marker `[DONE]` with
/// [`done_marker`](Self::done_marker), and the end of the input with [`end`](Self::end); take the
/// violations with [`pop`](Self::pop) as they are found, or all of them with
/// [`finish`](Self::finish).
///
/// ```
/// use openresponses_types::Response;
/// use openresponses_types::check::{Checker, StreamRule};
/// use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
/// use std::sync::Arc;
///
/// let mut sequencer = Sequencer::new(
///     Response::new("resp_1", "model", 0),
///     ToolPolicy::unrestricted(),
///     Arc::new(CountingIds::default()),
///     Arc::new(FixedClock(1)),
/// );
/// sequencer.start();
/// sequencer.push(Delta::text("Hello"));
/// sequencer.push(Delta::complete());
/// sequencer.conclude();
/// let mut events: Vec<_> = std::iter::from_fn(|| sequencer.pop()).collect();
///
/// let mut checker = Checker::new();
/// for event in &events {
///     checker.push(event, Some(event.event_type()));
///     assert_eq!(checker.pop(), None);
/// }
/// assert_eq!(checker.finish(), []);
///
/// // The same without the event that closes the item.
/// events.retain(|event| event.event_type() != "response.output_item.done");
/// let mut checker = Checker::new();
/// for event in &events {
///     checker.push(event, Some(event.event_type()));
/// }
/// let rules: Vec<_> = checker.finish().iter().map(|found| found.rule).collect();
/// assert_eq!(rules, [StreamRule::SequenceNumber, StreamRule::ItemNotDone]);
/// ```
#[derive(Clone, Debug)]
pub struct Checker {
    limits: CheckLimits,
    pub(super) reports: Reports,
    /// Faults of the stream as a whole that were reported.
    pub(super) reported: Reported,
    pub(super) phase: Phase,
    /// The lifecycle events that came.
    pub(super) announced: Vec<LifecycleEvent>,
    /// The first snapshot, or what was assumed of it.
    pub(super) snapshot: Option<Arc<Response>>,
    pub(super) marker: Marker,
    /// `None` where numbers are checked elsewhere.
    pub(super) numbers: Option<Numbers>,
    pub(super) output: StreamedOutput,
    /// The item that ended incomplete.
    pub(super) incomplete: Option<usize>,
    pub(super) assumed_ids: u64,
    /// The indices of items that events are about and that were never added.
    pub(super) not_added: Vec<u64>,
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl Checker {
    /// Creates a checker of one stream.
    #[must_use]
    pub fn new() -> Self {
        let limits = CheckLimits::default();
        Self {
            limits,
            reports: Reports::new(limits.violations),
            reported: Reported::default(),
            phase: Phase::Waiting,
            announced: Vec::new(),
            snapshot: None,
            marker: Marker::Optional,
            numbers: Some(Numbers::default()),
            output: StreamedOutput::default(),
            incomplete: None,
            assumed_ids: 0,
            not_added: Vec::new(),
        }
    }

    /// Sets the bounds on what is kept.
    #[must_use]
    pub fn limits(mut self, limits: CheckLimits) -> Self {
        self.limits = limits;
        self.reports.limit = limits.violations;
        self
    }

    /// Sets whether the marker `[DONE]` must come at the end, as over HTTP. Default: `false`.
    #[must_use]
    pub fn expect_done_marker(mut self, expected: bool) -> Self {
        self.marker = match expected {
            true => Marker::Expected,
            false => Marker::Optional,
        };
        self
    }

    /// Reports missing events at once, even if they may still arrive late.
    pub(crate) fn immediate(mut self, immediate: bool) -> Self {
        self.reports.immediate = immediate;
        self
    }

    pub(crate) fn without_numbers(mut self) -> Self {
        self.numbers = None;
        self
    }

    /// Takes the next event.
    ///
    /// `name` is the value of the SSE field `event`; `None` without such a field, as over a
    /// WebSocket.
    ///
    /// A text delta without a fault costs no allocation beyond the growing text.
    pub fn push(&mut self, event: &StreamEvent, name: Option<&str>) {
        self.take(event, name);
        self.reports.event += 1;
    }

    /// Takes note of an event that could not be read.
    pub fn unreadable(&mut self, violation: &Violation) {
        let detail = format_args!("{}", violation.message);
        let path = violation.path.clone();
        self.report(StreamRule::EventUnreadable, path, detail);
        self.reports.event += 1;
        // It had a number, presumably.
        if let Some(numbers) = &mut self.numbers {
            numbers.skip();
        }
    }

    /// Takes note of the marker `[DONE]`.
    pub fn done_marker(&mut self) {
        if !self.is_ended() {
            self.marker = Marker::Early;
        } else if core::mem::replace(&mut self.marker, Marker::Seen) == Marker::Seen {
            self.report(
                StreamRule::DoneMarkerRepeated,
                Path::default(),
                format_args!(""),
            );
        }
    }

    /// Takes note of the end of the input. What is missing then is reported once.
    pub fn end(&mut self) {
        if !self.reported.insert(Fault::AtEnd) {
            return;
        }
        self.reports.settle_all();
        let missing = match self.phase {
            Phase::Waiting | Phase::Running => Some(StreamRule::TerminalMissing),
            Phase::Failing(_) if self.reported.contains(Fault::AfterError) => None,
            Phase::Failing(_) => Some(StreamRule::ErrorNotFollowed),
            Phase::Ended(_) => None,
        };
        let marker = (self.marker == Marker::Expected).then_some(StreamRule::DoneMarkerMissing);
        for rule in missing.into_iter().chain(marker) {
            self.report(rule, Path::default(), format_args!(""));
        }
    }

    /// Returns the next violation, in the order in which they are found: one that something is
    /// missing comes once nothing can follow any more. [`CheckLimits`] bounds their number.
    pub fn pop(&mut self) -> Option<StreamViolation> {
        self.reports.pop()
    }

    /// Ends the input and returns the violations that were not popped, in the order of the events.
    #[must_use]
    pub fn finish(mut self) -> Vec<StreamViolation> {
        self.end();
        let mut violations: Vec<_> = core::iter::from_fn(|| self.pop()).collect();
        violations.sort_by_key(|found| found.event);
        violations
    }

    /// Returns the number of violations, of which [`CheckLimits::violations`] are kept.
    #[must_use]
    pub fn violation_count(&self) -> u64 {
        self.reports.count()
    }

    /// Returns the number of events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.reports.event
    }

    /// Returns true after the terminal event.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    /// Returns the response so far.
    pub(crate) fn response(&self) -> Option<Response> {
        if let Phase::Ended(terminal) = &self.phase {
            return Some(Response::clone(terminal));
        }
        let mut response = Response::clone(self.snapshot.as_deref()?);
        response.output = self.output.snapshot().into();
        Some(response)
    }

    /// Returns the items as streamed so far.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        self.output.snapshot()
    }

    /// Reports a violation.
    pub(super) fn report(&mut self, rule: StreamRule, path: Path, detail: fmt::Arguments<'_>) {
        self.reports.report(rule, path, detail);
    }

    /// Runs `work` without reporting what follows from a reported fault.
    pub(super) fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.reports.mute(true);
        let done = work(self);
        self.reports.mute(before);
        done
    }

    /// Returns roughly how many bytes of output are kept.
    pub(crate) fn bytes(&self) -> usize {
        self.output.bytes
    }

    /// Counts `bytes` more of output.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.output.bytes = self.output.bytes.saturating_add(bytes);
        let limit = self.limits.output;
        if self.output.bytes > limit && self.reported.insert(Fault::TooLarge) {
            let detail = format_args!("the limit is {limit} bytes");
            self.reports
                .report_always(StreamRule::TooLarge, Path::default(), detail);
        }
    }

    /// Reports once that the item of this index was not added.
    pub(super) fn report_not_added(&mut self, output_index: u64, id: &str) {
        if self.not_added.contains(&output_index) {
            return;
        }
        if self.not_added.len() < NOT_ADDED {
            self.not_added.push(output_index);
        }
        self.report(
            StreamRule::ItemNotAdded,
            at("output_index"),
            format_args!("no item {output_index}, nor one named {}", Shown(id)),
        );
    }
}

/// The member `name` of an event.
pub(super) fn at(name: &str) -> Path {
    Path::default().member(name)
}
