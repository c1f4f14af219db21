use http::HeaderMap;

use super::Error;

/// An error response with additional headers.
pub(crate) struct Refusal {
    pub(crate) error: Error,
    pub(crate) headers: HeaderMap,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            error,
            headers: HeaderMap::new(),
        }
    }
}

/// Logs why a request or a message was refused.
pub(crate) fn log_refusal(error: &Error) {
    let Some(source) = std::error::Error::source(error) else {
        return;
    };
    // A fault of the client's, such as an aborted upload, is nothing that an operator can act on.
    if error.kind().status().is_server_error() {
        tracing::error!(code = error.code(), source, "the request failed");
    } else {
        tracing::debug!(code = error.code(), source, "the request was refused");
    }
}
