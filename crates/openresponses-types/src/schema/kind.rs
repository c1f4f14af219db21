//! What a document is meant to be.

use core::fmt;

/// What a document is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentKind {
    /// The body of `POST /v1/responses`.
    CreateRequest,
    /// A `response.create` message on a WebSocket. Since 2026-04-24.
    WebSocketCreate,
    /// An `error` message on a WebSocket. Since 2026-04-24.
    WebSocketError,
    /// The body of `POST /v1/responses/compact`. Since 2026-04-24.
    CompactRequest,
    /// The answer to a compaction. Since 2026-04-24.
    CompactResponse,
    /// A response.
    Response,
    /// One event of a stream.
    StreamEvent,
    /// The body of an HTTP error.
    ErrorBody,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::CreateRequest,
        Self::WebSocketCreate,
        Self::WebSocketError,
        Self::CompactRequest,
        Self::CompactResponse,
        Self::Response,
        Self::StreamEvent,
        Self::ErrorBody,
    ];

    /// The kind's name, such as `create_request`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateRequest => "create_request",
            Self::WebSocketCreate => "ws_create",
            Self::WebSocketError => "ws_error",
            Self::CompactRequest => "compact_request",
            Self::CompactResponse => "compact_response",
            Self::Response => "response",
            Self::StreamEvent => "stream_event",
            Self::ErrorBody => "error_body",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
