//! Origins of web pages. Browsers let any page open a WebSocket to any host and send cookies along.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, header};

use crate::error::Error;

#[derive(Clone, Debug)]
pub(crate) enum Origins {
    /// Pages of the same host, and requests with credentials that browsers do not add on their own.
    Own,
    Listed(Arc<[String]>),
    Any,
}

impl Origins {
    /// Refuses a page of another origin.
    pub(super) fn check(&self, head: &Parts) -> Result<(), Error> {
        let headers = &head.headers;
        let Some(origin) = headers.get(header::ORIGIN) else {
            return Ok(());
        };
        let mut others = headers.get_all(header::ORIGIN).iter().skip(1);
        let origin = origin.to_str().ok().filter(|_| others.next().is_none());
        let allowed = match (self, origin) {
            (Self::Any, _) => true,
            (Self::Listed(list), Some(origin)) => list
                .iter()
                .any(|listed| listed.eq_ignore_ascii_case(origin)),
            (Self::Listed(_), None) => false,
            (Self::Own, origin) => {
                has_token(headers) || origin.is_some_and(|origin| is_own(origin, head))
            }
        };
        if allowed {
            return Ok(());
        }
        Err(Error::permission(
            "origin_not_allowed",
            "Pages of this origin may not connect here.",
        )
        .param("origin"))
    }
}

/// Returns true for credentials that browsers do not add on their own, unlike Basic.
fn has_token(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION);
    value
        .and_then(|value| value.as_bytes().get(..7))
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
}

/// Returns true for a page of the host that it connects to.
fn is_own(origin: &str, head: &Parts) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let plain = |authority: &str| {
        let authority = authority.to_ascii_lowercase();
        authority
            .strip_suffix(port)
            .map_or(authority.clone(), String::from)
    };
    host(&head.headers)
        .or_else(|| head.uri.authority().map(|authority| authority.as_str()))
        .is_some_and(|host| plain(host) == plain(authority))
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn allowed(origins: &Origins, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().uri("/v1/responses");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        origins
            .check(&request.body(()).unwrap().into_parts().0)
            .is_ok()
    }

    #[test]
    fn a_page_may_connect_to_its_own_host() {
        let own = Origins::Own;
        assert!(allowed(&own, &[("host", "a.example")]));
        for (host, origin) in [
            ("a.example", "http://a.example"),
            ("a.example:80", "http://a.example"),
            ("A.example", "https://a.example:443"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
        ] {
            assert!(
                allowed(&own, &[("host", host), ("origin", origin)]),
                "{origin}"
            );
        }
        for (host, origin) in [
            ("a.example", "http://b.example"),
            ("a.example", "http://a.example.b.example"),
            ("a.example:8080", "http://a.example"),
            ("a.example", "http://a.example:8080"),
            ("a.example", "null"),
            ("a.example", "a.example"),
            ("a.example", ""),
            ("a.example", "file://a.example"),
        ] {
            assert!(
                !allowed(&own, &[("host", host), ("origin", origin)]),
                "{origin}"
            );
            let shown = [
                ("host", host),
                ("origin", origin),
                ("authorization", "Bearer x"),
            ];
            assert!(allowed(&own, &shown), "{origin}");
            for ambient in [("cookie", "session=1"), ("authorization", "Basic eDp5")] {
                let headers = [("host", host), ("origin", origin), ambient];
                assert!(!allowed(&own, &headers), "{origin}");
            }
        }
    }

    #[test]
    fn listed_origins_are_the_only_ones() {
        let listed = Origins::Listed(Arc::from(["https://a.example".to_owned()]));
        assert!(allowed(&listed, &[]));
        assert!(allowed(&listed, &[("origin", "https://a.example")]));
        for origin in [
            "https://b.example",
            "http://a.example",
            "null",
            "https://a.example/",
        ] {
            let headers = [("origin", origin), ("authorization", "Bearer x")];
            assert!(!allowed(&listed, &headers), "{origin}");
            assert!(allowed(&Origins::Any, &headers));
        }
        let twice = [
            ("origin", "https://a.example"),
            ("origin", "https://a.example"),
        ];
        assert!(!allowed(&listed, &twice));
    }
}
