//! From events and messages to deltas.

mod blocks;
mod citations;
mod stop_reason;
mod usage;

use openresponses_types::json::{Reader, ValueKind};
use openresponses_types::sequence::{Delta, Finish};

use crate::answer::{AnswerEnd, AnswerMachine, Deltas};
use crate::error::{MessagePolicy, UpstreamError};
use crate::json::{count, elements, is_blank, members, text};
use blocks::Blocks;
pub(super) use blocks::{REDACTED, SIGNATURE};
use usage::Counts;

/// Reads the answers of servers of the Messages API, streamed or whole.
///
/// ```
/// use openresponses_upstream::anthropic::AnthropicMachine;
/// use openresponses_upstream::{AnswerReader, MessagePolicy};
///
/// let reader = AnswerReader::new(AnthropicMachine::new(MessagePolicy::Pass));
/// assert!(!reader.is_finished());
/// ```
#[derive(Debug, Default)]
pub struct AnthropicMachine {
    policy: MessagePolicy,
    blocks: Blocks,
    counts: Counts,
    finish: Option<Finish>,
    progress: Progress,
}

/// How far the message has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Progress {
    #[default]
    NotStarted,
    Started,
    Stopped,
}

impl AnthropicMachine {
    /// Creates a machine for one answer. `policy` is about messages of errors in mid-stream.
    #[must_use]
    pub fn new(policy: MessagePolicy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Reads a message: the whole of it, or what `message_start` has of it.
    fn message(&mut self, value: Reader<'_>, out: &mut Deltas) {
        if self.progress == Progress::Stopped {
            out.push(Delta::EndItem);
        }
        self.progress = Progress::Started;
        self.counts = Counts::default();
        for (name, value) in members(value) {
            match &*name {
                "content" => {
                    for block in elements(value) {
                        self.blocks.whole(block, out);
                    }
                }
                "usage" => self.counts.read(value, out),
                // The endpoint gives its own, and every message is the assistant's.
                "id" | "type" | "role" | "model" => {}
                _ => self.ending(&name, value, out),
            }
        }
    }

    /// Reads a member that says how the message ended.
    fn ending(&mut self, name: &str, value: Reader<'_>, out: &mut Deltas) {
        match name {
            "stop_reason" => {
                if let Some(word) = text(value) {
                    self.finish = Some(stop_reason::read(&word).unwrap_or_else(|| {
                        out.unplaced("", name, value);
                        Finish::Completed
                    }));
                }
            }
            _ => out.unplaced("", name, value),
        }
    }

    fn message_delta(&mut self, value: Reader<'_>, out: &mut Deltas) {
        for (name, value) in members(value) {
            match &*name {
                "type" => {}
                "delta" => {
                    for (name, value) in members(value) {
                        self.ending(&name, value, out);
                    }
                }
                // It corrects the counts of the start.
                "usage" => self.counts.read(value, out),
                _ => out.unplaced("", &name, value),
            }
        }
    }

    /// Reads an event about one block.
    fn block_event(&mut self, kind: &str, value: Reader<'_>, out: &mut Deltas) {
        let index = value.member("index").and_then(count).unwrap_or(0);
        let what = match kind {
            "content_block_start" => "content_block",
            "content_block_delta" => "delta",
            _ => "",
        };
        for (name, value) in members(value) {
            match &*name {
                "type" | "index" => {}
                name if name == what && what == "delta" => self.blocks.delta(index, value, out),
                name if name == what => self.blocks.start(index, value, out),
                _ => out.unplaced(kind, &name, value),
            }
        }
        if kind == "content_block_stop" {
            self.blocks.stop(index, out);
        }
    }

    /// Counts the members of an event that says nothing but its type.
    fn bare_event(&self, kind: &str, value: Reader<'_>, out: &mut Deltas) {
        for (name, value) in members(value) {
            if name != "type" {
                out.unplaced(kind, &name, value);
            }
        }
    }

    fn fail(&mut self, value: Reader<'_>, out: &mut Deltas) {
        self.close(None, out);
        out.fail_with(UpstreamError::from_json(value), self.policy);
    }

    fn close(&mut self, finish: Option<Finish>, out: &mut Deltas) {
        self.blocks.stop_all(out);
        if let Some(usage) = self.counts.usage() {
            out.push(Delta::usage(usage));
        }
        if let Some(finish) = finish {
            out.push(Delta::Finish(finish));
        }
    }
}

impl AnswerMachine for AnthropicMachine {
    fn is_whole(&self) -> bool {
        self.progress == Progress::Stopped
    }

    fn event(&mut self, name: Option<&str>, value: Reader<'_>, out: &mut Deltas) {
        // The type counts: some servers leave the event's name out.
        let stated = value.member("type").and_then(text);
        let kind = stated.as_deref().or(name).unwrap_or_default();
        match kind {
            "message_start" => {
                if let Some(message) = value.member("message") {
                    self.message(message, out);
                }
            }
            // The whole of it as one event.
            "message" => {
                self.message(value, out);
                self.progress = Progress::Stopped;
            }
            "content_block_start" | "content_block_delta" | "content_block_stop" => {
                self.block_event(kind, value, out);
            }
            "message_delta" => self.message_delta(value, out),
            "message_stop" => {
                self.bare_event(kind, value, out);
                self.blocks.stop_all(out);
                self.progress = Progress::Stopped;
            }
            "ping" => self.bare_event(kind, value, out),
            // What comes behind the end concerns no message.
            "error" if self.is_whole() => out.unplaced(kind, "", value),
            "error" => self.fail(value, out),
            _ if is_error(value) => self.fail(value, out),
            _ => out.unplaced(kind, "", value),
        }
    }

    fn document(&mut self, value: Reader<'_>, out: &mut Deltas) {
        if is_error(value) {
            return self.fail(value, out);
        }
        self.message(value, out);
        let is_message = value
            .member("content")
            .is_some_and(|content| content.kind() == ValueKind::Array);
        let finish = self.finish.take().unwrap_or(Finish::Completed);
        self.close(is_message.then_some(finish), out);
    }

    fn end(&mut self, end: AnswerEnd, out: &mut Deltas) {
        // More messages may follow one that has stopped, so it is the end that finishes.
        let is_whole = match end {
            AnswerEnd::Body => self.is_whole(),
            AnswerEnd::Mark => self.progress != Progress::NotStarted,
        };
        let finish = self.finish.take().unwrap_or(Finish::Completed);
        self.close(is_whole.then_some(finish), out);
    }
}

fn is_error(value: Reader<'_>) -> bool {
    value.member("error").is_some_and(|error| !is_blank(error))
}
