//! The host names that the endpoint answers to.

use std::net::Ipv4Addr;
use std::sync::Arc;

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderValue, Version};

use crate::error::{Error, ErrorKind};

/// The hosts that a request may be sent to, from its `Host` header or `:authority`.
///
/// A web page can reach a server on a loopback address or behind a firewall under the page's own
/// name, by changing that name's address after loading (DNS rebinding). Such a request carries the
/// page's name. Ports and letter case are ignored.
///
/// A request with several `Host` headers, or with a value that is not a host, is always refused
/// with 400 `invalid_host` (RFC 9112, section 3.2).
///
/// ```
/// use openresponses_tower::{AllowedHosts, Config};
///
/// let config = Config::new().allowed_hosts(AllowedHosts::local().allow("gateway.example.com"));
/// # let _ = config;
/// ```
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts(Option<Arc<Names>>);

#[derive(Clone, Debug, Default)]
struct Names {
    local: bool,
    listed: Vec<String>,
}

impl AllowedHosts {
    /// Allows every host, and requests without one. The default of [`Config`](crate::Config).
    #[must_use]
    pub fn any() -> Self {
        Self(None)
    }

    /// Allows IP addresses, `localhost` and its subdomains, and names without a dot, which public
    /// name servers do not resolve. Any other host is refused with 403 `host_not_allowed`, and an
    /// HTTP/1.1 request without a host with 400 `invalid_host`.
    #[must_use]
    pub fn local() -> Self {
        Self(Some(Arc::new(Names {
            local: true,
            listed: Vec::new(),
        })))
    }

    /// Allows `host`, a name or an address without a port, as well. With [`any`](Self::any) it is
    /// the only one that is allowed then.
    #[must_use]
    pub fn allow(self, host: &str) -> Self {
        let mut names = self.0.map(Arc::unwrap_or_clone).unwrap_or_default();
        names.listed.push(host.to_ascii_lowercase());
        Self(Some(Arc::new(names)))
    }

    /// Checks a request. The endpoint does this itself; the method is for other routes under the
    /// same name.
    ///
    /// # Errors
    /// 403 `host_not_allowed` and 400 `invalid_host`.
    pub fn check(&self, head: &Parts) -> Result<(), Error> {
        let mut given = head.headers.get_all(HOST).iter();
        let header = given.next();
        if given.next().is_some() {
            return Err(invalid("The request has several 'Host' headers."));
        }
        if self.0.is_none() && header.is_none_or(is_plain) {
            return Ok(());
        }
        let header = header.map(authority).transpose()?;
        let Some(names) = &self.0 else {
            return Ok(());
        };
        // A request in absolute form, or over HTTP/2, may name one in its URI, too.
        let mut named = head.uri.authority().into_iter().chain(&header).peekable();
        // HTTP/1.0 does not require the header, and no browser uses HTTP/1.0.
        if named.peek().is_none() && head.version >= Version::HTTP_11 {
            return Err(invalid("The request has no 'Host' header."));
        }
        if named.all(|authority| names.allow(authority.host())) {
            return Ok(());
        }
        Err(Error::permission(
            "host_not_allowed",
            "This server does not answer for the host that the request names.",
        )
        .param("host"))
    }
}

impl Names {
    fn allow(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        (self.local && is_local(host)) || self.listed.iter().any(|listed| listed == host)
    }
}

fn is_local(host: &str) -> bool {
    !host.contains('.')
        || host.ends_with(".localhost")
        || host.starts_with('[')
        || host.parse::<Ipv4Addr>().is_ok()
}

/// Returns true for what nearly all `Host` headers hold, and [`authority`] accepts: letters, digits, hyphens and
/// dots, and an optional port.
fn is_plain(value: &HeaderValue) -> bool {
    let mut parts = value.as_bytes().splitn(2, |byte| *byte == b':');
    let host = parts.next().unwrap_or_default();
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    // Any port of four digits is one.
    let is_port = |port: &[u8]| port.len() <= 4 && port.iter().all(u8::is_ascii_digit);
    !host.is_empty() && host.iter().all(is_host) && parts.next().is_none_or(is_port)
}

/// Parses a `Host` header: a host with an optional port.
fn authority(value: &HeaderValue) -> Result<Authority, Error> {
    let text = value.to_str().ok().filter(|text| !text.contains('@'));
    text.and_then(|text| text.parse::<Authority>().ok())
        .filter(|authority| !authority.host().is_empty() && has_plain_port(authority))
        .ok_or_else(|| invalid("The header 'Host' is not a host."))
}

fn has_plain_port(authority: &Authority) -> bool {
    let port = authority.as_str().strip_prefix(authority.host());
    port.is_some_and(|port| match port.strip_prefix(':') {
        // A colon without a number is the port of the scheme (RFC 3986, section 3.2.3).
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.is_empty() || digits.parse::<u16>().is_ok()
        }
        Some(_) => false,
        None => port.is_empty(),
    })
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidRequest, "invalid_host", message).param("host")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn code(hosts: &AllowedHosts, uri: &str, given: &[&str]) -> Option<String> {
        let mut request = Request::builder().uri(uri);
        for host in given {
            request = request.header(HOST, *host);
        }
        let head = request.body(()).unwrap().into_parts().0;
        let refused = hosts.check(&head).err();
        refused.map(|error| error.code().to_owned())
    }

    #[test]
    fn what_is_no_host_is_refused_everywhere() {
        let any = AllowedHosts::any();
        for given in [
            &[][..],
            &["a.example"],
            &["a.example:80"],
            &["a.example:"],
            &["[::1]:80"],
        ] {
            assert_eq!(code(&any, "/", given), None, "{given:?}");
        }
        for given in [
            &["a.example", "a.example"][..],
            &[""],
            &["a b"],
            &["a/b"],
            &["user@a.example"],
            &[":80"],
            &["a.example:65536"],
            &["a.example:+80"],
            &["a.example:99999999999"],
            &["a.example:port"],
            &["\u{e9}.example"],
        ] {
            for hosts in [&any, &AllowedHosts::local()] {
                let code = code(hosts, "/", given);
                assert_eq!(code.as_deref(), Some("invalid_host"), "{given:?}");
            }
        }
    }

    #[test]
    fn usual_hosts_need_no_parser() {
        let is_plain = |host| is_plain(&HeaderValue::from_static(host));
        for host in ["a.example", "a-1.example:8080", "localhost:1", "127.0.0.1:"] {
            assert!(is_plain(host), "{host}");
        }
        for host in ["", ":80", "a_b", "a:65536", "a:port", "[::1]:80", "a@b"] {
            assert!(!is_plain(host), "{host}");
        }
    }

    #[test]
    fn names_that_anybody_can_own_are_not_local() {
        let local = AllowedHosts::local().allow("Gateway.example");
        for host in [
            "127.0.0.1:8080",
            "[::1]:8080",
            "localhost",
            "LOCALHOST:1",
            "a.localhost",
            "server",
            "gateway.example:443",
            "gateway.example.",
        ] {
            assert_eq!(code(&local, "/", &[host]), None, "{host}");
            assert_eq!(code(&local, &format!("http://{host}/"), &[]), None);
        }
        for host in [
            "a.example",
            "127.0.0.1.example",
            "localhost.example",
            "a.gateway.example",
            "0x7f.1",
        ] {
            let refused = Some("host_not_allowed");
            assert_eq!(code(&local, "/", &[host]).as_deref(), refused, "{host}");
            let absolute = format!("http://{host}/");
            let code = code(&local, &absolute, &["localhost"]);
            assert_eq!(code.as_deref(), refused, "{absolute}");
        }
        assert_eq!(code(&local, "/", &[]).as_deref(), Some("invalid_host"));
        let listed = AllowedHosts::any().allow("a.example");
        assert_eq!(code(&listed, "/", &["a.example"]), None);
        assert!(code(&listed, "/", &["127.0.0.1"]).is_some());
    }

    #[test]
    fn old_clients_need_not_name_one() {
        let request = Request::builder().version(Version::HTTP_10).body(());
        let head = request.unwrap().into_parts().0;
        assert!(AllowedHosts::local().check(&head).is_ok());
    }
}
