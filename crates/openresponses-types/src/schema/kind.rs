//! The kinds of documents.

use crate::diagnostics::named;

named! {
    what "kind of document";
    /// The kind of a document.
    ///
    /// ```
    /// use openresponses_types::diagnostics::Profile;
    /// use openresponses_types::json::Document;
    /// use openresponses_types::schema::{DocumentKind, validate};
    ///
    /// let document = Document::parse(br#"{"model":"m","input":5}"#)?;
    /// assert!(!validate(&document, DocumentKind::CreateRequest, Profile::Strict).is_ok());
    /// # Ok::<(), openresponses_types::json::SyntaxError>(())
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum DocumentKind {
        /// The body of `POST /v1/responses`.
        CreateRequest = "create_request",
        /// A `response.create` message on a WebSocket. Since 2026-04-24.
        WebSocketCreate = "ws_create",
        /// An `error` message on a WebSocket. Since 2026-04-24.
        WebSocketError = "ws_error",
        /// The body of `POST /v1/responses/compact`. Since 2026-04-24.
        CompactRequest = "compact_request",
        /// The response to a compaction. Since 2026-04-24.
        CompactResponse = "compact_response",
        /// A response.
        Response = "response",
        /// One event of a stream.
        StreamEvent = "stream_event",
        /// The body of an HTTP error.
        ErrorBody = "error_body",
    }
}
