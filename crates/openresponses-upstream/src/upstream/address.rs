use std::fmt;

use http::Uri;
use openresponses_tower::Error;

/// The address of a server's API: what stands before `/chat/completions`, `/messages`, `/responses` or
/// `/models/..`.
///
/// ```
/// use openresponses_upstream::BaseUrl;
///
/// assert!(BaseUrl::parse("https://api.example.com/v1/").is_ok());
/// assert!(BaseUrl::parse("api.example.com").is_err());
/// assert!(BaseUrl::parse("https://api.example.com/v1?key=1").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Checks an address; a slash at its end is dropped.
    ///
    /// # Errors
    /// When it is no `http` or `https` address, or has a query or credentials.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidBaseUrl)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority().ok_or(InvalidBaseUrl)?;
        if !is_http || authority.as_str().contains('@') || text.contains(['?', '#']) {
            return Err(InvalidBaseUrl);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// Returns the host.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// Returns the address of a path behind it.
    pub(crate) fn join(&self, path: &str) -> Result<Uri, Error> {
        format!("{}{path}", self.0).parse().map_err(Error::server)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no base address of a server.
///
/// ```
/// use openresponses_upstream::{BaseUrl, InvalidBaseUrl};
///
/// assert_eq!(BaseUrl::parse("localhost:8080").unwrap_err(), InvalidBaseUrl);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidBaseUrl;

impl fmt::Display for InvalidBaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an address such as 'https://api.example.com/v1', without query and credentials")
    }
}

impl std::error::Error for InvalidBaseUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_comes_behind_the_base() {
        let base = BaseUrl::parse("http://[::1]:8080/v1/").unwrap();
        assert_eq!(base.join("/models").unwrap(), "http://[::1]:8080/v1/models");
        assert_eq!(base.host(), "[::1]");
        assert_eq!(
            BaseUrl::parse("https://a.example").unwrap().host(),
            "a.example"
        );
        for bad in [
            "",
            "ftp://a.example",
            "https://",
            "https://k@a.example",
            "/v1",
        ] {
            assert_eq!(BaseUrl::parse(bad), Err(InvalidBaseUrl), "{bad}");
        }
    }
}
