//! Address of the server.

use hyper::Uri;

/// The parsed address of a server.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// The `host` header.
    pub(super) authority: String,
    /// The path of the endpoint, which ends in `/responses`.
    pub(super) path: String,
    /// The query of all requests, with its question mark; may be empty.
    pub(super) query: String,
}

impl Target {
    /// Parses a base URL or the URL of the endpoint.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("no URL: {error}"))?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err("the URL must start with http:// or https://".into()),
        };
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return Err("the URL has no host".into());
        }
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = match uri.path().trim_end_matches('/') {
            "" => "/v1/responses".into(),
            path if path.ends_with("/responses") => path.to_owned(),
            path => format!("{path}/responses"),
        };
        Ok(Self {
            tls,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            authority: match uri.port_u16() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            },
            path,
            query: uri
                .query()
                .map(|query| format!("?{query}"))
                .unwrap_or_default(),
        })
    }

    /// Path prefix of the endpoint.
    pub(super) fn base(&self) -> &str {
        self.path.strip_suffix("/responses").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn reads_urls() {
        for (url, path, port) in [
            ("http://localhost", "/v1/responses", 80),
            ("http://localhost:8080/", "/v1/responses", 8080),
            ("https://example.com/v1", "/v1/responses", 443),
            ("http://[::1]:9/api/v1/responses/", "/api/v1/responses", 9),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!((&*target.path, target.port), (path, port), "{url}");
        }
        let target = Target::parse("https://example.com/openai/v1?api-version=preview").unwrap();
        assert_eq!(target.path, "/openai/v1/responses");
        assert_eq!(target.query, "?api-version=preview");
        assert_eq!(Target::parse("http://[::1]:9/v1").unwrap().host, "::1");
        for url in ["localhost:8080", "ftp://x/", "", "http://", "/v1"] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
