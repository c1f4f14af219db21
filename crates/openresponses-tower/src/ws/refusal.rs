//! Errors of messages without a turn. Spec: "WebSocket Errors".

use std::time::Duration;

use openresponses_types::Field;
use openresponses_types::json::RawJson;
use openresponses_types::response::WebSocketError;

use crate::error::{Error, ErrorKind};

/// Returns the error envelope: the HTTP body and the HTTP status of the error.
pub(super) fn envelope(error: &Error) -> String {
    let mut payload = error.payload();
    if let Some(wait) = error.retry_after_seconds() {
        let headers = format!("{{\"retry-after\":\"{wait}\"}}");
        payload.headers = RawJson::parse(&headers).map_or(Field::Absent, Field::Value);
    }
    let status = i64::from(error.kind().status().as_u16());
    WebSocketError::new(status, payload).to_json()
}

pub(super) fn binary() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "invalid_message",
        "Binary messages are not supported. Send JSON in a text message.",
    )
    .param("type")
}

pub(super) fn excess() -> Error {
    Error::new(
        ErrorKind::RateLimited,
        "websocket_queue_full",
        "Too many messages are waiting on this connection. Wait for the end of a turn before sending the next, or open more connections.",
    )
    .param("type")
    .retry_after(Duration::from_secs(1))
}

pub(super) fn connection_limit() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "websocket_connection_limit_reached",
        "This connection has reached its time limit. Open a new WebSocket connection to continue.",
    )
    .param("connection")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shutdown::shutting_down;
    use openresponses_types::Profile;
    use openresponses_types::json::Document;
    use openresponses_types::schema::{DocumentKind, validate};

    #[test]
    fn envelopes_are_valid() {
        for error in [
            binary(),
            excess(),
            connection_limit(),
            shutting_down(),
            Error::server("secret"),
            Error::rate_limited(Duration::from_millis(1500)),
        ] {
            let text = envelope(&error);
            let document = Document::parse(text.as_bytes()).unwrap();
            let report = validate(&document, DocumentKind::WebSocketError, Profile::Strict);
            assert!(report.is_ok(), "{text}");
            let is_late = [429, 503].contains(&error.kind().status().as_u16());
            assert_eq!(text.contains("\"retry-after\""), is_late, "{text}");
            assert!(!text.contains("secret"));
        }
        assert_eq!(
            envelope(&Error::rate_limited(Duration::from_millis(1500))),
            concat!(
                r#"{"type":"error","status":429,"error":{"message":"Rate limit reached. Slow down and try again later.","#,
                r#""type":"too_many_requests","param":null,"code":"rate_limit_exceeded","headers":{"retry-after":"2"}}}"#,
            )
        );
    }
}
