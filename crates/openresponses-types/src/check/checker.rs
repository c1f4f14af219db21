use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::mode::{CheckLimits, CheckMode, Verdict};
use super::numbers::Numbers;
use super::rule::StreamRule;
use super::state::{Action, Checked, DeferredViolation, Lifecycle, Sending, Stop};
use super::violation::StreamViolation;
use crate::diagnostics::{Path, Violation};
use crate::event::StreamEvent;
use crate::item::Item;
use crate::response::Response;
use crate::sequence::Failure;
use crate::stream_output::StreamedOutput;

/// Checks one stream, event by event, and enforces its rules or repairs it.
///
/// Feed it each event with [`check`](Self::check) or [`push`](Self::push), the marker `[DONE]` with
/// [`done_marker`](Self::done_marker), and the end of the input with [`end`](Self::end).
///
/// ```
/// use openresponses_types::{Response, StreamEvent};
/// use openresponses_types::check::{Checker, CheckMode, StreamRule};
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
/// let mut checker = Checker::new(CheckMode::Observe);
/// for event in &events {
///     let _ = checker.check(event, Some(event.event_type()), &mut |_| {});
/// }
/// let _ = checker.end(&mut |_| {});
/// assert!(checker.violations().is_empty());
///
/// // The same without the event that closes the item, in the mode `Repair`.
/// let missing = events.iter().position(|event| event.event_type() == "response.output_item.done");
/// events.remove(missing.unwrap());
/// let mut checker = Checker::new(CheckMode::Repair);
/// let mut sent = Vec::new();
/// for event in events {
///     let _ = checker.push(event, None, &mut |event| sent.push(event));
/// }
/// let _ = checker.end(&mut |event| sent.push(event));
/// let rules: Vec<_> = checker.violations().iter().map(|found| found.rule).collect();
/// assert_eq!(rules, [StreamRule::SequenceNumber, StreamRule::ItemNotDone]);
/// assert_eq!(sent[7].event_type(), "response.output_item.done");
/// assert_eq!(sent[8].sequence_number(), Some(8));
/// ```
#[derive(Clone, Debug)]
pub struct Checker {
    pub(super) mode: CheckMode,
    limits: CheckLimits,
    pub(super) error_event: bool,
    /// Sequence numbers are checked elsewhere.
    pub(super) unnumbered: bool,
    pub(super) immediate: bool,
    pub(super) template: Option<Box<Response>>,
    pub(super) output: StreamedOutput,
    pub(super) life: Lifecycle,
    pub(super) sending: Sending,
    events: u64,
    pub(super) numbers: Numbers,
    violations: Vec<StreamViolation>,
    violation_count: u64,
    /// A reported fault is being repaired; further reports are suppressed.
    quiet: bool,
    pub(super) doubts: Vec<DeferredViolation>,
    /// The output became too large to be compared.
    pub(super) blind: bool,
    pub(super) made_up_ids: u64,
    /// Items that events refer to but that were never added.
    pub(super) missing: Vec<u64>,
}

impl Checker {
    /// A checker for one stream.
    #[must_use]
    pub fn new(mode: CheckMode) -> Self {
        Self {
            mode,
            limits: CheckLimits::default(),
            error_event: true,
            unnumbered: false,
            immediate: false,
            template: None,
            output: StreamedOutput::default(),
            life: Lifecycle::default(),
            sending: Sending::default(),
            events: 0,
            numbers: Numbers::default(),
            violations: Vec::new(),
            violation_count: 0,
            quiet: false,
            doubts: Vec::new(),
            blind: false,
            made_up_ids: 0,
            missing: Vec::new(),
        }
    }

    /// Sets the bounds.
    #[must_use]
    pub fn limits(mut self, limits: CheckLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the response that replaces the snapshot of a server that sends none.
    #[must_use]
    pub fn template(mut self, response: Response) -> Self {
        self.template = Some(Box::new(response));
        self
    }

    /// Sets whether a failure is announced with the event `error` before `response.failed`. A
    /// WebSocket turn ends in one message, so it is off there, and repair drops the server's own
    /// `error` events.
    #[must_use]
    pub fn error_event(mut self, announced: bool) -> Self {
        self.error_event = announced;
        self
    }

    /// Sets whether the marker `[DONE]` must come at the end, as over HTTP.
    #[must_use]
    pub fn expect_done_marker(mut self, expected: bool) -> Self {
        self.life.marker_expected = expected;
        self
    }

    /// Reports missing events at once, even if they may still arrive late.
    pub(crate) fn immediate(mut self, immediate: bool) -> Self {
        self.immediate = immediate;
        self
    }

    pub(crate) fn without_numbers(mut self) -> Self {
        self.unnumbered = true;
        self
    }

    /// Checks an event and returns whether it may pass unchanged. For relays: a frame that passes
    /// need not be printed again. Replacement events are written to `out`.
    ///
    /// `name` is the value of the SSE field `event`; `None` without such a field, as over a
    /// WebSocket.
    ///
    /// A text delta that passes costs no allocation beyond the growing text.
    pub fn check(
        &mut self,
        event: &StreamEvent,
        name: Option<&str>,
        out: &mut impl FnMut(StreamEvent),
    ) -> Verdict {
        if self.life.stopped {
            return Verdict::Dropped;
        }
        let action = self.take(event, name);
        self.quiet = false;
        self.events += 1;
        self.settle_action(action, event, out)
    }

    /// Like [`check`](Self::check), but writes all events to send to `out`, including the event
    /// itself if it passes.
    pub fn push(
        &mut self,
        event: StreamEvent,
        name: Option<&str>,
        out: &mut impl FnMut(StreamEvent),
    ) -> Verdict {
        let verdict = self.check(&event, name, out);
        if verdict == Verdict::Pass {
            out(event);
        }
        verdict
    }

    /// Records an unreadable event.
    pub fn unreadable(
        &mut self,
        violation: &Violation,
        out: &mut impl FnMut(StreamEvent),
    ) -> Verdict {
        if self.life.stopped {
            return Verdict::Dropped;
        }
        let detail = format_args!("{}", violation.message);
        let path = violation.path.clone();
        let found = self.report(StreamRule::EventUnreadable, path, detail);
        self.events += 1;
        // It had a number, presumably.
        self.numbers.skip();
        match (found, self.mode) {
            (Err(Stop), _) => self.stop(out),
            (Ok(()), CheckMode::Observe) => Verdict::Pass,
            (Ok(()), _) => Verdict::Dropped,
        }
    }

    /// Records the marker `[DONE]`.
    pub fn done_marker(&mut self) {
        if !self.life.ended {
            self.life.early_marker = true;
        } else if core::mem::replace(&mut self.life.marker, true) {
            let _ = self.report(
                StreamRule::DoneMarkerRepeated,
                Path::default(),
                format_args!(""),
            );
        }
    }

    /// Records the end of the input and writes missing events to `out`: in `Enforce` and `Repair`,
    /// a stream without a terminal event becomes a failure.
    pub fn end(&mut self, out: &mut impl FnMut(StreamEvent)) -> Verdict {
        if self.life.stopped || core::mem::replace(&mut self.life.input_ended, true) {
            return Verdict::Pass;
        }
        self.settle_all();
        let mut verdict = Verdict::Pass;
        if !self.life.ended {
            let rule = if self.life.failure.is_some() {
                StreamRule::ErrorNotFollowed
            } else {
                StreamRule::TerminalMissing
            };
            if self.life.after != Some(rule) {
                let _ = self.report(rule, Path::default(), format_args!(""));
            }
            if self.mode != CheckMode::Observe {
                self.fail(Failure::ended_early());
                self.flush(out);
                verdict = Verdict::Ended;
            }
        }
        if self.life.marker_expected && !self.life.marker && !self.life.early_marker {
            let _ = self.report(
                StreamRule::DoneMarkerMissing,
                Path::default(),
                format_args!(""),
            );
        }
        verdict
    }

    /// Returns the violations in the order of the events; [`CheckLimits`] limits their number. In
    /// `Observe`, missing deltas of a text are reported at the end.
    #[must_use]
    pub fn violations(&self) -> &[StreamViolation] {
        &self.violations
    }

    /// Returns the number of violations.
    #[must_use]
    pub fn violation_count(&self) -> u64 {
        self.violation_count
    }

    /// Returns the number of events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Returns true after the terminal event, received or synthesized.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.life.ended
    }

    /// Returns the response so far.
    pub(crate) fn response(&self) -> Option<Response> {
        match (&self.life.terminal, &self.life.snapshot) {
            (Some(terminal), _) => Some(Response::clone(terminal)),
            (None, Some(_)) => Some(self.current_response()),
            (None, None) => None,
        }
    }

    /// Returns the items as streamed so far.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        self.output.snapshot()
    }

    /// Records a violation. An error means that it ends the stream, so each rule is checked before
    /// the state changes.
    pub(super) fn report(
        &mut self,
        rule: StreamRule,
        path: Path,
        detail: fmt::Arguments<'_>,
    ) -> Checked {
        if self.quiet && rule != StreamRule::TooLarge {
            return Ok(());
        }
        self.violation_count += 1;
        if self.violations.len() < self.limits.violations {
            self.violations.push(StreamViolation {
                rule,
                event: self.events,
                path,
                detail: alloc::format!("{detail}"),
            });
        }
        let stops = match self.mode {
            CheckMode::Observe => false,
            CheckMode::Enforce => rule.ends_stream(),
            CheckMode::Repair => rule == StreamRule::TooLarge,
        };
        if stops { Err(Stop) } else { Ok(()) }
    }

    /// Records a violation of an event that has passed.
    pub(super) fn note(&mut self, violation: StreamViolation) {
        self.violation_count += 1;
        if self.violations.len() < self.limits.violations {
            let behind = |other: &StreamViolation| other.event <= violation.event;
            let at = self.violations.partition_point(behind);
            self.violations.insert(at, violation);
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Runs `work` without reporting violations.
    pub(super) fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = core::mem::replace(&mut self.quiet, true);
        let done = work(self);
        self.quiet = before;
        done
    }

    /// Makes room for `bytes` more of output.
    pub(super) fn grow(&mut self, bytes: usize) -> Checked {
        self.output.bytes = self.output.bytes.saturating_add(bytes);
        if self.output.bytes > self.limits.output && !self.blind {
            self.blind = true;
            let limit = self.limits.output;
            self.report(
                StreamRule::TooLarge,
                Path::default(),
                format_args!("the limit is {limit} bytes"),
            )?;
        }
        Ok(())
    }

    /// Reports once that the item of this index was not added.
    pub(super) fn report_missing_item(&mut self, output_index: u64, id: &str) -> Checked {
        if self.missing.contains(&output_index) {
            return Ok(());
        }
        if self.missing.len() < 64 {
            self.missing.push(output_index);
        }
        self.report(
            StreamRule::ItemNotAdded,
            at("output_index"),
            format_args!("no item {output_index}, nor one named {}", shown(id)),
        )
    }

    fn settle_action(
        &mut self,
        action: Checked<Action>,
        event: &StreamEvent,
        out: &mut impl FnMut(StreamEvent),
    ) -> Verdict {
        let altered = core::mem::take(&mut self.sending.altered);
        let Ok(action) = action else {
            return self.stop(out);
        };
        if self.mode == CheckMode::Observe {
            return Verdict::Pass;
        }
        match action {
            Action::Keep => {
                let passes = !altered
                    && self.sending.ready.is_empty()
                    && event.sequence_number() == Some(self.sending.next);
                if passes {
                    self.sending.next += 1;
                    return Verdict::Pass;
                }
                self.emit(event.clone());
            }
            Action::Replace(event) => self.emit(*event),
            Action::Hold(held) => self.sending.held = Some(held),
            Action::Drop => {}
        }
        if self.sending.ready.is_empty() {
            Verdict::Dropped
        } else {
            self.flush(out);
            Verdict::Replaced
        }
    }

    /// Ends the stream because of the last violation.
    fn stop(&mut self, out: &mut impl FnMut(StreamEvent)) -> Verdict {
        self.sending.ready.clear();
        self.fail(Failure::broken_upstream());
        self.flush(out);
        self.life.stopped = true;
        Verdict::Ended
    }

    fn flush(&mut self, out: &mut impl FnMut(StreamEvent)) {
        self.sending.ready.drain(..).for_each(out);
    }
}

/// The member `name` of an event.
pub(super) fn at(name: &str) -> Path {
    Path::default().member(name)
}

/// Shortens a server's text for a message.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 64;
    let mut out: String = text.escape_debug().take(MOST).collect();
    if out.is_empty() {
        out.push_str("''");
    } else if text.len() > MOST {
        out.push('…');
    }
    out
}
