use std::path::Path;
use std::{env, fmt, fs, io};

use http::HeaderValue;
use http::header::InvalidHeaderValue;

/// A key. It is not shown by `Debug`, and its header is marked as sensitive.
///
/// ```
/// use openresponses_upstream::Secret;
///
/// let key = Secret::new("sk-123");
/// assert_eq!(format!("{key:?}"), "Secret(..)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Creates a secret of a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads the environment's variable `name`.
    ///
    /// # Errors
    /// When it is not set, or not UTF-8.
    pub fn from_env(name: &str) -> Result<Self, env::VarError> {
        env::var(name).map(|text| Self(text.trim().to_owned()))
    }

    /// Reads a file; space around the key is dropped.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> io::Result<Self> {
        fs::read_to_string(path).map(|text| Self(text.trim().to_owned()))
    }

    /// Returns whether the key can be sent: it is not empty, and a header can hold it.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        !self.0.is_empty() && self.header("").is_ok()
    }

    /// Returns the key as the value of a header, with `prefix` before it.
    pub(crate) fn header(&self, prefix: &str) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", self.0))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}
