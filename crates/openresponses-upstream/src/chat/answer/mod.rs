//! From chunks and completions to deltas.

mod annotation;
mod calls;
mod choice;
mod content;
mod finish;
mod logprobs;
mod reasoning;
mod think;
mod usage;

use openresponses_types::json::{RawJson, Reader, ValueKind};
use openresponses_types::response::Usage;
use openresponses_types::sequence::{Delta, Finish};

use crate::answer::{AnswerEnd, AnswerMachine, Deltas};
use crate::error::{MessagePolicy, UpstreamError};
use crate::json::{count, elements, is_blank, is_null, members, one_or_more, text};
use calls::Calls;
use finish::worse;
pub(super) use reasoning::DETAILS;
use reasoning::Opaque;
use think::{Split, Think};

/// Reads the answers of Chat Completions servers, streamed or whole.
///
/// ```
/// use openresponses_upstream::chat::ChatMachine;
/// use openresponses_upstream::{AnswerReader, MessagePolicy};
///
/// let reader = AnswerReader::new(ChatMachine::new(MessagePolicy::Pass));
/// assert!(!reader.is_finished());
/// ```
#[derive(Debug, Default)]
pub struct ChatMachine {
    policy: MessagePolicy,
    /// The index of the choice that is read; others have no place.
    choice: Option<u64>,
    calls: Calls,
    /// The opaque details of the reasoning that is open.
    opaque: Opaque,
    /// Output that arrived while the arguments of a call were unfinished, in order.
    waiting: Vec<Delta>,
    /// The reasoning in the content.
    think: Think,
    /// Whether there was output besides calls.
    has_output: bool,
    /// Whether choices have texts alone, without deltas.
    is_bare: bool,
    finish: Option<Finish>,
    usage: Option<Usage>,
    /// Members of the response, sent once: servers repeat them in each chunk.
    carried: Vec<(String, RawJson)>,
}

impl ChatMachine {
    /// Creates a machine for one answer. `policy` is about messages of errors in mid-stream.
    #[must_use]
    pub fn new(policy: MessagePolicy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Sets whether reasoning is looked for in `<think>` tags at the start of the content. Default: false.
    #[must_use]
    pub fn think_tags(mut self, has: bool) -> Self {
        self.think = match has {
            true => Think::at_the_start(),
            false => Think::Off,
        };
        self
    }

    /// Reads a chunk or a completion.
    fn root(&mut self, value: Reader<'_>, out: &mut Deltas) {
        for (name, value) in members(value) {
            match &*name {
                "choices" => {
                    for choice in one_or_more(value) {
                        self.choice(choice, out);
                    }
                }
                "usage" => self.usage(value, "usage", out),
                "x_groq" => self.x_groq(value, out),
                "citations" | "search_results" if value.kind() == ValueKind::Array => {
                    self.carry(&name, value);
                }
                "citations" | "search_results" => {}
                "service_tier" if text(value).is_some_and(|tier| !tier.is_empty()) => {
                    self.carry(&name, value);
                }
                "service_tier" => {}
                "error" if !is_blank(value) => {
                    self.close(None, out);
                    out.fail_with(UpstreamError::from_json(value), self.policy);
                }
                // The endpoint gives its own, and pads on request.
                "id" | "object" | "created" | "model" | "obfuscation" | "p" => {}
                _ => out.unplaced("", &name, value),
            }
        }
    }

    fn x_groq(&mut self, value: Reader<'_>, out: &mut Deltas) {
        for (name, value) in members(value) {
            match &*name {
                "usage" => self.usage(value, "x_groq.usage", out),
                "error" if !is_blank(value) => {
                    out.fail_with(UpstreamError::from_json(value), self.policy);
                }
                _ => out.unplaced("x_groq", &name, value),
            }
        }
    }

    fn carry(&mut self, name: &str, mut value: Reader<'_>) {
        // What was read from a checked document is JSON.
        let Ok(value) = RawJson::parse(value.raw()) else {
            return;
        };
        match self.carried.iter_mut().find(|(found, _)| found == name) {
            Some((_, old)) => *old = value,
            None => self.carried.push((name.to_owned(), value)),
        }
    }

    /// Pushes what belongs to no call: behind the calls whose arguments are unfinished, and before those
    /// whose arguments have not begun.
    fn emit(&mut self, delta: Delta, out: &mut Deltas) {
        self.has_output = true;
        if !is_reasoning(&delta) {
            self.close_reasoning(out);
        }
        // White space says nothing: arguments may follow.
        let waits =
            self.calls.is_within_arguments() || self.calls.is_unfinished() && is_blank_text(&delta);
        if waits {
            out.hold(delta.bytes());
            self.waiting.push(delta);
            return;
        }
        self.release(out);
        self.calls.interrupt();
        out.push(delta);
    }

    fn release(&mut self, out: &mut Deltas) {
        for delta in self.waiting.drain(..) {
            out.let_go(delta.bytes());
            out.push(delta);
        }
    }

    /// What comes next belongs to other reasoning, or is none.
    fn close_reasoning(&mut self, out: &mut Deltas) {
        if let Some(tagged) = self.opaque.take(out) {
            self.emit(Delta::EncryptedReasoning(tagged), out);
        }
    }

    fn report_usage(&mut self, out: &mut Deltas) {
        for (name, value) in self.carried.drain(..) {
            out.push(Delta::Member { name, value });
        }
        if let Some(usage) = self.usage.take() {
            out.push(Delta::usage(usage));
        }
    }

    fn close(&mut self, finish: Option<Finish>, out: &mut Deltas) {
        let kept = self.think.end();
        self.emit_split(kept, Vec::new(), out);
        self.close_reasoning(out);
        self.calls.end(out);
        self.release(out);
        self.report_usage(out);
        if let Some(finish) = finish {
            out.push(Delta::Finish(finish));
        }
    }
}

impl AnswerMachine for ChatMachine {
    fn is_whole(&self) -> bool {
        self.finish.is_some() && !self.calls.is_within_arguments()
    }

    fn event(&mut self, name: Option<&str>, value: Reader<'_>, out: &mut Deltas) {
        let has_choices = value.member("choices").is_some();
        if name == Some("error") || (!has_choices && is_error(value)) {
            self.close(None, out);
            out.fail_with(UpstreamError::from_json(value), self.policy);
            return;
        }
        self.root(value, out);
    }

    fn document(&mut self, value: Reader<'_>, out: &mut Deltas) {
        self.event(None, value, out);
        let finish = match self.finish.take() {
            Some(finish) => Some(finish),
            // Some servers leave the reason out where the answer is whole.
            None if self.choice.is_some() => Some(Finish::Completed),
            None => None,
        };
        self.close(finish, out);
    }

    fn end(&mut self, end: AnswerEnd, out: &mut Deltas) {
        let finish = match (self.finish.take(), end) {
            (Some(finish), _) => Some(finish),
            // A mark alone says nothing.
            (None, AnswerEnd::Mark) => self.choice.map(|_| Finish::Completed),
            (None, AnswerEnd::Body) => None,
        };
        self.close(finish, out);
    }
}

fn is_blank_text(delta: &Delta) -> bool {
    matches!(delta, Delta::Text(text) | Delta::Reasoning(text) if text.trim().is_empty())
}

fn is_reasoning(delta: &Delta) -> bool {
    matches!(
        delta,
        Delta::Reasoning(_) | Delta::Summary(_) | Delta::EncryptedReasoning(_)
    )
}

/// Returns true for an object that says nothing but what went wrong.
fn is_error(value: Reader<'_>) -> bool {
    let has = |name: &str| value.member(name).is_some_and(|value| !is_blank(value));
    has("error")
        || has("detail")
        || (has("message") && (has("code") || has("type")))
        || value.member("object").and_then(text).as_deref() == Some("error")
}
