use std::fmt;

use openresponses_tower::BoxError;

/// The failure of one tool call.
///
/// The message is for the model, and for the client where the call is shown. The source is for the
/// log and never leaves the server.
///
/// ```
/// use openresponses_tools::ToolError;
///
/// let error = ToolError::new("There is no city named 'Atlantis'.");
/// assert_eq!(error.message(), "There is no city named 'Atlantis'.");
/// ```
pub struct ToolError {
    message: String,
    source: Option<BoxError>,
}

/// The most characters of a message that are passed on.
const MESSAGE: usize = 2_000;

impl ToolError {
    /// Creates an error with a message for the model.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        Self {
            message,
            source: None,
        }
    }

    /// Creates an error with the whole message, where a bound on results applies to it.
    #[cfg(feature = "mcp")]
    pub(crate) fn uncut(message: String) -> Self {
        Self {
            message,
            source: None,
        }
    }

    /// Creates an error that tells the model no more than that the tool failed.
    #[must_use]
    pub fn internal(source: impl Into<BoxError>) -> Self {
        Self::new("The tool failed.").with_source(source)
    }

    /// Sets the cause, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the message for the model.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// An error as the result of a call, for the model.
pub(crate) fn error_text(message: &str) -> String {
    format!("Error: {message}")
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolError")
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ToolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
