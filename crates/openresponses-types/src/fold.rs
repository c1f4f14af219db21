use crate::check::{CheckLimits, Checker, StreamViolation};
use crate::event::StreamEvent;
use crate::response::Response;

/// Folds the events of a stream into the response that they describe.
///
/// Works while the stream runs: [`response`](Self::response) is what a client knows by now. A
/// stream that breaks rules is folded as well as it can be, and [`finish`](Self::finish) tells.
///
/// ```
/// use openresponses_types::{Fold, Response, StreamEvent};
/// use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
/// use std::sync::Arc;
///
/// let mut sequencer = Sequencer::new(
///     Response::new("resp_1", "model", 0),
///     ToolPolicy::unrestricted(),
///     Arc::new(CountingIds::default()),
///     Arc::new(FixedClock(1)),
/// );
/// let mut fold = Fold::new();
/// sequencer.start();
/// sequencer.push(Delta::text("Hel"));
/// sequencer.push(Delta::text("lo"));
/// while let Some(event) = sequencer.pop() {
///     fold.push(&event);
/// }
/// assert_eq!(fold.response().unwrap().output_text(), "Hello");
///
/// // Without its end it is no answer.
/// assert!(fold.clone().finish().is_err());
///
/// sequencer.push(Delta::complete());
/// sequencer.conclude();
/// while let Some(event) = sequencer.pop() {
///     fold.push(&event);
/// }
/// assert_eq!(fold.finish()?, *sequencer.response());
/// # Ok::<(), openresponses_types::check::StreamViolation>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fold {
    checker: Checker,
}

impl Default for Fold {
    fn default() -> Self {
        Self::new()
    }
}

impl Fold {
    /// Creates a fold of a stream that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self {
            checker: Checker::new().without_numbers(),
        }
    }

    /// Sets the bounds on what is kept.
    #[must_use]
    pub fn limits(mut self, limits: CheckLimits) -> Self {
        self.checker = self.checker.limits(limits);
        self
    }

    /// Takes the next event. Those that say nothing about the response are ignored.
    pub fn push(&mut self, event: &StreamEvent) {
        self.checker.push(event, None);
    }

    /// Returns true once the terminal event came.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.checker.is_ended()
    }

    /// Returns the response as far as it is known: from the first snapshot and the items so far, or
    /// from the terminal event once that came, with the streamed items where its output differs
    /// from them. Nothing before the first snapshot.
    #[must_use]
    pub fn response(&self) -> Option<Response> {
        self.checker.response()
    }

    /// Returns the items so far, accumulated from their events alone: what a client has that does
    /// not read the terminal response.
    #[must_use]
    pub fn output(&self) -> alloc::vec::Vec<crate::item::Item> {
        self.checker.items()
    }

    /// Returns the finished response.
    ///
    /// # Errors
    /// The first thing that makes the response doubtful: the stream did not end, or its terminal
    /// response is not what was streamed. Wrong numbers and missing prefixes do not count.
    pub fn finish(self) -> Result<Response, StreamViolation> {
        let response = self.checker.response();
        let mut violations = self.checker.finish().into_iter();
        match (violations.find(|found| found.rule.ends_stream()), response) {
            (None, Some(response)) => Ok(response),
            (Some(doubt), _) => Err(doubt),
            (None, None) => Err(StreamViolation::without_end()),
        }
    }
}
