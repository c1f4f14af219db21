//! What a provider, a hook or this crate itself answers when there is no response.

mod kind;
mod refusal;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use openresponses_types::diagnostics::Excerpt;
use openresponses_types::response::ErrorPayload;
use openresponses_types::sequence::Failure;
use openresponses_types::{Field, Violation};

pub use kind::ErrorKind;
pub(crate) use refusal::Refusal;

/// An error of whatever type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What is answered when there is no response. Spec: "Errors".
///
/// The message is for the client; the source is for the log and never leaves the server.
///
/// ```
/// use openresponses_tower::{Error, ErrorKind};
///
/// let error = Error::model_not_found("gpt-0");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.payload().to_json(), concat!(
///     r#"{"message":"The model 'gpt-0' does not exist.","type":"not_found","#,
///     r#""param":"model","code":"model_not_found"}"#,
/// ));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    code: Cow<'static, str>,
    message: String,
    param: Option<String>,
    retry_after: Option<Duration>,
    source: Option<BoxError>,
}

/// Messages may quote the client; nobody needs more of it than this, in characters.
const MESSAGE: usize = 2_000;

impl Error {
    /// An error of a kind. `code` is a word for programs, `message` one sentence for the client.
    #[must_use]
    pub fn new(
        kind: ErrorKind,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        Self(Box::new(Inner {
            kind,
            code: code.into(),
            message,
            param: None,
            retry_after: None,
            source: None,
        }))
    }

    /// 400: the member `param` is to blame.
    #[must_use]
    pub fn invalid_request(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, "invalid_value", message).param(param)
    }

    /// 401: there were no credentials.
    #[must_use]
    pub fn missing_api_key() -> Self {
        Self::new(
            ErrorKind::Authentication,
            "missing_api_key",
            "You did not provide an API key. Send it in the Authorization header: 'Authorization: Bearer YOUR_KEY'.",
        )
        .param("authorization")
    }

    /// 401: the credentials are wrong.
    #[must_use]
    pub fn invalid_api_key() -> Self {
        Self::new(
            ErrorKind::Authentication,
            "invalid_api_key",
            "The API key is not valid.",
        )
        .param("authorization")
    }

    /// 403: the caller may not do this.
    #[must_use]
    pub fn permission(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Permission, code, message)
    }

    /// 404: no such model.
    #[must_use]
    pub fn model_not_found(model: &str) -> Self {
        let shown = Excerpt::new(model).limit(100);
        Self::new(
            ErrorKind::NotFound,
            "model_not_found",
            format!("The model '{shown}' does not exist."),
        )
        .param("model")
    }

    /// 429: the caller should wait this long.
    #[must_use]
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self::new(
            ErrorKind::RateLimited,
            "rate_limit_exceeded",
            "Rate limit reached. Slow down and try again later.",
        )
        .retry_after(retry_after)
    }

    /// 500: the model failed.
    #[must_use]
    pub fn model(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Model, code, message)
    }

    /// 500: something on the server failed. The client is told no more than that.
    #[must_use]
    pub fn server(source: impl Into<BoxError>) -> Self {
        Self::new(
            ErrorKind::Server,
            "server_error",
            "The server had an error. Try again later.",
        )
        .with_source(source)
    }

    /// 502: an upstream failed. The client is told no more than that.
    #[must_use]
    pub fn upstream(source: impl Into<BoxError>) -> Self {
        Self::new(
            ErrorKind::Upstream,
            "upstream_error",
            "The server behind this one had an error. Try again later.",
        )
        .with_source(source)
    }

    /// 503: too busy, or something that is needed is down.
    #[must_use]
    pub fn overloaded() -> Self {
        Self::new(
            ErrorKind::Overloaded,
            "overloaded",
            "The server is overloaded or not ready. Try again later.",
        )
    }

    /// 504: it took too long.
    #[must_use]
    pub fn timeout() -> Self {
        Self::new(
            ErrorKind::Timeout,
            "timeout",
            "The model took too long to answer.",
        )
    }

    /// Sets the member of the request that is to blame.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.0.param = Some(param.into());
        self
    }

    /// Sets how long the client should wait, sent as `retry-after` in seconds, rounded up.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Sets what is behind it, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The category.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// How long the client should wait.
    #[must_use]
    pub fn retry_after_hint(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// [`retry_after_hint`](Self::retry_after_hint) as `retry-after` says it.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        let wait = self.0.retry_after?;
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }

    /// The error as it stands in a body.
    #[must_use]
    pub fn payload(&self) -> ErrorPayload {
        ErrorPayload::new(self.0.kind.error_type(), self.0.message.as_str())
            .param(Field::or_null(self.0.param.clone()))
            .code(self.0.code.as_ref())
    }

    /// The error as the end of a response that has begun.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let failure = Failure::new(
            self.0.kind.error_type(),
            self.0.code.as_ref(),
            self.0.message.as_str(),
        );
        match &self.0.param {
            Some(param) => failure.param(param.as_str()),
            None => failure,
        }
    }

    /// Turns an error of whatever type into one of ours: itself if it is one, a server error else.
    #[must_use]
    pub fn from_boxed(error: impl Into<BoxError>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(other) => Self::server(other),
        }
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        let error = Self::new(
            ErrorKind::InvalidRequest,
            violation.code.name(),
            violation.message.as_str(),
        );
        // The document itself may be to blame, such as for being an array.
        error.param(violation.param().unwrap_or_else(|| "body".into()))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let kind = match failure.kind.as_str() {
            "model_error" => ErrorKind::Model,
            "invalid_request_error" => ErrorKind::InvalidRequest,
            "too_many_requests" => ErrorKind::RateLimited,
            "not_found" => ErrorKind::NotFound,
            _ if failure.upstream => ErrorKind::Upstream,
            _ => ErrorKind::Server,
        };
        let error = Self::new(kind, failure.code, failure.message);
        match failure.param {
            Some(param) => error.param(param),
            None => error,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("param", &self.0.param)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
