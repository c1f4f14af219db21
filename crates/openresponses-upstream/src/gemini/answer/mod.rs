//! From chunks and whole answers to deltas.

mod arguments;
mod calls;
mod candidate;
mod finish_reason;
mod json_path;
mod parts;
mod signatures;
mod usage;

use openresponses_types::json::{Reader, ValueKind};
use openresponses_types::sequence::{Delta, Finish};

use crate::answer::{AnswerEnd, AnswerMachine, Deltas};
use crate::error::{MessagePolicy, UpstreamError};
use crate::json::{count, is_blank, members, one_or_more, text};
use calls::Calls;
use finish_reason::Ending;
use signatures::Signatures;
pub(super) use signatures::{CALL, PART, TEXT, THOUGHT};
use usage::Counts;

/// Reads the answers of `generateContent` and `streamGenerateContent`.
///
/// ```
/// use openresponses_upstream::gemini::GeminiMachine;
/// use openresponses_upstream::{AnswerReader, MessagePolicy};
///
/// let reader = AnswerReader::new(GeminiMachine::new(MessagePolicy::Pass));
/// assert!(!reader.is_finished());
/// ```
#[derive(Debug, Default)]
pub struct GeminiMachine {
    policy: MessagePolicy,
    /// The index of the candidate that is read; others have no place.
    candidate: Option<u64>,
    calls: Calls,
    signatures: Signatures,
    counts: Counts,
    ending: Option<Ending>,
}

impl GeminiMachine {
    /// Creates a machine for one answer. `policy` is about messages of errors in mid-stream.
    #[must_use]
    pub fn new(policy: MessagePolicy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Reads a chunk or a whole answer; both are of the same shape.
    fn root(&mut self, value: Reader<'_>, out: &mut Deltas) {
        for (name, value) in members(value) {
            match &*name {
                "candidates" => {
                    for candidate in one_or_more(value) {
                        self.candidate(candidate, out);
                    }
                }
                "usageMetadata" => self.counts.read(value, out),
                "promptFeedback" => self.prompt_feedback(value, out),
                // Code Assist has the chunk one level deeper.
                "response" if value.kind() == ValueKind::Object => self.root(value, out),
                // The endpoint gives its own.
                "modelVersion" | "responseId" | "createTime" => {}
                _ => out.unplaced("", &name, value),
            }
        }
    }

    /// Reads why the prompt was blocked, in which case there are no candidates.
    fn prompt_feedback(&mut self, value: Reader<'_>, out: &mut Deltas) {
        for (name, value) in members(value) {
            match &*name {
                "blockReason" => {
                    if text(value).is_some_and(|word| word != "BLOCK_REASON_UNSPECIFIED") {
                        let blocked = Finish::Incomplete("content_filter".to_owned());
                        self.ending.get_or_insert(Ending::Finish(blocked));
                    }
                }
                _ => out.unplaced("promptFeedback", &name, value),
            }
        }
    }

    fn close(&mut self, ending: Option<Ending>, out: &mut Deltas) {
        let _ = self.calls.leave(out);
        self.signatures.release(out);
        if let Some(usage) = self.counts.usage() {
            out.push(Delta::usage(usage));
        }
        match ending {
            Some(Ending::Finish(finish)) => out.push(Delta::Finish(finish)),
            Some(Ending::Failed(error)) => out.fail_with(error, self.policy),
            None => {}
        }
    }
}

impl AnswerMachine for GeminiMachine {
    fn event(&mut self, name: Option<&str>, value: Reader<'_>, out: &mut Deltas) {
        let is_error = value.member("error").is_some_and(|error| !is_blank(error));
        if name == Some("error") || is_error {
            self.close(None, out);
            out.fail_with(UpstreamError::from_json(value), self.policy);
            return;
        }
        self.root(value, out);
    }

    fn document(&mut self, value: Reader<'_>, out: &mut Deltas) {
        self.event(None, value, out);
        self.end(AnswerEnd::Mark, out);
    }

    fn end(&mut self, end: AnswerEnd, out: &mut Deltas) {
        // Parts may follow a reason, so it is the end that finishes.
        let whole = || Ending::Finish(Finish::Completed);
        let ending = match (self.ending.take(), end) {
            (None, AnswerEnd::Mark) => self.candidate.map(|_| whole()),
            (ending, _) => ending,
        };
        self.close(ending, out);
    }
}
