use std::collections::VecDeque;

use openresponses_types::json::{RawJson, Reader};
use openresponses_types::sequence::{Delta, Failure, Finish};

use super::unplaced::Unplaced;
use crate::custom::CustomCalls;
use crate::error::{MessagePolicy, UpstreamError};

/// The most bytes that are kept until more of an answer has come: more than any model writes.
const HELD: usize = 4 << 20;

/// Where an [`AnswerMachine`](super::AnswerMachine) puts what it reads. Nothing is taken after the
/// finish.
///
/// ```
/// use openresponses_types::sequence::Delta;
/// use openresponses_upstream::Deltas;
///
/// /// Passes a piece of text on.
/// fn text(piece: &str, out: &mut Deltas) {
///     if !out.is_finished() {
///         out.push(Delta::text(piece));
///     }
/// }
/// # let _ = text;
/// ```
#[derive(Debug, Default)]
pub struct Deltas {
    queue: VecDeque<Delta>,
    /// The bytes that a machine keeps until more of the answer has come.
    held: usize,
    custom: CustomCalls,
    finished: bool,
    unplaced: Unplaced,
    error: Option<UpstreamError>,
}

impl Deltas {
    /// Appends a delta.
    pub fn push(&mut self, delta: Delta) {
        if !self.finished {
            self.finished = matches!(delta, Delta::Finish(_));
            self.custom.push(delta, &mut self.queue);
            self.check_held();
        }
    }

    /// Counts bytes that a machine keeps until more of the answer has come. The response fails where
    /// they are too many.
    pub(crate) fn hold(&mut self, bytes: usize) {
        self.held = self.held.saturating_add(bytes);
        self.check_held();
    }

    /// Counts bytes that are kept no longer.
    pub(crate) fn let_go(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }

    fn check_held(&mut self) {
        if self.held.saturating_add(self.custom.held()) > HELD {
            self.fail(too_long());
        }
    }

    /// Ends the response as failed, unless it has ended.
    pub fn fail(&mut self, failure: Failure) {
        self.push(Delta::Finish(Finish::Failed(failure.into())));
    }

    /// Ends the response with an error that the upstream reports in the answer, unless it has ended.
    pub fn fail_with(&mut self, error: UpstreamError, policy: MessagePolicy) {
        if !self.finished {
            self.fail(error.to_failure(policy));
            self.error = Some(error);
        }
    }

    /// Counts the member `name` of the object at `place` as one that has no place. With an empty
    /// `name` it is the value at `place` itself.
    pub fn unplaced(&mut self, place: &str, name: &str, value: Reader<'_>) {
        self.unplaced.add(place, name, value);
    }

    /// Sets a member of the response that the protocol does not name.
    pub fn member(&mut self, name: impl Into<String>, mut value: Reader<'_>) {
        // What was read from a checked document is JSON.
        if let Ok(value) = RawJson::parse(value.raw()) {
            self.push(Delta::Member {
                name: name.into(),
                value,
            });
        }
    }

    /// Returns true after the finish.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    pub(super) fn set_custom(&mut self, custom: CustomCalls) {
        self.custom = custom;
    }

    pub(super) fn pop(&mut self) -> Option<Delta> {
        self.queue.pop_front()
    }

    pub(super) fn error(&self) -> Option<&UpstreamError> {
        self.error.as_ref()
    }

    pub(super) fn counts(&self) -> &Unplaced {
        &self.unplaced
    }
}

fn too_long() -> Failure {
    Failure::new(
        "server_error",
        "upstream_error",
        "The upstream did not finish a part of its answer.",
    )
}
