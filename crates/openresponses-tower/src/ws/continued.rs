//! What a refused message wanted to continue. Spec: "WebSocket Continuation".

use openresponses_types::json::{Document, JsonLimits, Reader, SyntaxKind};

use crate::workers::LARGE;

/// The longest id that is kept for a message that waits for its refusal, in bytes.
const MAX_ID_BYTES: usize = 256;

/// The response that a refused message wanted to continue. It leaves the connection's cache.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Continued {
    Nothing,
    Response(String),
    /// The message was not read, so it may have continued the cached response.
    Unknown,
}

impl Continued {
    /// Reads it from a message of which nothing else is read.
    pub(super) fn by(text: &str, limits: JsonLimits) -> Self {
        if text.len() > LARGE {
            return Self::Unknown;
        }
        match Document::parse_with(text.as_bytes(), limits) {
            Ok(document) => match Self::in_document(document.reader()) {
                Self::Response(id) if id.len() > MAX_ID_BYTES => Self::Unknown,
                continued => continued,
            },
            Err(error) => Self::by_unacceptable(error.kind),
        }
    }

    pub(super) fn in_document(reader: Reader<'_>) -> Self {
        let id = reader
            .member("previous_response_id")
            .and_then(|mut id| id.string());
        id.map_or(Self::Nothing, |id| Self::Response(id.into_owned()))
    }

    /// Returns what a message continues that is not acceptable. A text that is not JSON starts no
    /// turn; one that is refused as JSON by a rule of this server may.
    pub(super) fn by_unacceptable(kind: SyntaxKind) -> Self {
        match kind {
            SyntaxKind::InvalidUtf8
            | SyntaxKind::Unexpected
            | SyntaxKind::UnexpectedEnd
            | SyntaxKind::ControlCharacter
            | SyntaxKind::TrailingCharacters => Self::Nothing,
            _ => Self::Unknown,
        }
    }

    /// Stands for another message as well.
    pub(super) fn join(&mut self, other: Self) {
        if *self != other {
            *self = Self::Unknown;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_what_it_continues() {
        let response = |id: &str| Continued::Response(id.to_owned());
        let long = "x".repeat(MAX_ID_BYTES + 1);
        for (text, continued) in [
            (
                r#"{"previous_response_id":"resp_1"}"#.to_owned(),
                response("resp_1"),
            ),
            (
                r#"{"previous\u005fresponse_id":"resp\u005f1"}"#.to_owned(),
                response("resp_1"),
            ),
            (
                r#"{"previous_response_id":null}"#.to_owned(),
                Continued::Nothing,
            ),
            ("[]".to_owned(), Continued::Nothing),
            (
                r#"{"previous_response_id":"resp_1""#.to_owned(),
                Continued::Nothing,
            ),
            (
                r#"{"previous_response_id":"resp_1","a":1,"a":2}"#.to_owned(),
                Continued::Unknown,
            ),
            (
                format!(r#"{{"previous_response_id":"{long}"}}"#),
                Continued::Unknown,
            ),
            ("x".repeat(LARGE + 1), Continued::Unknown),
        ] {
            assert_eq!(
                Continued::by(&text, JsonLimits::default()),
                continued,
                "{text:.99}"
            );
        }
    }
}
