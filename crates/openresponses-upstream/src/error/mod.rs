//! What an upstream's errors become.

mod class;
mod read;
mod redact;
mod retry_after;

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use openresponses_tower::{Error, ErrorKind};
use openresponses_types::json::{Document, Reader};
use openresponses_types::sequence::Failure;

use crate::feature::Feature;
use crate::request::Origins;
use class::Class;

/// Whether an upstream's words reach the client. Keys and tokens are cut out of them either way, and
/// complaints about the upstream's credentials never pass.
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use openresponses_upstream::{MessagePolicy, Origins, UpstreamError};
///
/// let body = br#"{"error":{"message":"disk sda1 is full"}}"#;
/// let error = UpstreamError::read(StatusCode::INTERNAL_SERVER_ERROR, &HeaderMap::new(), body);
/// let hidden = error.to_error(&Origins::default(), MessagePolicy::Hide);
/// assert!(!hidden.to_string().contains("sda1"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessagePolicy {
    /// The upstream's message is the client's.
    #[default]
    Pass,
    /// The client gets a general message of the endpoint.
    Hide,
}

/// An error of an upstream: as the answer to a request, or in the middle of a stream.
///
/// | upstream | status here | code |
/// |---|---|---|
/// | 401, or a key that is not valid | 502 | `upstream_authentication` |
/// | 403 | 502 | `upstream_permission` |
/// | 403 of moderation | 400 | `content_filter` |
/// | 402 | 502 | `upstream_billing` |
/// | 404 | 404 | `model_not_found`, or the upstream's |
/// | 400, 409, 422 | 400 | the upstream's, else `invalid_value` |
/// | 413 | 413 | `request_too_large` |
/// | 429 | 429 with `retry-after` | the upstream's, else `rate_limit_exceeded` |
/// | 408, 504 | 504 | `timeout` |
/// | 503, 529 | 503 with `retry-after` | `overloaded` |
/// | 5xx about the size of the context, or about what the request has and the model does not take | 400 | as for 400 |
/// | any other | 502 | `upstream_error` |
///
/// Where the status says nothing, as inside a stream, the error's own code and type decide.
///
/// ```
/// use http::{HeaderMap, StatusCode};
/// use openresponses_tower::ErrorKind;
/// use openresponses_upstream::{MessagePolicy, Origins, UpstreamError};
///
/// let body = br#"{"error":{"message":"Incorrect API key provided: sk-1.","code":"invalid_api_key"}}"#;
/// let error = UpstreamError::read(StatusCode::UNAUTHORIZED, &HeaderMap::new(), body);
/// let error = error.to_error(&Origins::default(), MessagePolicy::Pass);
/// assert_eq!(error.kind(), ErrorKind::Upstream);
/// assert_eq!(error.code(), "upstream_authentication");
/// assert!(!error.to_string().contains("sk-1"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpstreamError {
    /// The HTTP status; none inside a stream.
    pub status: Option<StatusCode>,
    /// The category, such as `invalid_request_error` or `RESOURCE_EXHAUSTED`.
    pub kind: Option<String>,
    /// The code, such as `context_length_exceeded`. Numbers are printed.
    pub code: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// The member of the upstream's request that is to blame.
    pub param: Option<String>,
    /// How long to wait.
    pub retry_after: Option<Duration>,
}

impl UpstreamError {
    /// Reads the answer to a request. A body that is no known error counts as none.
    #[must_use]
    pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut error = match Document::parse(body) {
            Ok(document) => Self::from_json(document.reader()),
            Err(_) => Self::default(),
        };
        error.status = Some(status);
        error.retry_after = retry_after::read(headers).or(error.retry_after);
        error
    }

    /// Reads an error object, or an object that has one in `error`.
    #[must_use]
    pub fn from_json(value: Reader<'_>) -> Self {
        let mut error = Self::default();
        read::read(value, &mut error);
        error
    }

    /// Returns the error as the endpoint's. `origins` are those of the
    /// [request](crate::UpstreamRequest).
    #[must_use]
    pub fn to_error(&self, origins: &Origins, policy: MessagePolicy) -> Error {
        let refused = self.refused_feature(origins);
        let class = match Class::of(self) {
            // Some servers answer 500 to what their model does not take.
            Class::Upstream if refused.is_some() => Class::Invalid,
            class => class,
        };
        let code = class.code(self);
        let message = match (&self.message, policy) {
            (Some(message), MessagePolicy::Pass) if class.passes_message() => {
                redact::redact(message)
            }
            _ => class.message().to_owned(),
        };
        let mut error = Error::new(class.kind(), code, message).answered();
        let names_model = self.code.as_deref() == Some("model_not_found");
        if class.kind() == ErrorKind::InvalidRequest && !names_model {
            let quoted = self.message.as_deref().and_then(class::quoted_param);
            let named = self.param.as_deref().into_iter().chain(quoted);
            let mut members = named.filter_map(|param| origins.find(&class::dotted(param)));
            if let Some(param) = members.next().or(refused) {
                error = error.param(param);
            }
        } else if names_model || class == Class::ModelNotFound {
            error = error.param("model");
        }
        match self.retry_after.filter(|_| class.may_wait()) {
            Some(wait) => error.retry_after(wait),
            None => error,
        }
    }

    /// Returns the client's member of the kind that the message says is not supported.
    fn refused_feature(&self, origins: &Origins) -> Option<String> {
        let message = self.message.as_ref()?.to_ascii_lowercase();
        let refuses = [
            "not support",
            "unsupported",
            "only supported",
            "not allowed",
            "may be provided",
        ];
        if !refuses.iter().any(|words| message.contains(words)) {
            return None;
        }
        origins.find_feature(Feature::named_in(&message)?)
    }

    /// Returns the error as the end of a response that has begun.
    #[must_use]
    pub fn to_failure(&self, policy: MessagePolicy) -> Failure {
        self.to_error(&Origins::default(), policy).failure()
    }
}
