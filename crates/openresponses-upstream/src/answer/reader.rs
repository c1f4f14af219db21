use std::fmt;

use openresponses_types::Turn;
use openresponses_types::json::{self, Document, Reader};
use openresponses_types::sequence::{Delta, Failure};

use super::deltas::Deltas;
use super::framing::{Framing, Piece};
use super::unplaced::Unplaced;
use crate::custom::CustomCalls;
use crate::error::UpstreamError;

/// Reads the JSON of one answer in one dialect. [`AnswerReader`] cuts the body into it.
///
/// ```
/// use openresponses_types::json::Reader;
/// use openresponses_types::sequence::Delta;
/// use openresponses_upstream::{AnswerEnd, AnswerMachine, AnswerReader, Deltas};
///
/// /// Answers of the form `{"text":".."}`.
/// #[derive(Debug)]
/// struct Plain;
///
/// impl AnswerMachine for Plain {
///     fn event(&mut self, _: Option<&str>, json: Reader<'_>, out: &mut Deltas) {
///         self.document(json, out);
///     }
///
///     fn document(&mut self, json: Reader<'_>, out: &mut Deltas) {
///         let text = json.member("text").and_then(|mut text| text.string());
///         out.push(Delta::text(text.unwrap_or_default()));
///         out.push(Delta::complete());
///     }
///
///     fn end(&mut self, _: AnswerEnd, _: &mut Deltas) {}
/// }
///
/// let mut reader = AnswerReader::new(Plain);
/// reader.push(br#"{"text":"Hello"}"#);
/// reader.end();
/// assert_eq!(reader.pop(), Some(Delta::text("Hello")));
/// ```
pub trait AnswerMachine: fmt::Debug + Send {
    /// Takes one event of a stream. `name` is its `event` field, `error` for a bare error line.
    fn event(&mut self, name: Option<&str>, json: Reader<'_>, out: &mut Deltas);

    /// Takes the whole of an answer that is not streamed.
    fn document(&mut self, json: Reader<'_>, out: &mut Deltas);

    /// Takes the end. Where no [`Delta::Finish`] has been pushed by then, the response fails as one
    /// whose stream ended early.
    fn end(&mut self, end: AnswerEnd, out: &mut Deltas);

    /// Returns true if the answer lacks nothing, although more could follow: a connection that
    /// breaks then breaks nothing. Default: false.
    fn is_whole(&self) -> bool {
        false
    }
}

/// How an answer ended.
///
/// ```
/// use openresponses_upstream::AnswerEnd;
///
/// /// A server that always sends its mark was cut off where the body ended without it.
/// fn is_cut_off(end: AnswerEnd) -> bool {
///     end == AnswerEnd::Body
/// }
/// assert!(!is_cut_off(AnswerEnd::Mark));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerEnd {
    /// With the end mark `[DONE]`.
    Mark,
    /// With the body.
    Body,
}

/// Reads the body of an answer: push its bytes, pop deltas.
///
/// The body may be an event stream, a JSON document or a JSON array of events, cut anywhere; which
/// of them is recognized by its first byte.
///
/// ```
/// use openresponses_types::CreateRequest;
/// use openresponses_types::sequence::Delta;
/// use openresponses_upstream::chat::ChatMachine;
/// use openresponses_upstream::AnswerReader;
///
/// let mut reader = AnswerReader::new(ChatMachine::default());
/// reader.push(br#"data: {"choices":[{"index":0,"delta":{"content":"Hel"#);
/// assert_eq!(reader.pop(), None);
/// reader.push(b"lo\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
/// reader.end();
/// assert_eq!(reader.pop(), Some(Delta::text("Hello")));
/// assert_eq!(reader.pop(), Some(Delta::complete()));
/// assert_eq!(reader.pop(), None);
/// ```
#[derive(Debug)]
pub struct AnswerReader {
    framing: Framing,
    machine: Box<dyn AnswerMachine>,
    out: Deltas,
    ended: bool,
}

impl AnswerReader {
    /// Creates a reader for one answer. [`Dialect::answer`](crate::Dialect::answer) makes one that
    /// knows the turn's custom tools.
    #[must_use]
    pub fn new(machine: impl AnswerMachine + 'static) -> Self {
        Self {
            framing: Framing::default(),
            machine: Box::new(machine),
            out: Deltas::default(),
            ended: false,
        }
    }

    /// Creates a reader for the answer to `turn`: calls of its custom tools come as such.
    pub(crate) fn of_turn(machine: impl AnswerMachine + 'static, turn: &Turn) -> Self {
        let mut reader = Self::new(machine);
        reader.out.set_custom(CustomCalls::of(turn));
        reader
    }

    /// Takes the next bytes of the body. Bytes after the end are dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self {
            framing,
            machine,
            out,
            ended,
        } = self;
        if !*ended {
            framing.push(bytes, &mut |piece| {
                take(&mut **machine, piece, out, ended, broken);
            });
        }
    }

    /// Takes the end of the body.
    pub fn end(&mut self) {
        let Self {
            framing,
            machine,
            out,
            ended,
        } = self;
        if !*ended {
            // What cannot be read here was cut off.
            framing.end(&mut |piece| take(&mut **machine, piece, out, ended, Failure::ended_early));
        }
        if !std::mem::replace(&mut self.ended, true) {
            end(&mut *self.machine, AnswerEnd::Body, &mut self.out);
        }
    }

    /// Returns the next delta; nothing until more is pushed.
    pub fn pop(&mut self) -> Option<Delta> {
        self.out.pop()
    }

    /// Returns true if the response has ended: what is left is to pop, and the body need not be
    /// read any further.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.out.is_finished()
    }

    /// Returns true if the answer lacks nothing but the end of the body. Where the connection
    /// breaks then, call [`end`](Self::end) as if the body had ended.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.machine.is_whole()
    }

    /// Returns the error that the upstream reported in its answer, if it did.
    #[must_use]
    pub fn error(&self) -> Option<&UpstreamError> {
        self.out.error()
    }

    /// Returns what the answer had and the protocol has no place for, so far.
    #[must_use]
    pub fn unplaced(&self) -> &Unplaced {
        self.out.counts()
    }
}

fn take(
    machine: &mut dyn AnswerMachine,
    piece: Piece<'_>,
    out: &mut Deltas,
    ended: &mut bool,
    unreadable: fn() -> Failure,
) {
    if *ended || out.is_finished() {
        return;
    }
    match piece {
        Piece::Done => {
            *ended = true;
            end(machine, AnswerEnd::Mark, out);
        }
        Piece::Event(_, data) if data.trim_ascii().is_empty() => {}
        Piece::Event(name, data) => match parsed(data, &mut String::new()) {
            Some(document) => machine.event(name, document.reader(), out),
            None => out.fail(unreadable()),
        },
        Piece::Document(data) => match parsed(data, &mut String::new()) {
            Some(document) => machine.document(document.reader(), out),
            None => out.fail(unreadable()),
        },
        Piece::Broken => out.fail(unreadable()),
    }
}

/// Parses `data`, or what it is mended to, which is kept in `mended`.
fn parsed<'d>(data: &'d [u8], mended: &'d mut String) -> Option<Document<'d>> {
    if let Ok(document) = Document::parse(data) {
        return Some(document);
    }
    *mended = json::mended(data);
    Document::parse(mended.as_bytes()).ok()
}

fn end(machine: &mut dyn AnswerMachine, how: AnswerEnd, out: &mut Deltas) {
    machine.end(how, out);
    out.fail(Failure::ended_early());
}

fn broken() -> Failure {
    Failure::new(
        "server_error",
        "upstream_error",
        "The upstream's answer could not be read.",
    )
}
