//! Keys in a text, one a line.

use std::fmt;
use std::io;

use super::digest::Digest;

/// An error of loading keys. It names the line and never shows it.
///
/// ```
/// use openresponses_gateway::auth::ApiKeys;
///
/// let error = ApiKeys::new().parse("acme=sk-acme\nno key\n").unwrap_err();
/// assert_eq!(error.line(), Some(2));
/// ```
#[derive(Debug)]
pub struct KeyFileError(Kind);

#[derive(Debug)]
enum Kind {
    Line(usize),
    Unreadable(io::Error),
}

impl KeyFileError {
    pub(super) fn at_line(line: usize) -> Self {
        Self(Kind::Line(line))
    }

    pub(super) fn unreadable(error: io::Error) -> Self {
        Self(Kind::Unreadable(error))
    }

    /// Returns the number of the invalid line, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self.0 {
            Kind::Line(line) => Some(line),
            Kind::Unreadable(_) => None,
        }
    }
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Line(line) => write!(f, "line {line} is neither KEY nor NAME=KEY"),
            Kind::Unreadable(_) => f.write_str("the keys cannot be read"),
        }
    }
}

impl std::error::Error for KeyFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Line(_) => None,
            Kind::Unreadable(error) => Some(error),
        }
    }
}

/// Parses the keys in a text with their names.
pub(super) fn parse(
    text: &str,
) -> impl Iterator<Item = Result<(Option<&str>, Digest), KeyFileError>> {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (name, key) = split(line);
        Some(match digest(key) {
            Some(digest) => Ok((name, digest)),
            None => Err(KeyFileError::at_line(number)),
        })
    })
}

/// A key may contain `=` and end with it, as base64 does.
fn split(line: &str) -> (Option<&str>, &str) {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    match line.split_once('=') {
        Some((name, key)) if is_name(name.trim_end()) && !key.trim_matches('=').is_empty() => {
            (Some(name.trim_end()), key.trim_start())
        }
        _ => (None, line),
    }
}

fn digest(key: &str) -> Option<Digest> {
    match key.strip_prefix("sha256:") {
        Some(hex) => Digest::parse(hex),
        None if key.bytes().all(|byte| byte.is_ascii_graphic()) => Some(Digest::of(key)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn lines() {
        let hex = Digest::of("k4").hex();
        let text =
            format!("# keys\n\nk1\n a.b-c = k2 \r\nk3==\nx=sha256:{hex}\ny=k5=\n=k6\nk/=7\n");
        let found: Vec<_> = parse(&text).map(Result::unwrap).collect();
        let expected = [
            (None, "k1"),
            (Some("a.b-c"), "k2"),
            (None, "k3=="),
            (Some("x"), "k4"),
            (Some("y"), "k5="),
            // Neither is a name: nothing, and a word with a slash.
            (None, "=k6"),
            (None, "k/=7"),
        ];
        assert_eq!(found.len(), expected.len());
        for ((name, digest), (expected, key)) in found.iter().zip(expected) {
            assert_eq!(*name, expected);
            assert!(bool::from(digest.same(&Digest::of(key))), "{key}");
        }
    }

    #[test]
    fn an_invalid_line_is_reported_by_number_only() {
        for (text, line) in [("k\ntwo words", 2), ("sha256:12", 1), ("#\n\nclé", 3)] {
            let error = parse(text).find_map(Result::err).unwrap();
            assert_eq!(error.line(), Some(line));
            assert_eq!(
                error.to_string(),
                format!("line {line} is neither KEY nor NAME=KEY")
            );
            assert!(error.source().is_none());
        }
    }

    #[test]
    fn what_could_not_be_read_has_its_cause() {
        let error = KeyFileError::unreadable(io::Error::other("the disk is gone"));
        assert_eq!(error.source().unwrap().to_string(), "the disk is gone");
        assert_eq!(error.line(), None);
    }
}
