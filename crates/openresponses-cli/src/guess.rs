//! Guesses the kind of a document.

use openresponses_types::json::{Document, Reader};
use openresponses_types::schema::DocumentKind;

/// Guesses a document's kind by its `type` or `object`, else by its members. A compact request
/// looks like any request, so it is never guessed.
pub(crate) fn kind(document: &Document<'_>) -> DocumentKind {
    let root = document.reader();
    let has = |name: &str| root.member(name).is_some();
    match text(&root, "type").as_deref() {
        Some("response.create") => return DocumentKind::WebSocketCreate,
        // A request over HTTP has no type, so this is a WebSocket message.
        Some(_) if has("input") && has("model") && !has("sequence_number") => {
            return DocumentKind::WebSocketCreate;
        }
        Some("error") if !has("sequence_number") => return DocumentKind::WebSocketError,
        Some(name) if name == "error" || name.starts_with("response.") || name.contains(':') => {
            return DocumentKind::StreamEvent;
        }
        _ => {}
    }
    match text(&root, "object").as_deref() {
        Some("response") => return DocumentKind::Response,
        Some("response.compaction") => return DocumentKind::CompactResponse,
        _ => {}
    }
    if has("sequence_number") {
        DocumentKind::StreamEvent
    } else if has("output") && (has("status") || has("incomplete_details")) {
        DocumentKind::Response
    } else if has("output") && has("usage") {
        DocumentKind::CompactResponse
    } else if has("error") && has("status") {
        DocumentKind::WebSocketError
    } else if has("error") && !has("input") {
        DocumentKind::ErrorBody
    } else {
        DocumentKind::CreateRequest
    }
}

fn text<'a>(root: &Reader<'a>, name: &str) -> Option<std::borrow::Cow<'a, str>> {
    root.member(name)?.string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_from_content() {
        use DocumentKind as K;
        for (text, want) in [
            (r#"{"model":"m","input":"x"}"#, K::CreateRequest),
            (r#"{"type":"response.create"}"#, K::WebSocketCreate),
            (
                r#"{"type":"response.start","model":"m","input":"x"}"#,
                K::WebSocketCreate,
            ),
            (
                r#"{"type":"error","status":400,"error":{}}"#,
                K::WebSocketError,
            ),
            (r#"{"type":"error","sequence_number":4}"#, K::StreamEvent),
            (r#"{"type":"response.created"}"#, K::StreamEvent),
            (r#"{"type":"acme:trace"}"#, K::StreamEvent),
            (r#"{"object":"response"}"#, K::Response),
            (
                r#"{"id":"r","status":"completed","output":[]}"#,
                K::Response,
            ),
            (r#"{"object":"response.compaction"}"#, K::CompactResponse),
            (r#"{"error":{"message":"m"}}"#, K::ErrorBody),
            ("[]", K::CreateRequest),
        ] {
            assert_eq!(
                kind(&Document::parse(text.as_bytes()).unwrap()),
                want,
                "{text}"
            );
        }
    }
}
