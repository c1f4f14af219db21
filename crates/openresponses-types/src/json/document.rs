use alloc::vec::Vec;
use core::fmt;

use super::limits::JsonLimits;
use super::outline::Outline;
use super::reader::Reader;
use super::scan::scan;
use super::string::unescape;
use super::syntax::{SyntaxError, SyntaxKind};
use crate::diagnostics::Path;

/// A JSON text that was checked: UTF-8, grammar (RFC 8259), depth, number of values, no duplicate
/// members, no lone surrogates, no number beyond the range of a double.
///
/// Nothing is copied and no tree is built; typed parts are read from it with [`Reader`]. What is kept
/// beside the text is where its strings and containers end, 4 bytes for a string and 12 for a container, and
/// the decoded text of each string with escapes.
///
/// ```
/// use openresponses_types::json::Document;
///
/// let document = Document::parse(br#"{"a":1}"#)?;
/// assert_eq!(document.reader().member("a").unwrap().number(), Some("1"));
/// assert!(Document::parse(br#"{"a":1,"a":2}"#).is_err());
/// # Ok::<(), openresponses_types::json::SyntaxError>(())
/// ```
#[derive(Clone)]
pub struct Document<'a> {
    text: &'a str,
    outline: Outline,
}

impl<'a> Document<'a> {
    /// Checks `bytes` within [`JsonLimits::output`]. A request of a client is checked by
    /// [`parse_with`](Self::parse_with) and [`JsonLimits::default`], which bound what it may take.
    ///
    /// # Errors
    /// The first fault, with its byte offset and the path of the value that contains it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SyntaxError> {
        Self::parse_with(bytes, JsonLimits::output())
    }

    /// Checks `bytes` within `limits`.
    ///
    /// # Errors
    /// The same as those of [`parse`](Self::parse).
    pub fn parse_with(bytes: &'a [u8], limits: JsonLimits) -> Result<Self, SyntaxError> {
        Self::parse_text(Self::utf8(bytes)?, limits)
    }

    /// The bytes as text.
    pub(crate) fn utf8(bytes: &'a [u8]) -> Result<&'a str, SyntaxError> {
        simdutf8::compat::from_utf8(bytes).map_err(|error| SyntaxError {
            kind: SyntaxKind::InvalidUtf8,
            offset: error.valid_up_to(),
            path: path_at(bytes, error.valid_up_to()),
        })
    }

    /// [`parse_with`](Self::parse_with) of what is known to be UTF-8.
    pub(crate) fn parse_text(text: &'a str, limits: JsonLimits) -> Result<Self, SyntaxError> {
        let mut document = Self {
            text,
            outline: Outline::of_length(text.len()),
        };
        let outline = Outline::fits(text.len()).then_some(&mut document.outline);
        match scan(text, limits, outline) {
            Ok(()) => Ok(document),
            Err((kind, offset)) => Err(SyntaxError {
                kind,
                offset,
                path: path_at(text.as_bytes(), offset),
            }),
        }
    }

    /// Creates a document of a text that was checked already. Readers search it for what they jump to in
    /// others.
    pub(crate) fn of_checked(text: &'a str) -> Self {
        Self {
            text,
            outline: Outline::default(),
        }
    }

    /// Returns the text as received.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns an upper bound of the memory in bytes that a turn takes which is read from this
    /// document, with the response that echoes it.
    ///
    /// ```
    /// use openresponses_types::json::Document;
    ///
    /// let body = br#"{"model":"m","input":"Hello"}"#;
    /// assert!(Document::parse(body).unwrap().typed_bytes() > body.len());
    /// ```
    #[must_use]
    pub fn typed_bytes(&self) -> usize {
        typed_bytes(self.text, self.outline.weight())
    }

    /// Returns a reader at the document's value.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(self.text, self.outline.ends())
    }
}

/// Returns the [`Document::typed_bytes`] of a text with this [weight](Outline::weight).
pub(crate) fn typed_bytes(text: &str, weight: usize) -> usize {
    // Texts are held once or twice; a typed object takes some 200 bytes, a member some 60, a number in a list 8.
    let values = weight.saturating_mul(17);
    text.len().saturating_mul(2).saturating_add(values)
}

/// Shows the text alone.
impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.text).finish()
    }
}

/// The path of the value at byte `offset`, as far as known from the text before it.
/// Runs only when a document was refused.
fn path_at(bytes: &[u8], offset: usize) -> Path {
    enum Level {
        Array(usize),
        Object(Option<(usize, usize)>),
    }
    let mut levels: Vec<Level> = Vec::new();
    let mut at = 0;
    // A path over the depth limit is not extended.
    while at <= offset && levels.len() <= JsonLimits::default().depth {
        let Some(&byte) = bytes.get(at) else { break };
        match byte {
            b'"' => {
                let start = at + 1;
                at += 1;
                while let Some(&inside) = bytes.get(at) {
                    match inside {
                        b'"' => break,
                        b'\\' => at += 2,
                        _ => at += 1,
                    }
                }
                let mut after = at + 1;
                while bytes.get(after).is_some_and(u8::is_ascii_whitespace) {
                    after += 1;
                }
                if let (Some(b':'), Some(Level::Object(key))) =
                    (bytes.get(after), levels.last_mut())
                {
                    *key = Some((start, at));
                }
            }
            // The faulty byte itself does not determine its place.
            _ if at == offset => {}
            b'{' => levels.push(Level::Object(None)),
            b'[' => levels.push(Level::Array(0)),
            b'}' | b']' => {
                levels.pop();
            }
            b',' => match levels.last_mut() {
                Some(Level::Array(index)) => *index += 1,
                Some(Level::Object(key)) => *key = None,
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
    let mut path = Path::default();
    for level in levels {
        match level {
            Level::Array(index) => path.push_index(index),
            Level::Object(Some((start, end))) => {
                let name = bytes.get(start..end).unwrap_or_default();
                path.push_member(&unescape(&alloc::string::String::from_utf8_lossy(name)));
            }
            Level::Object(None) => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn fault(text: &[u8]) -> (SyntaxKind, usize, Option<String>) {
        let error = Document::parse(text).unwrap_err();
        (error.kind, error.offset, error.path.param())
    }

    #[test]
    fn accepts_what_json_allows() {
        for text in [
            "0",
            "-0",
            "1.5e-3",
            "\"\"",
            "[]",
            "{}",
            " [ 1 , { \"a\" : null } ] ",
            "true",
            "false",
            "\"\\ud83d\\ude00\\u0000\"",
            "123456789012345678901234567890",
            "\t\r\n1\n",
            "[[],{}]",
        ] {
            assert!(Document::parse(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_with_kind_offset_and_path() {
        use SyntaxKind as K;
        assert_eq!(fault(b""), (K::UnexpectedEnd, 0, None));
        assert_eq!(
            fault(b"{\"a\":[1,tru]}"),
            (K::Unexpected, 8, Some("a[1]".into()))
        );
        assert_eq!(fault(b"[1,]"), (K::Unexpected, 3, Some("[1]".into())));
        assert_eq!(fault(b"[1,,2]"), (K::Unexpected, 3, Some("[1]".into())));
        assert_eq!(fault(b"1 2"), (K::TrailingCharacters, 2, None));
        assert_eq!(fault(b"\"\\ud83d\""), (K::LoneSurrogate, 1, None));
        assert_eq!(
            fault(b"{\"n\":1e400}"),
            (K::NumberOutOfRange, 5, Some("n".into()))
        );
        assert_eq!(fault(b"[\"a\nb\"]").0, K::ControlCharacter);
        assert_eq!(fault(b"\"\xff\"").0, K::InvalidUtf8);
        assert_eq!(fault(b"NaN").0, K::Unexpected);
        assert_eq!(fault(b"\xEF\xBB\xBF{}").0, K::Unexpected);
        assert_eq!(fault(b"01").0, K::TrailingCharacters);
        assert_eq!(
            fault(b"{\"a\":{\"x\":1},\"b\":[0,{\"k\":1,\"\\u006b\":2}]}"),
            (K::DuplicateMember, 27, Some("b[1].k".into()))
        );
    }

    #[test]
    fn finds_duplicates_in_wide_objects() {
        for width in [2, 16, 17, 400] {
            let mut text = String::from("{");
            for n in 0..width {
                text.push_str(&alloc::format!("\"k{n}\":{n},"));
            }
            let (unique, twice) = (
                alloc::format!("{text}\"z\":0}}"),
                alloc::format!("{text}\"k1\":0}}"),
            );
            assert!(Document::parse(unique.as_bytes()).is_ok());
            let error = Document::parse(twice.as_bytes()).unwrap_err();
            assert_eq!(error.kind, SyntaxKind::DuplicateMember);
            assert_eq!(error.path.param().as_deref(), Some("k1"));
        }
    }

    #[test]
    fn a_list_of_numbers_weighs_what_it_takes_as_one() {
        let numbers = alloc::format!("[{}1]", "1,".repeat(999));
        let weight = Document::parse(numbers.as_bytes()).unwrap().typed_bytes();
        assert!(
            weight >= numbers.len() + 1_000 * size_of::<i64>(),
            "{weight}"
        );
    }

    #[test]
    fn bounds_depth_and_values() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let request = |levels| {
            let text = nested(levels);
            Document::parse_with(text.as_bytes(), JsonLimits::default()).map(drop)
        };
        assert!(request(127).is_ok());
        assert_eq!(request(128).unwrap_err().kind, SyntaxKind::TooDeep);
        assert!(Document::parse(nested(512).as_bytes()).is_ok());
        assert_eq!(fault(nested(513).as_bytes()).0, SyntaxKind::TooDeep);
        assert_eq!(fault("[".repeat(400_000).as_bytes()).0, SyntaxKind::TooDeep);
        let limits = JsonLimits::default().values(3);
        assert!(Document::parse_with(b"[1,2]", limits).is_ok());
        assert!(Document::parse_with(b"[1,2,3]", limits).is_err());
    }
}
