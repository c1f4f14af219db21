use std::fmt;

use openresponses_tower::{BoxError, Error};

/// Why an upstream could not be asked, or its answer not be read.
///
/// ```
/// use openresponses_tower::{Error, ErrorKind};
/// use openresponses_upstream::ClientError;
///
/// let error = Error::from(ClientError::Closed);
/// assert_eq!(error.kind(), ErrorKind::Upstream);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is not a valid `http` or `https` URL.
    Address(String),
    /// There is no connection.
    Connect(BoxError),
    /// The certificates to trust cannot be read.
    Certificates(String),
    /// The exchange broke.
    Http(hyper::Error),
    /// The exchange over a WebSocket broke.
    WebSocket(BoxError),
    /// The server closed the connection.
    Closed,
    /// It took too long to get this.
    Timeout(&'static str),
    /// The answer is longer than this many bytes.
    TooLong(usize),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "'{address}' is not the address of a server"),
            Self::Connect(error) => write!(f, "no connection: {error}"),
            Self::Certificates(error) => write!(f, "no certificates: {error}"),
            Self::Http(error) => write!(f, "the exchange broke: {error}"),
            Self::WebSocket(error) => write!(f, "the WebSocket broke: {error}"),
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Timeout(what) => write!(f, "it took too long to get {what}"),
            Self::TooLong(most) => write!(f, "the answer is longer than {most} bytes"),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) | Self::WebSocket(error) => Some(&**error),
            Self::Http(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Timeout(_) => Self::timeout().with_source(error),
            error => Self::upstream(error),
        }
    }
}
