//! The headers of a provider that reach the client.

use http::{HeaderMap, HeaderName, header};

use crate::hop_by_hop::HOP_BY_HOP;

/// Headers that describe the server or the connection beside [`HOP_BY_HOP`].
const CONNECTION: &[&str] = &["alt-svc", "http2-settings", "proxy-authentication-info"];

/// Headers that describe a body, or when it was made.
const BODY: &[&str] = &[
    "accept-ranges",
    "age",
    "content-digest",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "date",
    "digest",
    "etag",
    "expires",
    "last-modified",
    "repr-digest",
];

/// Returns the provider's headers without those of its connection and of its body: the client gets
/// another body over another connection.
pub(super) fn forwarded(mut headers: HeaderMap) -> HeaderMap {
    if headers.is_empty() {
        return headers;
    }
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(CONNECTION).chain(BODY) {
        headers.remove(*name);
    }
    for name in named {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn headers_of_a_providers_connection_and_body_stay_behind() {
        let mut headers = HeaderMap::new();
        for name in HOP_BY_HOP.iter().chain(CONNECTION).chain(BODY) {
            headers.append(*name, HeaderValue::from_static("x"));
        }
        let named = HeaderValue::from_static("close, X-Hop");
        headers.append(header::CONNECTION, named);
        headers.append("x-hop", HeaderValue::from_static("1"));
        headers.append("x-ratelimit-remaining", HeaderValue::from_static("7"));
        let left = forwarded(headers);
        let names: Vec<_> = left.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-ratelimit-remaining"]);
    }
}
