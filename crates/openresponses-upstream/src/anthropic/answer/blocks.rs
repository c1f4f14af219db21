use std::collections::BTreeMap;

use openresponses_types::json::{Reader, ValueKind};
use openresponses_types::sequence::Delta;

use super::citations::CitedText;
use crate::answer::Deltas;
use crate::json::{elements, members, text};
use crate::tagged::TaggedReasoning;

/// The dialect and the kinds under which opaque thinking is kept.
pub(in crate::anthropic) const SIGNATURE: (&str, &str) = ("anthropic", "signature");
pub(in crate::anthropic) const REDACTED: (&str, &str) = ("anthropic", "redacted");

const PLACE: &str = "content[]";

/// The blocks of a message.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: BTreeMap<u64, Block>,
    /// What ends the last block, pushed before the next one: where none comes, the finish decides
    /// whether the block is complete.
    ending: Option<Delta>,
    /// Texts and thinking that came inside a call, in order: they follow it.
    waiting: Vec<Delta>,
    /// How many calls were begun, over all messages.
    calls: u32,
}

#[derive(Debug)]
enum Block {
    Text(CitedText),
    Thinking {
        signature: String,
    },
    /// Thinking that only the server can read; it comes whole.
    Redacted,
    ToolUse {
        key: u32,
        /// The input that the start has; some servers send it there and not in deltas.
        input: Option<String>,
    },
    /// A block without a place, such as those of tools that run at the server.
    Unplaced,
}

impl Blocks {
    /// Reads a block that comes whole.
    pub(super) fn whole(&mut self, value: Reader<'_>, out: &mut Deltas) {
        let block = self.read(value, out);
        self.end(block, out);
    }

    /// Reads the start of a block.
    pub(super) fn start(&mut self, index: u64, value: Reader<'_>, out: &mut Deltas) {
        self.stop(index, out);
        let block = self.read(value, out);
        self.open.insert(index, block);
    }

    fn read(&mut self, value: Reader<'_>, out: &mut Deltas) -> Block {
        self.push_ending(out);
        let kind = value.member("type").and_then(text).unwrap_or_default();
        match &*kind {
            "text" => read_text(value, out),
            "thinking" => read_thinking(value, out),
            "redacted_thinking" => read_redacted(value, out),
            "tool_use" => self.read_tool_use(value, out),
            kind => {
                out.unplaced(PLACE, kind, value);
                Block::Unplaced
            }
        }
    }

    fn read_tool_use(&mut self, value: Reader<'_>, out: &mut Deltas) -> Block {
        let key = self.calls;
        self.calls += 1;
        let stated = |name: &str| value.member(name).and_then(text);
        out.push(Delta::Call {
            key,
            call_id: stated("id"),
            name: stated("name").unwrap_or_default(),
        });
        let mut input = None;
        for (name, mut value) in members(value) {
            match &*name {
                "type" | "id" | "name" => {}
                "input" => match (value.kind(), text(value)) {
                    (ValueKind::Object, _) => input = Some(value.raw().to_owned()),
                    (_, Some(text)) => input = Some(text).filter(|text| !text.is_empty()),
                    _ => out.unplaced(PLACE, &name, value),
                },
                _ => out.unplaced(PLACE, &name, value),
            }
        }
        out.hold(input.as_ref().map_or(0, String::len));
        Block::ToolUse { key, input }
    }

    /// Reads a piece of the block at `index`.
    pub(super) fn delta(&mut self, index: u64, value: Reader<'_>, out: &mut Deltas) {
        let kind = value.member("type").and_then(text).unwrap_or_default();
        self.open_for(index, &kind, out);
        let Some(block) = self.open.get_mut(&index) else {
            return;
        };
        let piece = |name: &str| value.member(name).and_then(text).unwrap_or_default();
        let read = match (&*kind, block) {
            ("text_delta", Block::Text(block)) => {
                block.push(piece("text"), out);
                "text"
            }
            ("text_delta", Block::ToolUse { .. }) => {
                wait(&mut self.waiting, Delta::Text(piece("text")), out);
                "text"
            }
            ("thinking_delta", Block::ToolUse { .. }) => {
                wait(&mut self.waiting, Delta::Reasoning(piece("thinking")), out);
                "thinking"
            }
            ("citations_delta", Block::Text(block)) => {
                if let Some(citation) = value.member("citation") {
                    block.cite(citation, out);
                }
                "citation"
            }
            ("thinking_delta", Block::Thinking { .. }) => {
                push_thinking(piece("thinking"), out);
                "thinking"
            }
            ("signature_delta", Block::Thinking { signature }) => {
                let piece = piece("signature");
                out.hold(piece.len());
                signature.push_str(&piece);
                "signature"
            }
            ("input_json_delta", Block::ToolUse { key, input }) => {
                let delta = piece("partial_json");
                if !delta.is_empty() {
                    let replaced = input.take();
                    out.let_go(replaced.map_or(0, |input| input.len()));
                    out.push(Delta::Arguments { key: *key, delta });
                }
                "partial_json"
            }
            (kind, _) => return out.unplaced("content[].delta", kind, value),
        };
        for (name, value) in members(value) {
            if name != "type" && name != read {
                out.unplaced("content[].delta", &name, value);
            }
        }
    }

    /// Opens a block at `index` for a delta of this kind, unless one is open that takes it. Some servers
    /// begin texts and thinking with their first delta, and some that translate send them into a block
    /// of another kind. A call goes on behind them.
    fn open_for(&mut self, index: u64, kind: &str, out: &mut Deltas) {
        let takes = match (kind, self.open.get(&index)) {
            (_, None) => false,
            ("text_delta", Some(Block::Text(_) | Block::ToolUse { .. })) => true,
            ("thinking_delta", Some(Block::Thinking { .. } | Block::ToolUse { .. })) => true,
            ("text_delta" | "thinking_delta", Some(_)) => false,
            _ => true,
        };
        if takes {
            return;
        }
        self.stop(index, out);
        self.push_ending(out);
        let block = match kind {
            "text_delta" => Block::Text(CitedText::default()),
            "thinking_delta" => Block::Thinking {
                signature: String::new(),
            },
            _ => Block::Unplaced,
        };
        self.open.insert(index, block);
    }

    /// The block at `index` is over.
    pub(super) fn stop(&mut self, index: u64, out: &mut Deltas) {
        if let Some(block) = self.open.remove(&index) {
            self.end(block, out);
        }
    }

    /// Every block is over.
    pub(super) fn stop_all(&mut self, out: &mut Deltas) {
        for block in std::mem::take(&mut self.open).into_values() {
            self.end(block, out);
        }
        if !self.waiting.is_empty() {
            self.push_ending(out);
        }
    }

    fn push_ending(&mut self, out: &mut Deltas) {
        if let Some(ending) = self.ending.take() {
            out.push(ending);
        }
        for delta in self.waiting.drain(..) {
            out.let_go(delta.bytes());
            out.push(delta);
        }
    }

    fn end(&mut self, block: Block, out: &mut Deltas) {
        // What waits may have come inside this block.
        if let Some(ending) = self.ending.take() {
            out.push(ending);
        }
        self.ending = match block {
            Block::Text(block) => {
                block.end(out);
                Some(Delta::EndPart)
            }
            Block::Thinking { signature } => {
                if !signature.is_empty() {
                    out.let_go(signature.len());
                    push_opaque(SIGNATURE, signature, out);
                }
                // Each block goes back with its own signature.
                Some(Delta::EndItem)
            }
            Block::Redacted => Some(Delta::EndItem),
            Block::ToolUse { key, input } => {
                if let Some(delta) = input {
                    out.let_go(delta.len());
                    out.push(Delta::Arguments { key, delta });
                }
                Some(Delta::EndCall { key })
            }
            Block::Unplaced => None,
        };
    }
}

fn read_text(value: Reader<'_>, out: &mut Deltas) -> Block {
    let mut block = CitedText::default();
    for (name, value) in members(value) {
        match &*name {
            "type" => {}
            "text" => block.push(text(value).unwrap_or_default(), out),
            "citations" => elements(value).for_each(|citation| block.cite(citation, out)),
            _ => out.unplaced(PLACE, &name, value),
        }
    }
    Block::Text(block)
}

fn read_thinking(value: Reader<'_>, out: &mut Deltas) -> Block {
    let mut signature = String::new();
    for (name, value) in members(value) {
        match &*name {
            "type" => {}
            "thinking" => push_thinking(text(value).unwrap_or_default(), out),
            "signature" => signature = text(value).unwrap_or_default(),
            _ => out.unplaced(PLACE, &name, value),
        }
    }
    out.hold(signature.len());
    Block::Thinking { signature }
}

/// Keeps what came inside a call until the call is over.
fn wait(waiting: &mut Vec<Delta>, delta: Delta, out: &mut Deltas) {
    out.hold(delta.bytes());
    waiting.push(delta);
}

fn push_thinking(text: String, out: &mut Deltas) {
    if !text.is_empty() {
        out.push(Delta::Reasoning(text));
    }
}

fn read_redacted(value: Reader<'_>, out: &mut Deltas) -> Block {
    for (name, value) in members(value) {
        match (&*name, text(value)) {
            ("type", _) => {}
            ("data", Some(data)) => push_opaque(REDACTED, data, out),
            _ => out.unplaced(PLACE, &name, value),
        }
    }
    Block::Redacted
}

fn push_opaque((dialect, kind): (&str, &str), payload: String, out: &mut Deltas) {
    let tagged = TaggedReasoning::new(dialect, kind, payload).to_string();
    out.push(Delta::EncryptedReasoning(tagged));
}
