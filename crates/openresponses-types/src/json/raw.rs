use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::document::Document;
use super::outline::Ends;
use super::part::part;
use super::printer::ObjectPrinter;
use super::reader::Reader;
use super::swar;
use super::syntax::SyntaxError;

/// A JSON value kept as text: lossless, and as small as what was sent.
///
/// The text was checked, and it is a single line: line breaks between tokens are dropped, and the
/// characters that some clients take for line ends (U+0085, U+2028, U+2029) are escaped. The value
/// stays the same; the text is safe inside an SSE `data:` line.
///
/// ```
/// use openresponses_types::json::RawJson;
///
/// let schema = RawJson::parse("{\"minimum\":\n 1.000000000000000000001}")?;
/// assert_eq!(schema.get(), "{\"minimum\": 1.000000000000000000001}");
/// assert!(RawJson::parse("{\"a\":1,\"a\":2}").is_err());
/// # Ok::<(), openresponses_types::json::SyntaxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawJson(
    /// Empty for [`EMPTY_OBJECT`], which most documents have and which then takes no memory.
    Box<str>,
);

/// An empty object without white space.
const EMPTY_OBJECT: &str = "{}";

impl RawJson {
    /// Checks and copies `text`.
    ///
    /// # Errors
    /// The same as those of [`Document::parse`].
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let document = Document::parse(text.as_bytes())?;
        Ok(Self::checked(document.text().trim_ascii()))
    }

    /// Serializes `value`.
    ///
    /// # Errors
    /// A value that does not serialize, or that serializes to JSON which [`parse`](Self::parse)
    /// refuses.
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, InvalidJson> {
        let text =
            serde_json::to_string(value).map_err(|error| InvalidJson(error.into_message()))?;
        Self::parse(&text).map_err(|error| InvalidJson(alloc::format!("{error}")))
    }

    /// Deserializes the value.
    ///
    /// # Errors
    /// Those of `T`.
    pub fn read_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.get())
    }

    /// Creates an object of what `print` prints, without reading it again. `room` is its likely length in
    /// bytes.
    ///
    /// Each name is printed once, and what is printed as it stands
    /// ([`raw`](ObjectPrinter::raw), [`member`](ObjectPrinter::member)) is JSON on one line: debug builds
    /// check it.
    ///
    /// ```
    /// use openresponses_types::json::RawJson;
    ///
    /// let object = RawJson::printed(16, |mut object| object.integer("count", 3));
    /// assert_eq!(object.get(), r#"{"count":3}"#);
    /// ```
    #[must_use]
    pub fn printed(room: usize, print: impl FnOnce(ObjectPrinter<'_>)) -> Self {
        let mut text = String::with_capacity(room);
        print(ObjectPrinter::begin(&mut text));
        debug_assert!(
            Self::parse(&text).is_ok_and(|parsed| parsed.get() == text),
            "this is not JSON on one line: {text}"
        );
        Self::line(text)
    }

    /// Text that is part of a checked document.
    pub(crate) fn checked(text: &str) -> Self {
        let special = swar::line_special(text.as_bytes(), 0);
        if special == text.len() {
            Self::line(text)
        } else {
            Self::line(single_line(text))
        }
    }

    /// Text that has no line breaks.
    fn line(text: impl AsRef<str> + Into<Box<str>>) -> Self {
        match text.as_ref() == EMPTY_OBJECT {
            true => Self::empty_object(),
            false => Self(text.into()),
        }
    }

    /// Creates an empty object.
    #[must_use]
    pub fn empty_object() -> Self {
        Self(Box::default())
    }

    /// Creates a string value.
    #[must_use]
    pub fn string(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 2);
        // Printing into a string cannot fail.
        let _ = super::write_string(&mut out, text);
        Self(out.into())
    }

    /// Returns the text.
    #[must_use]
    pub fn get(&self) -> &str {
        if self.0.is_empty() {
            return EMPTY_OBJECT;
        }
        &self.0
    }

    /// Returns a reader at the value.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(self.get(), Ends::default())
    }
}

/// Line breaks can only stand between tokens of checked text, and the line-splitting characters
/// only inside strings, so neither needs the structure to be known.
fn single_line(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    let mut at = 0;
    loop {
        at = swar::line_special(bytes, at);
        let Some(byte) = bytes.get(at) else { break };
        let (instead, used) = match byte {
            b'\n' | b'\r' => ("", 1),
            _ => match swar::line_splitter(bytes.get(at..).unwrap_or_default()) {
                Some(found) => found,
                None => {
                    at += 1;
                    continue;
                }
            },
        };
        out.push_str(part(text, from..at));
        out.push_str(instead);
        at += used;
        from = at;
    }
    out.push_str(part(text, from..));
    out
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

impl fmt::Display for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(self.get()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}

/// A value that cannot be printed as acceptable JSON.
///
/// ```
/// use openresponses_types::json::RawJson;
///
/// let error = RawJson::from_serialize(&f64::NAN).map(|json| json.get().to_owned());
/// assert_eq!(error.ok().as_deref(), Some("null"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidJson(String);

impl fmt::Display for InvalidJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for InvalidJson {}

trait IntoMessage {
    fn into_message(self) -> String;
}

impl IntoMessage for serde_json::Error {
    fn into_message(self) -> String {
        alloc::format!("{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_value_on_one_line() {
        let raw = RawJson::parse("[1,\r\n \"a\u{2028}b\u{85}\u{e9}\u{20ac}\u{2029}\"]").unwrap();
        assert_eq!(raw.get(), "[1, \"a\\u2028b\\u0085é€\\u2029\"]");
    }

    #[test]
    fn an_empty_object_is_one_value_however_it_was_made() {
        for text in ["{}", " {} ", "{\n}"] {
            let raw = RawJson::parse(text).unwrap();
            assert_eq!((raw.get(), &raw), ("{}", &RawJson::empty_object()));
        }
        assert_eq!(RawJson::parse("{ }").unwrap().get(), "{ }");
    }

    #[test]
    fn goes_through_serde_without_loss() {
        let text = r#"{"a":123456789012345678901234567890,"b":[1.50]}"#;
        let raw: RawJson = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&raw).unwrap(), text);
    }
}
