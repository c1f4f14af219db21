//! Texts as they were printed, delta by delta.

use alloc::string::String;
use alloc::vec::Vec;
use core::{fmt, mem};

use super::table::StreamEvent;
use crate::json::{part, write_escaped, write_string};
use crate::wire::{Print, WireValue};

/// How many bytes at the front of a text are printed anew each time: most texts are not longer, and
/// to keep those would cost more than to print them.
const UNCACHED_PREFIX: usize = 4 * 1024;

/// The most bytes that are kept, of texts and of what was printed: a stream that is not read holds them
/// as well, beside its text.
const MAX_KEPT_BYTES: usize = 128 * 1024;

/// The texts of one stream, and how they are printed.
///
/// A long text is printed delta by delta, and then in whole by the events that finish it: the text's,
/// its part's, its item's and the response's. Kept as it was printed, it is copied there, without
/// another search for what must be escaped.
///
/// ```
/// use openresponses_types::StreamEvent;
/// use openresponses_types::event::{PrintedTexts, ResponseOutputTextDoneEvent};
///
/// let mut texts = PrintedTexts::new();
/// let deltas = ["Line\n"; 2_000];
/// for delta in deltas {
///     let mut printed = String::new();
///     texts.print_delta(delta, &mut printed)?;
///     assert_eq!(printed, "Line\\n");
/// }
/// let done = ResponseOutputTextDoneEvent::new(9_u64, "msg_1", 0_u64, 0_u64, deltas.concat());
/// let done = StreamEvent::from(done);
/// let mut printed = String::new();
/// done.write_json_with(&texts, &mut printed)?;
/// assert_eq!(printed, done.to_json());
/// # Ok::<(), std::fmt::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct PrintedTexts {
    /// The text of the part whose deltas come now.
    current: PrintedText,
    /// Those of earlier parts.
    earlier: Vec<PrintedText>,
    /// How many bytes are kept.
    bytes: usize,
}

/// One text.
#[derive(Clone, Default)]
struct PrintedText {
    /// How many bytes at its front are not kept.
    anew: usize,
    rest: String,
    /// `rest`, escaped.
    printed: String,
}

impl PrintedText {
    fn is(&self, text: &str) -> bool {
        self.anew + self.rest.len() == text.len() && text.get(self.anew..) == Some(&*self.rest)
    }
}

impl PrintedTexts {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the text of another part.
    pub fn begin_text(&mut self) {
        let finished = mem::take(&mut self.current);
        if !finished.rest.is_empty() {
            self.earlier.push(finished);
        }
    }

    /// Prints what stands between the quotes of the next delta of the text.
    ///
    /// # Errors
    /// Only those of `out`.
    #[inline]
    pub fn print_delta<W: fmt::Write + ?Sized>(&mut self, delta: &str, out: &mut W) -> fmt::Result {
        let anew = self.current.anew + delta.len();
        // What is kept is the whole rest of the text: a short delta that follows belongs to it.
        if anew > UNCACHED_PREFIX || !self.current.rest.is_empty() {
            return self.keep(delta, out);
        }
        self.current.anew = anew;
        write_escaped(out, delta)
    }

    #[inline(never)]
    fn keep<W: fmt::Write + ?Sized>(&mut self, delta: &str, out: &mut W) -> fmt::Result {
        if self.bytes > MAX_KEPT_BYTES {
            // What was kept so far is no longer whole; `bytes` stays above the limit.
            self.current = PrintedText::default();
            self.earlier = Vec::new();
            return write_escaped(out, delta);
        }
        let text = &mut self.current;
        if text.rest.is_empty() {
            text.rest.reserve(2 * UNCACHED_PREFIX);
            text.printed.reserve(2 * UNCACHED_PREFIX);
        }
        text.rest.push_str(delta);
        let from = text.printed.len();
        write_escaped(&mut text.printed, delta)?;
        let printed = part(&text.printed, from..);
        self.bytes = self.bytes.saturating_add(delta.len() + printed.len());
        out.write_str(printed)
    }

    fn is_empty(&self) -> bool {
        self.current.rest.is_empty() && self.earlier.is_empty()
    }

    /// The kept texts.
    fn kept(&self) -> impl Iterator<Item = &PrintedText> {
        self.earlier.iter().chain([&self.current])
    }
}

/// Shows no texts: they are what users and models wrote.
impl fmt::Debug for PrintedTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintedTexts")
            .field("texts", &self.kept().count())
            .field("bytes", &self.bytes)
            .finish()
    }
}

impl StreamEvent {
    /// Prints what [`write_json`](Self::write_json) prints, with the texts that were printed before.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn write_json_with<W: fmt::Write + ?Sized>(
        &self,
        texts: &PrintedTexts,
        out: &mut W,
    ) -> fmt::Result {
        match texts.is_empty() {
            true => self.write_json(out),
            false => self.write(&mut Splicing { out, texts }),
        }
    }
}

/// Prints long texts by copying them.
struct Splicing<'w, W: ?Sized> {
    out: &'w mut W,
    texts: &'w PrintedTexts,
}

impl<W: fmt::Write + ?Sized> fmt::Write for Splicing<'_, W> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.write_str(text)
    }

    #[inline]
    fn write_char(&mut self, character: char) -> fmt::Result {
        self.out.write_char(character)
    }
}

impl<W: fmt::Write + ?Sized> Print for Splicing<'_, W> {
    fn print_text(&mut self, text: &str) -> fmt::Result {
        if text.len() <= UNCACHED_PREFIX {
            return write_string(self.out, text);
        }
        let Some(known) = self.texts.kept().find(|known| known.is(text)) else {
            return write_string(self.out, text);
        };
        self.out.write_str("\"")?;
        write_escaped(self.out, part(text, ..known.anew))?;
        self.out.write_str(&known.printed)?;
        self.out.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::sync::Arc;
    use alloc::vec;

    use super::*;
    use crate::content::OutputText;
    use crate::event::{ResponseCompletedEvent, ResponseOutputTextDoneEvent};
    use crate::item::{Item, Message};
    use crate::response::Response;

    fn print(texts: &mut PrintedTexts, delta: &str) {
        let (mut printed, mut expected) = (String::new(), String::new());
        texts.print_delta(delta, &mut printed).unwrap();
        write_escaped(&mut expected, delta).unwrap();
        assert_eq!(printed, expected);
    }

    fn assert_same(event: &StreamEvent, texts: &PrintedTexts) {
        let mut printed = String::new();
        event.write_json_with(texts, &mut printed).unwrap();
        assert_eq!(printed, event.to_json());
    }

    fn done(text: &str) -> StreamEvent {
        ResponseOutputTextDoneEvent::new(1_u64, "msg_1", 0_u64, 0_u64, text).into()
    }

    #[test]
    fn events_print_the_same_with_texts_of_every_length_and_without() {
        for delta in ["a", "\"é\"\n", "\u{2028}x", &"long \\ ".repeat(700)] {
            let mut texts = PrintedTexts::new();
            let mut text = String::new();
            while text.len() < 3 * UNCACHED_PREFIX {
                print(&mut texts, delta);
                text.push_str(delta);
                assert_same(&done(&text), &texts);
            }
            assert!(texts.kept().any(|known| known.is(&text)));
            for other in [
                format!("{text}x"),
                text.replacen(delta, "?", 1),
                String::new(),
            ] {
                assert_same(&done(&other), &texts);
            }
        }
    }

    #[test]
    fn a_text_is_kept_whole_whatever_the_lengths_of_its_deltas() {
        for lengths in [&[4_094, 5, 2][..], &[1, 4_000, 96, 1, 0, 1], &[5_000, 1]] {
            let mut texts = PrintedTexts::new();
            let deltas = lengths.iter().map(|length| "\n".repeat(*length));
            let text: String = deltas.inspect(|delta| print(&mut texts, delta)).collect();
            assert!(texts.current.is(&text), "{lengths:?}");
            assert_same(&done(&text), &texts);
        }
    }

    #[test]
    fn the_texts_of_all_parts_are_kept() {
        let mut texts = PrintedTexts::new();
        let mut items: Vec<Item> = Vec::new();
        for word in ["one\n", "short", "two\t"] {
            texts.begin_text();
            let count = if word == "short" { 1 } else { UNCACHED_PREFIX };
            (0..count).for_each(|_| print(&mut texts, word));
            let part = OutputText::new(word.repeat(count));
            items.push(Message::output(word, part).into());
        }
        assert_eq!(texts.kept().count(), 2);
        let mut response = Response::new("resp_1", "m", 1);
        response.output = items.into();
        assert_same(
            &ResponseCompletedEvent::new(9_u64, Arc::new(response)).into(),
            &texts,
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut texts = PrintedTexts::new();
        let delta = "\n".repeat(MAX_KEPT_BYTES / 16);
        let mut text = String::new();
        for _ in 0..12 {
            print(&mut texts, &delta);
            text.push_str(&delta);
            let kept = texts
                .kept()
                .map(|known| known.rest.len() + known.printed.len());
            assert!(kept.sum::<usize>() <= MAX_KEPT_BYTES + 3 * delta.len());
        }
        assert!(texts.is_empty());
        assert_same(&done(&text), &texts);
        texts.begin_text();
        print(&mut texts, "x");
        assert_same(&done(&vec!["x"; 2 * UNCACHED_PREFIX].concat()), &texts);
    }
}
