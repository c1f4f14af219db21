use openresponses_types::sequence::Delta;

use crate::answer::Deltas;
use crate::tagged::TaggedReasoning;

/// The dialect and the kinds under which thought signatures are kept. The kind is the part that the
/// signature goes back on: the thought of the same item, the next text, the next call, or an empty
/// text of its own.
pub(in crate::gemini) const THOUGHT: (&str, &str) = ("gemini", "thought");
pub(in crate::gemini) const TEXT: (&str, &str) = ("gemini", "text");
pub(in crate::gemini) const CALL: (&str, &str) = ("gemini", "call");
pub(in crate::gemini) const PART: (&str, &str) = ("gemini", "part");

/// The signatures of an answer, as reasoning items. One that comes inside a text waits for its end,
/// so that the text stays one.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    waiting: Vec<String>,
    is_text_open: bool,
}

impl Signatures {
    /// A text begins or goes on.
    pub(super) fn text(&mut self, text: String, signature: Option<String>, out: &mut Deltas) {
        if text.is_empty() {
            self.hold(signature, out);
            return;
        }
        if self.is_text_open {
            out.push(Delta::Text(text));
            self.hold(signature, out);
            return;
        }
        self.release(out);
        if let Some(signature) = signature {
            push(TEXT, signature, out);
        }
        out.push(Delta::Text(text));
        self.is_text_open = true;
    }

    fn hold(&mut self, signature: Option<String>, out: &mut Deltas) {
        out.hold(signature.as_ref().map_or(0, String::len));
        self.waiting.extend(signature);
    }

    /// A thought begins or goes on.
    pub(super) fn thought(&mut self, text: String, signature: Option<String>, out: &mut Deltas) {
        self.release(out);
        if !text.is_empty() {
            out.push(Delta::Reasoning(text));
        }
        if let Some(signature) = signature {
            push(THOUGHT, signature, out);
        }
    }

    /// A call begins.
    pub(super) fn call(&mut self, signature: Option<String>, out: &mut Deltas) {
        self.release(out);
        if let Some(signature) = signature {
            push(CALL, signature, out);
        }
    }

    /// The open text is over.
    pub(super) fn release(&mut self, out: &mut Deltas) {
        self.is_text_open = false;
        for signature in self.waiting.drain(..) {
            out.let_go(signature.len());
            push(PART, signature, out);
        }
    }
}

/// Closes the reasoning with the signature: the next one belongs to another item.
fn push((dialect, kind): (&str, &str), signature: String, out: &mut Deltas) {
    let tagged = TaggedReasoning::new(dialect, kind, signature).to_string();
    out.push(Delta::EncryptedReasoning(tagged));
    out.push(Delta::EndItem);
}
