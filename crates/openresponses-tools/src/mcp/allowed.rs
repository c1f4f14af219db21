//! The servers that a client may name.

use http::Uri;

/// URLs that clients may give as `server_url`. Nothing else is fetched on a client's word.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedServers {
    urls: Vec<Uri>,
    /// How many were given, with those that cannot be read.
    given: usize,
}

impl AllowedServers {
    pub(crate) fn is_empty(&self) -> bool {
        self.urls.is_empty()
    }

    /// Adds a URL. One that cannot be read allows nothing.
    pub(crate) fn add(&mut self, url: &str) {
        match url.parse::<Uri>() {
            Ok(uri) if uri.scheme().is_some() && uri.authority().is_some() => self.urls.push(uri),
            // The URL may have a key in it.
            _ => tracing::error!(
                index = self.given,
                "the URL of an allowed MCP server cannot be read"
            ),
        }
        self.given += 1;
    }

    /// Returns whether a client may name this URL: scheme, host, port, path and query are those of
    /// an allowed one.
    pub(crate) fn has(&self, url: &str) -> bool {
        // What follows a `#` is not sent, and credentials in a URL are not part of the host.
        let Ok(uri) = url.parse::<Uri>() else {
            return false;
        };
        !url.contains('#') && self.urls.iter().any(|allowed| is_same(allowed, &uri))
    }
}

fn is_same(one: &Uri, other: &Uri) -> bool {
    let port = |uri: &Uri| {
        uri.port_u16().or(match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        })
    };
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    let has_credentials = |uri: &Uri| uri.authority().is_some_and(|it| it.as_str().contains('@'));
    one.scheme() == other.scheme()
        && host(one) == host(other)
        && port(one) == port(other)
        && one.path_and_query() == other.path_and_query()
        && !has_credentials(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_names_an_allowed_url_and_no_other() {
        let mut allowed = AllowedServers::default();
        allowed.add("https://mcp.example.com/mcp");
        for (url, is_allowed) in [
            ("https://mcp.example.com/mcp", true),
            ("https://MCP.example.com:443/mcp", true),
            ("http://mcp.example.com/mcp", false),
            ("https://mcp.example.com:8443/mcp", false),
            ("https://mcp.example.com/mcp/admin", false),
            ("https://mcp.example.com/mcp?x=1", false),
            ("https://mcp.example.com/MCP", false),
            ("https://mcp.example.com.evil.example/mcp", false),
            ("https://mcp.example.com@evil.example/mcp", false),
            ("https://evil@mcp.example.com/mcp", false),
            ("https://mcp.example.com/mcp#x", false),
            ("https://mcp.example.com/../mcp", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            assert_eq!(allowed.has(url), is_allowed, "{url}");
        }
    }
}
