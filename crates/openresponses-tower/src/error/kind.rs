use http::StatusCode;

/// The category of an [`Error`](super::Error). It decides the HTTP status and `error.type`.
///
/// ```
/// use openresponses_tower::ErrorKind;
///
/// assert_eq!(ErrorKind::RateLimited.status(), 429);
/// assert_eq!(ErrorKind::RateLimited.error_type(), "too_many_requests");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 400 `invalid_request_error`: the request is invalid.
    InvalidRequest,
    /// 401 `authentication_error`: credentials are missing or wrong.
    Authentication,
    /// 403 `permission_error`: the caller lacks permission.
    Permission,
    /// 404 `not_found`: no such path, model or response.
    NotFound,
    /// 405 `invalid_request_error`: the path does not support the method.
    MethodNotAllowed,
    /// 408 `invalid_request_error`: the body took too long to arrive.
    RequestTimeout,
    /// 413 `invalid_request_error`: the body is too large.
    TooLarge,
    /// 415 `invalid_request_error`: the body is not JSON.
    UnsupportedMediaType,
    /// 426 `invalid_request_error`: the connection cannot be upgraded.
    UpgradeRequired,
    /// 429 `too_many_requests`: a rate limit was reached.
    RateLimited,
    /// 500 `model_error`: the model failed.
    Model,
    /// 500 `server_error`: the server failed.
    Server,
    /// 501 `invalid_request_error`: the body has a transfer coding that is not supported.
    NotImplemented,
    /// 502 `server_error`: an upstream failed.
    Upstream,
    /// 503 `server_error`: the server is overloaded, or a dependency is unavailable.
    Overloaded,
    /// 504 `server_error`: an upstream took too long.
    Timeout,
}

impl ErrorKind {
    /// Returns the HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::Authentication => StatusCode::UNAUTHORIZED,
            Self::Permission => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Model | Self::Server => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Upstream => StatusCode::BAD_GATEWAY,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// Returns the value of `error.type`.
    #[must_use]
    pub fn error_type(self) -> &'static str {
        match self {
            Self::InvalidRequest
            | Self::MethodNotAllowed
            | Self::RequestTimeout
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::UpgradeRequired
            | Self::NotImplemented => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Permission => "permission_error",
            Self::NotFound => "not_found",
            Self::RateLimited => "too_many_requests",
            Self::Model => "model_error",
            Self::Server | Self::Upstream | Self::Overloaded | Self::Timeout => "server_error",
        }
    }
}
