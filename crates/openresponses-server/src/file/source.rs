//! The text of the file, and positions of faults in it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A fault with its position. It shows names that do not resolve, and never values or unknown
/// fields, which may be secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    text: String,
    /// The path of the field, empty outside of the file.
    field: String,
    unresolved: bool,
    /// The text is no TOML, so nothing of it was read.
    syntax: bool,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            text: message.into(),
            field: String::new(),
            unresolved: false,
            syntax: false,
        }
    }

    /// Returns whether it is a name that nothing in the file defines.
    pub(super) fn is_unresolved(&self) -> bool {
        self.unresolved
    }

    /// Returns whether it is in a table that defines names.
    pub(super) fn is_of_catalog(&self) -> bool {
        let begins = ["providers", "models", "aliases"];
        begins.iter().any(|name| self.field.starts_with(name))
    }

    /// Returns whether keys or issuers may be left out because of it.
    pub(super) fn hides_callers(&self) -> bool {
        let tables = ["keys", "issuers"];
        let is_of_callers = tables.iter().any(|name| self.field.starts_with(name));
        self.syntax || self.field.is_empty() || is_of_callers
    }

    /// Returns whether it is in the same entry as another.
    pub(super) fn is_of_entry_of(&self, other: &Self) -> bool {
        !self.field.is_empty() && entry(&self.field) == entry(&other.field)
    }
}

/// The entry of a field: `keys[0]` of `keys[0].sha256`, `providers.a` of `providers.a.kind`.
fn entry(field: &str) -> &str {
    let mut quoted = false;
    let mut dots = field.char_indices().filter(|(_, char)| {
        quoted ^= *char == '"';
        *char == '.' && !quoted
    });
    let first = dots.next().map_or(field.len(), |(at, _)| at);
    let second = dots.next().map_or(field.len(), |(at, _)| at);
    let is_list = field.get(..first).is_some_and(|name| name.ends_with(']'));
    field
        .get(..if is_list { first } else { second })
        .unwrap_or(field)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}

/// The file as text.
pub(crate) struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let shown = path.display();
        let bytes = std::fs::read(path)
            .map_err(|error| Fault::new(format!("{shown}: cannot be read: {error}")))?;
        let path = path.to_owned();
        String::from_utf8(bytes)
            .map(|text| Self {
                path: path.clone(),
                text,
            })
            .map_err(|error| {
                let valid = error.utf8_error().valid_up_to();
                let text =
                    String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
                let text = text.into_owned();
                Self { path, text }.fault(Some(valid..valid), "", "it is not UTF-8")
            })
    }

    #[cfg(test)]
    pub(crate) fn of(name: &str, text: &str) -> Self {
        Self {
            path: name.into(),
            text: text.into(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Resolves a path relative to the file.
    pub(crate) fn beside(&self, path: &Path) -> PathBuf {
        match self.path.parent() {
            Some(folder) => folder.join(path),
            None => path.to_owned(),
        }
    }

    /// Formats a fault in a field as `FILE:LINE:COLUMN: FIELD: MESSAGE`.
    pub(crate) fn fault(
        &self,
        at: Option<Range<usize>>,
        field: &str,
        message: impl fmt::Display,
    ) -> Fault {
        let place = self.place(at);
        Fault {
            text: match field {
                "" => format!("{place}: {message}"),
                field => format!("{place}: {field}: {message}"),
            },
            field: field.to_owned(),
            unresolved: false,
            syntax: false,
        }
    }

    /// Formats the fault of a name that nothing in the file defines.
    pub(crate) fn unresolved(
        &self,
        at: Option<Range<usize>>,
        field: &str,
        message: impl fmt::Display,
    ) -> Fault {
        Fault {
            unresolved: true,
            ..self.fault(at, field, message)
        }
    }

    /// Formats a syntax error. The field is that of the line, if it can be determined.
    pub(super) fn syntax(&self, at: Option<Range<usize>>, message: &str) -> Fault {
        let field = at.as_ref().map_or("", |at| self.name_before(at.start));
        Fault {
            syntax: true,
            ..self.fault(at, field, message)
        }
    }

    fn place(&self, at: Option<Range<usize>>) -> String {
        let file = self.path.display();
        let Some(before) = at.and_then(|at| self.text.get(..at.start)) else {
            return file.to_string();
        };
        let line = before.matches('\n').count() + 1;
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[begin..].chars().count() + 1;
        format!("{file}:{line}:{column}")
    }

    /// Returns the name before the `=` of a line if it resembles a known one.
    fn name_before(&self, offset: usize) -> &str {
        let before = self.text.get(..offset).unwrap_or_default();
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[begin..].lines().next().unwrap_or_default();
        match line.split_once('=') {
            Some((name, _)) if is_like_ours(name.trim()) => name.trim(),
            _ => "",
        }
    }
}

/// Returns true for something that resembles a field name, possibly misspelled. A key written in
/// place of a name does not.
pub(super) fn is_like_ours(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name == "sha256" || (name.len() <= 20 && name.bytes().all(is_plain))
}

/// The message for a missing environment variable. Its name is shown unless it resembles a secret.
pub(crate) fn unset(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.is_empty() && name.bytes().all(is_plain) {
        format!("the variable {name} is not set")
    } else {
        "there is no variable of this name".to_owned()
    }
}

/// Removes the value from a message of serde.
pub(super) fn without_values(message: &str) -> String {
    let shown = ["invalid type: string ", "invalid value: string "];
    for begin in shown {
        if let (true, Some(end)) = (message.starts_with(begin), message.rfind(", expected ")) {
            return format!("{}{}", begin.trim_end(), &message[end..]);
        }
    }
    if let Some((name, rest)) = message
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split_once("`, expected "))
        && !is_like_ours(name)
    {
        return format!("unknown field, expected {rest}");
    }
    match (
        message.strip_prefix("unknown variant `"),
        message.rfind("`, expected "),
    ) {
        (Some(_), Some(end)) => format!("unknown word{}", &message[end + 1..]),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let source = Source::of("a.toml", "é = 1\r\nbc = 2");
        let fault = |start| source.fault(Some(start..start + 1), "x", "no").to_string();
        assert_eq!(fault(0), "a.toml:1:1: x: no");
        assert_eq!(fault(3), "a.toml:1:3: x: no");
        assert_eq!(fault(8), "a.toml:2:1: x: no");
        assert_eq!(fault(14), "a.toml:2:7: x: no");
        assert_eq!(source.fault(None, "", "no").to_string(), "a.toml: no");
    }

    #[test]
    fn messages_without_values() {
        for (message, expected) in [
            (
                "invalid type: string \"sk-1, expected x\", expected a map",
                "invalid type: string, expected a map",
            ),
            (
                "invalid type: integer `1`, expected a map",
                "invalid type: integer `1`, expected a map",
            ),
            (
                "unknown variant `sk`, expected `a` or `b`",
                "unknown word, expected `a` or `b`",
            ),
            (
                "unknown field `x`, expected `y`",
                "unknown field `x`, expected `y`",
            ),
            (
                "unknown field `sk-1`, expected `y`",
                "unknown field, expected `y`",
            ),
        ] {
            assert_eq!(without_values(message), expected);
        }
    }
}
