//! Deltas in the layout in which servers print them: the members in the table's order, no space.
//!
//! Nearly every event of a stream is one. What differs in anything is left to the general reader,
//! which reads the same from what both take.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::table::{ALL_TYPES, StreamEvent};
use crate::content::LogProb;
use crate::diagnostics::Violation;
use crate::json::{Document, plain_string, plain_string_in};
use crate::wire::{Field, from_text};

/// Reads the events of one stream.
///
/// It reads what [`StreamEvent::from_json`] reads; deltas of one item share the item's id.
///
/// ```
/// use std::sync::Arc;
/// use openresponses_types::event::EventReader;
/// use openresponses_types::StreamEvent;
///
/// let mut reader = EventReader::new();
/// let mut read = |number| {
///     let json = format!(
///         r#"{{"type":"response.refusal.delta","sequence_number":{number},"item_id":"msg_1","output_index":0,"content_index":0,"delta":"No"}}"#
///     );
///     reader.read(json.as_bytes())
/// };
/// let (first, second) = (read(4)?, read(5)?);
/// let ids = [&first, &second].map(|event| event.as_delta().unwrap().item_id);
/// assert!(Arc::ptr_eq(ids[0], ids[1]));
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct EventReader {
    known: Known,
}

/// What is known from the events before.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The type of the last event in the fixed layout.
    event_type: &'static str,
    /// The id of the item that the last delta was about, if it was printed without escapes.
    item_id: Option<Arc<str>>,
    /// Memory of the texts of events that were given back.
    spare: Spare,
}

/// The texts of a delta that was given back: what it appends, and its padding.
type Spare = [String; 2];

/// The largest text whose memory is used again, in bytes. Events that are kept would keep it, too.
const SPARE: usize = 1024;

impl EventReader {
    /// Creates a reader for one stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks a JSON text and reads an event from it.
    ///
    /// # Errors
    /// Those of [`StreamEvent::from_json`].
    pub fn read(&mut self, json: &[u8]) -> Result<StreamEvent, Violation> {
        let text = Document::utf8(json)?;
        let mut at = Cursor::new(text, &mut self.known);
        match StreamEvent::read_fixed(&mut at) {
            Some(event) => Ok(event),
            None => from_text(text),
        }
    }

    /// Takes an event back that is no longer needed. Reading the next delta then allocates nothing.
    pub fn take_back(&mut self, mut event: StreamEvent) {
        let [text, padding] = &mut self.known.spare;
        if let Some(used) = event.text_mut().filter(|used| used.capacity() <= SPARE) {
            core::mem::swap(text, used);
        }
        let used = event.obfuscation_mut().and_then(Field::value_mut);
        if let Some(used) = used.filter(|used| used.capacity() <= SPARE) {
            core::mem::swap(padding, used);
        }
    }
}

/// The rest of a text that is read in the fixed layout.
pub(super) struct Cursor<'a> {
    rest: &'a str,
    known: &'a mut Known,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str, known: &'a mut Known) -> Self {
        Self { rest: text, known }
    }

    /// The event's type, if it comes first and is one of the table's without escapes.
    #[inline]
    pub(super) fn event_type(&mut self) -> Option<&'static str> {
        self.pass("{\"type\":\"")?;
        let known = self.known.event_type;
        match self
            .rest
            .strip_prefix(known)
            .and_then(|rest| rest.strip_prefix('"'))
        {
            Some(rest) if !known.is_empty() => {
                self.rest = rest;
                Some(known)
            }
            _ => self.other_event_type(),
        }
    }

    #[inline(never)]
    fn other_event_type(&mut self) -> Option<&'static str> {
        let (name, rest) = self.rest.split_once('"')?;
        let found = ALL_TYPES.iter().find(|known| **known == name)?;
        self.known.event_type = found;
        self.rest = rest;
        Some(found)
    }

    /// The value of a member; `key` is its name with a comma before and a colon behind.
    #[inline]
    pub(super) fn member<T: FixedMember>(&mut self, key: &str) -> Option<T> {
        self.pass(key)?;
        T::read(self)
    }

    /// The value of a member that may be absent.
    #[inline]
    pub(super) fn optional<T: FixedMember>(&mut self, key: &str) -> Option<Field<T>> {
        match self.pass(key) {
            Some(()) => T::read(self).map(Field::Value),
            None => Some(Field::Absent),
        }
    }

    /// `Some` at the end of the event.
    #[inline]
    pub(super) fn end(&self) -> Option<()> {
        (self.rest == "}").then_some(())
    }

    #[inline]
    fn pass(&mut self, expected: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// A string without any other escapes than those of one letter.
    #[inline]
    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.pass("\"")?;
        let (text, used) = plain_string(self.rest)?;
        self.rest = self.rest.get(used..)?;
        Some(text)
    }
}

/// A member's type that has a fixed layout.
pub(super) trait FixedMember: Sized {
    fn read(at: &mut Cursor<'_>) -> Option<Self>;
}

impl FixedMember for u64 {
    /// Digits only, as many as surely fit.
    #[inline]
    fn read(at: &mut Cursor<'_>) -> Option<Self> {
        let bytes = at.rest.as_bytes();
        let mut value = 0;
        let mut len = 0;
        while let Some(digit @ b'0'..=b'9') = bytes.get(len)
            && len < 18
        {
            value = value * 10 + u64::from(digit - b'0');
            len += 1;
        }
        let has_leading_zero = len > 1 && bytes.first() == Some(&b'0');
        at.rest = at.rest.get(len..)?;
        (len > 0 && !has_leading_zero).then_some(value)
    }
}

impl FixedMember for String {
    #[inline]
    fn read(at: &mut Cursor<'_>) -> Option<Self> {
        at.pass("\"")?;
        let [text, padding] = &mut at.known.spare;
        let spare = match text.capacity() {
            0 => padding,
            _ => text,
        };
        let (text, used) = plain_string_in(at.rest, core::mem::take(spare))?;
        at.rest = at.rest.get(used..)?;
        Some(text)
    }
}

/// Ids.
impl FixedMember for Arc<str> {
    #[inline]
    fn read(at: &mut Cursor<'_>) -> Option<Self> {
        if let Some(known) = &at.known.item_id
            && let Some(rest) = at.rest.strip_prefix('"')
            && let Some(rest) = rest.strip_prefix(&**known)
            && let Some(rest) = rest.strip_prefix('"')
        {
            at.rest = rest;
            return Some(Self::clone(known));
        }
        match at.string()? {
            Cow::Borrowed(id) => Some(Self::clone(at.known.item_id.insert(Self::from(id)))),
            // Not the characters that stand in the text.
            Cow::Owned(id) => Some(Self::from(id)),
        }
    }
}

/// Only the empty list.
impl FixedMember for Vec<LogProb> {
    #[inline]
    fn read(at: &mut Cursor<'_>) -> Option<Self> {
        at.pass("[]").map(|()| Self::new())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    /// Texts that are nearly deltas in the fixed layout, and some that are.
    fn text() -> impl Strategy<Value = String> {
        let types = StreamEvent::TYPES
            .iter()
            .copied()
            .chain(["response.reasoning_text.delta", "x"]);
        let types = types.filter(|name| name.ends_with(".delta") || name.len() < 2);
        let number = prop::sample::select(alloc::vec![
            "0",
            "7",
            "412",
            "01",
            "-1",
            "1.0",
            "999999999999999999",
            "1000000000000000000",
            "",
            "1e2",
        ]);
        let string = prop::sample::select(alloc::vec![
            r#""""#,
            r#""msg_1""#,
            r#""a\"b\\\/\n\t\r\b\f""#,
            r#""\u00e9""#,
            r#""é😀""#,
            r#""\x""#,
            "\"\n\"",
            r#""unfinished"#,
            "7",
            "null",
            r#""\ud83d""#,
            r#"" a text that takes more than one word to look through""#,
        ]);
        let key = prop::sample::select(alloc::vec![
            "",
            "",
            "",
            "",
            r#","logprobs":[]"#,
            r#","logprobs": []"#,
            r#","logprobs":null"#,
            r#","logprobs":[{"token":"a","logprob":0,"bytes":[],"top_logprobs":[]}]"#,
            r#","obfuscation":"abc""#,
            r#","obfuscation":null"#,
            r#","more":1"#,
            r#","delta":"x""#,
            " ",
        ]);
        let index = prop::sample::select(alloc::vec![
            r#","content_index":"#,
            r#","summary_index":"#,
            "",
        ]);
        (
            prop::sample::select(types.collect::<Vec<_>>()),
            (number.clone(), number.clone(), number),
            (string.clone(), string),
            (key.clone(), key.clone(), key),
            index,
        )
            .prop_map(|(name, numbers, strings, extra, index)| {
                let third = if index.is_empty() { "" } else { numbers.2 };
                format!(
                    r#"{{"type":"{name}","sequence_number":{},"item_id":{},"output_index":{}{index}{third}{},"delta":{}{}{}}}"#,
                    numbers.0, strings.0, numbers.1, extra.0, strings.1, extra.1, extra.2,
                )
            })
    }

    /// The general reader alone.
    fn general(json: &[u8]) -> Result<StreamEvent, Violation> {
        StreamEvent::from_document(&Document::parse(json)?)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 4_000, failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn both_readers_read_the_same(text in text()) {
            let expected = general(text.as_bytes());
            prop_assert_eq!(&StreamEvent::from_json(text.as_bytes()), &expected);
            let mut reader = EventReader::new();
            for _ in 0..3 {
                let event = reader.read(text.as_bytes());
                prop_assert_eq!(&event, &expected);
                if let Ok(event) = event {
                    reader.take_back(event);
                }
            }
        }
    }

    #[test]
    fn every_delta_that_is_printed_is_in_the_fixed_layout() {
        for name in StreamEvent::TYPES
            .iter()
            .filter(|name| name.ends_with(".delta"))
        {
            for more in ["", r#","obfuscation":"ab""#] {
                let index = match name.contains("summary") {
                    true => "summary_index",
                    false => "content_index",
                };
                let text = format!(
                    r#"{{"type":"{name}","sequence_number":1,"item_id":"i","output_index":3,"{index}":4,"delta":"a\n"{more}}}"#
                );
                let event = general(text.as_bytes()).unwrap();
                let printed = event.to_json();
                let mut known = Known::default();
                let mut at = Cursor::new(&printed, &mut known);
                let is_known = event.as_delta().unwrap().extra.is_empty();
                let expected = is_known.then_some(event);
                assert_eq!(StreamEvent::read_fixed(&mut at), expected, "{printed}");
            }
        }
    }
}
