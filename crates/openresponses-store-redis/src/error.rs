use std::fmt;

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why Redis could not be used. The error never contains the password of an address or content of a
/// conversation, so it can be logged.
///
/// It is the source of the [`StoreError`](openresponses_tower::store::StoreError)s of a
/// [`RedisStore`](crate::RedisStore).
///
/// ```
/// use openresponses_store_redis::{RedisStore, RedisStoreError, RedisStoreOptions};
///
/// let error = RedisStore::connect("http://127.0.0.1", RedisStoreOptions::new()).unwrap_err();
/// assert!(matches!(error, RedisStoreError::Configuration { .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisStoreError {
    /// An invalid address, certificate or key.
    Configuration {
        /// What is invalid, without repeating it.
        reason: Box<str>,
    },
    /// The connection could not be made, or was lost.
    Unreachable {
        /// The reason, from the operating system or TLS.
        reason: Box<str>,
    },
    /// Redis did not answer in time. The command may have been executed.
    TimedOut,
    /// Redis refused, for example with `OOM`, `WRONGPASS`, `NOPERM` or `LOADING`.
    Refused {
        /// The first word of the reply.
        code: Box<str>,
    },
    /// The response, or all items that a request refers to, are larger than the limit.
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The value under a response's key cannot be read.
    Unreadable,
}

impl RedisStoreError {
    /// The error of Redis or of its client. The text of replies is omitted, since it may repeat
    /// what was sent.
    pub(crate) fn of(error: &RedisError) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let reason = || error.to_string().into();
        match error.kind() {
            ErrorKind::Io | ErrorKind::ClusterConnectionNotFound => {
                Self::Unreachable { reason: reason() }
            }
            ErrorKind::AuthenticationFailed => Self::Refused {
                code: "WRONGPASS".into(),
            },
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::Unreadable,
            _ => {
                let errors = error.clone().into_server_errors();
                let first = errors.as_ref().and_then(|errors| errors.first());
                let code = match first {
                    Some((_, error)) => error.code(),
                    None => error.category(),
                };
                Self::Refused { code: code.into() }
            }
        }
    }

    /// Describes an invalid address.
    pub(crate) fn configuration(error: &RedisError) -> Self {
        let mut reason = error.category().to_owned();
        // The client's own words: parts of the address come after them.
        if let Some((known, _)) = error.to_string().split_once(" - ") {
            known.clone_into(&mut reason);
        }
        Self::Configuration {
            reason: reason.into(),
        }
    }
}

/// Returns true when a new connection may succeed.
pub(crate) fn wants_new_connection(error: &RedisError) -> bool {
    // After a failover the address resolves to another server, while the old connection persists.
    let demoted = matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown)
    );
    demoted || error.is_io_error() || error.is_unrecoverable_error()
}

impl fmt::Display for RedisStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration { reason } => write!(f, "invalid Redis configuration: {reason}"),
            Self::Unreachable { reason } => write!(f, "Redis cannot be reached: {reason}"),
            Self::TimedOut => f.write_str("Redis did not answer in time"),
            Self::Refused { code } => write!(f, "Redis refused: {code}"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "the content has {bytes} bytes, the limit is {limit}")
            }
            Self::Unreadable => f.write_str("the stored value is not a response"),
        }
    }
}

impl std::error::Error for RedisStoreError {}
