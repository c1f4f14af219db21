//! Errors of providers, hooks and the endpoint.

mod kind;
mod layers;
mod refusal;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use openresponses_types::diagnostics::Excerpt;
use openresponses_types::response::ErrorPayload;
use openresponses_types::sequence::Failure;
use openresponses_types::{Field, Violation};

pub use kind::ErrorKind;
pub(crate) use refusal::{Refusal, log_refusal};

/// A boxed error of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error response. Spec: "Errors".
///
/// The message is sent to the client; the source is logged and never sent.
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
    is_of_caller: bool,
    is_answered: bool,
    source: Option<BoxError>,
}

/// Maximum length of a message in characters, since messages can quote the client.
const MESSAGE: usize = 2_000;

/// The time to wait after a 503 without another.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Error {
    /// Creates an error. `code` is machine-readable, `message` is one sentence for the client.
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
            is_of_caller: false,
            is_answered: false,
            source: None,
        }))
    }

    /// Creates a 400 for the member `param`.
    #[must_use]
    pub fn invalid_request(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, "invalid_value", message).param(param)
    }

    /// Creates a 401 for missing credentials.
    #[must_use]
    pub fn missing_api_key() -> Self {
        Self::new(
            ErrorKind::Authentication,
            "missing_api_key",
            "You did not provide an API key. Send it in the Authorization header: 'Authorization: Bearer YOUR_KEY'.",
        )
        .param("authorization")
    }

    /// Creates a 401 for wrong credentials.
    #[must_use]
    pub fn invalid_api_key() -> Self {
        Self::new(
            ErrorKind::Authentication,
            "invalid_api_key",
            "The API key is not valid.",
        )
        .param("authorization")
    }

    /// Creates a 403.
    #[must_use]
    pub fn permission(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Permission, code, message)
    }

    /// Creates a 404 for an unknown model.
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

    /// Creates a 400 for a model that does not compact conversations.
    #[must_use]
    pub fn compaction_not_supported() -> Self {
        Self::new(
            ErrorKind::InvalidRequest,
            "compaction_not_supported",
            "This model does not compact conversations. Send the conversation itself as 'input'.",
        )
        .param("model")
    }

    /// Creates a 404 for a model that does not count input tokens.
    #[must_use]
    pub fn token_count_not_supported() -> Self {
        Self::new(
            ErrorKind::NotFound,
            "unsupported_endpoint",
            "This model does not count input tokens. Read 'usage' of a response instead.",
        )
        .param("model")
    }

    /// Creates a 429 with the time to wait.
    #[must_use]
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self::new(
            ErrorKind::RateLimited,
            "rate_limit_exceeded",
            "Rate limit reached. Slow down and try again later.",
        )
        .retry_after(retry_after)
    }

    /// Creates a 500 for a failure of the model.
    #[must_use]
    pub fn model(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Model, code, message)
    }

    /// Creates a 500 with a general message; the source is only logged.
    #[must_use]
    pub fn server(source: impl Into<BoxError>) -> Self {
        Self::new(
            ErrorKind::Server,
            "server_error",
            "The server had an error. Try again later.",
        )
        .with_source(source)
    }

    /// Creates a 502 with a general message; the source is only logged.
    #[must_use]
    pub fn upstream(source: impl Into<BoxError>) -> Self {
        Self::new(
            ErrorKind::Upstream,
            "upstream_error",
            "The server behind this one had an error. Try again later.",
        )
        .with_source(source)
    }

    /// Creates a 503 for an overloaded or unready server.
    #[must_use]
    pub fn overloaded() -> Self {
        Self::new(
            ErrorKind::Overloaded,
            "overloaded",
            "The server is overloaded or not ready. Try again later.",
        )
    }

    /// Creates a 504.
    #[must_use]
    pub fn timeout() -> Self {
        Self::new(
            ErrorKind::Timeout,
            "timeout",
            "The model took too long to answer.",
        )
    }

    /// Sets the member of the request that caused the error.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.0.param = Some(param.into());
        self
    }

    /// Sets the time to wait, sent as `retry-after` in whole seconds, rounded up. Default: 1 s for
    /// [`ErrorKind::Overloaded`], else none.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Marks the error as caused by the caller, such as by a key of its own that a provider refuses.
    /// It says nothing about the health of the provider. Errors of the kind
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) need no mark.
    #[must_use]
    pub fn of_caller(mut self) -> Self {
        self.0.is_of_caller = true;
        self
    }

    /// Marks the error as the answer of a server behind the provider, which therefore responds,
    /// whatever it refuses. An error that a provider makes before it asks a server has no mark.
    #[must_use]
    pub fn answered(mut self) -> Self {
        self.0.is_answered = true;
        self
    }

    /// Sets the source, which is logged and never sent.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the category.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the machine-readable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Returns the time to wait.
    #[must_use]
    pub fn retry_after_hint(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns true if the error is marked with [`of_caller`](Self::of_caller).
    #[must_use]
    pub fn is_of_caller(&self) -> bool {
        self.0.is_of_caller
    }

    /// Returns true if the error is marked with [`answered`](Self::answered).
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.0.is_answered
    }

    /// Returns [`retry_after_hint`](Self::retry_after_hint) in seconds, rounded up. A 503 without it has
    /// the default.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        let is_overloaded = self.0.kind == ErrorKind::Overloaded;
        let wait = self
            .0
            .retry_after
            .or(is_overloaded.then_some(RETRY_AFTER))?;
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }

    /// Returns the error object of a response body.
    #[must_use]
    pub fn payload(&self) -> ErrorPayload {
        ErrorPayload::new(self.0.kind.error_type(), self.0.message.as_str())
            .param(Field::or_null(self.0.param.clone()))
            .code(self.0.code.as_ref())
    }

    /// Returns the failure that ends a started response.
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

    /// Returns an `Error` unchanged and converts any other error: tower's load shedding becomes
    /// [`overloaded`](Self::overloaded), a timeout of tower or tokio [`timeout`](Self::timeout), and
    /// the rest a server error. Errors of layers that wrap them, such as tower's buffer, are
    /// converted by their source.
    ///
    /// ```
    /// use openresponses_tower::{Error, ErrorKind};
    /// use tower::load_shed::error::Overloaded;
    ///
    /// assert_eq!(Error::from_boxed(Overloaded::new()).kind(), ErrorKind::Overloaded);
    /// assert_eq!(Error::from_boxed("other").kind(), ErrorKind::Server);
    /// ```
    #[must_use]
    pub fn from_boxed(error: impl Into<BoxError>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(other) => layers::error(other),
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
        // A violation of the document itself, such as an array, has no member.
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
