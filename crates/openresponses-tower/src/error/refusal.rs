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
