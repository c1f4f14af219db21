//! Checks of a request's head before its body is read.

use http::{HeaderMap, HeaderValue, header};
#[cfg(feature = "ws")]
use http::{Uri, request::Parts};

use crate::error::{Error, ErrorKind};

/// Marks headers with credentials as sensitive, so that they are not printed.
pub(super) fn hide_secrets(headers: &mut HeaderMap) {
    const SECRET: [header::HeaderName; 5] = [
        header::AUTHORIZATION,
        header::PROXY_AUTHORIZATION,
        header::COOKIE,
        // Browsers send keys for WebSockets in this header.
        header::SEC_WEBSOCKET_PROTOCOL,
        header::HeaderName::from_static("x-api-key"),
    ];
    for (name, value) in headers.iter_mut() {
        if SECRET.contains(name) {
            value.set_sensitive(true);
        }
    }
}

/// Copies the head's values. Those of a server share the buffer that the connection was read into.
#[cfg(feature = "ws")]
pub(super) fn detached(mut head: Parts) -> Parts {
    for value in head.headers.values_mut() {
        if let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }
    if let Ok(uri) = Uri::try_from(head.uri.to_string()) {
        head.uri = uri;
    }
    head
}

/// What the headers say of the body.
#[derive(Default)]
struct Declared<'a> {
    media: Option<&'a HeaderValue>,
    has_several_media: bool,
    is_compressed: bool,
    /// The codings in `transfer-encoding`, and how many of them are `chunked`.
    codings: usize,
    chunked: usize,
    length: Option<&'a HeaderValue>,
}

impl<'a> Declared<'a> {
    /// Reads all headers once: that costs less than to look each name up, which hashes it.
    fn of(headers: &'a HeaderMap) -> Self {
        let mut declared = Self::default();
        for (name, value) in headers {
            if *name == header::CONTENT_TYPE {
                declared.has_several_media |= declared.media.replace(value).is_some();
            } else if *name == header::CONTENT_LENGTH {
                declared.length.get_or_insert(value);
            } else if *name == header::CONTENT_ENCODING {
                declared.is_compressed |= !value.as_bytes().eq_ignore_ascii_case(b"identity");
            } else if *name == header::TRANSFER_ENCODING {
                for coding in value.as_bytes().split(|byte| *byte == b',') {
                    let coding = coding.trim_ascii();
                    declared.codings += usize::from(!coding.is_empty());
                    declared.chunked += usize::from(coding.eq_ignore_ascii_case(b"chunked"));
                }
            }
        }
        declared
    }

    /// Returns true if `transfer-encoding` names more than one `chunked`: a server's HTTP library undoes that
    /// alone, and what has another coding would be read as it is.
    fn is_coded(&self) -> bool {
        self.codings > 1 || self.codings > self.chunked
    }

    fn is_json(&self) -> bool {
        let media = self.media.filter(|_| !self.has_several_media);
        let Some(media) = media.and_then(|media| media.to_str().ok()) else {
            return false;
        };
        // Parameters have no effect, `charset` included: JSON is UTF-8 (RFC 8259, section 11).
        let media = media.split(';').next().unwrap_or_default();
        media.trim().eq_ignore_ascii_case("application/json")
    }
}

/// Refuses a body that is not JSON, is compressed, or declares a length beyond the limit.
pub(super) fn check(headers: &HeaderMap, body_limit: u64) -> Result<(), Error> {
    let declared = Declared::of(headers);
    if !declared.is_json() {
        return Err(Error::new(
            ErrorKind::UnsupportedMediaType,
            "unsupported_media_type",
            "The body must be JSON: send the header 'Content-Type: application/json'.",
        )
        .param("content-type"));
    }
    if declared.is_compressed {
        return Err(Error::new(
            ErrorKind::UnsupportedMediaType,
            "unsupported_content_encoding",
            "Compressed bodies are not accepted here. Send the body without 'Content-Encoding'.",
        )
        .param("content-encoding"));
    }
    if declared.is_coded() {
        return Err(Error::new(
            ErrorKind::NotImplemented,
            "unsupported_transfer_encoding",
            "The only 'Transfer-Encoding' that is accepted here is 'chunked', once.",
        )
        .param("transfer-encoding"));
    }
    let length = declared.length.and_then(|value| value.to_str().ok());
    match length.map(str::parse::<u64>) {
        Some(Ok(length)) if length > body_limit => Err(too_large(body_limit)),
        _ => Ok(()),
    }
}

pub(super) fn too_large(body_limit: u64) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        "request_too_large",
        format!("The body is larger than the {body_limit} bytes that are accepted here."),
    )
    .param("body")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: header::HeaderName, value: &'static str) -> Result<(), Error> {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(name, HeaderValue::from_static(value));
        check(&headers, 10)
    }

    #[test]
    fn media_types() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;a=b",
            "application/json; charset=utf8",
            "application/json; charset=iso-8859-1",
        ] {
            assert!(checked(header::CONTENT_TYPE, good).is_ok(), "{good}");
        }
        for bad in [
            "text/plain",
            "application/jsonx",
            "application/x-www-form-urlencoded",
            "",
        ] {
            assert_eq!(
                checked(header::CONTENT_TYPE, bad).unwrap_err().kind(),
                ErrorKind::UnsupportedMediaType,
                "{bad}"
            );
        }
        assert!(check(&HeaderMap::new(), 10).is_err());
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer one"),
            ("authorization", "Bearer two"),
            ("x-api-key", "three"),
            ("cookie", "session=four"),
            ("accept", "five"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        hide_secrets(&mut headers);
        let shown = format!("{headers:?}");
        for secret in ["one", "two", "three", "four"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("five"));
    }

    #[cfg(feature = "ws")]
    #[test]
    fn a_detached_head_says_the_same_and_shares_nothing() {
        let buffer = bytes::Bytes::from_static(b"/v1/responses?a=%20bBearer x");
        let uri = Uri::from_maybe_shared(buffer.slice(..20)).unwrap();
        let mut key = HeaderValue::from_maybe_shared(buffer.slice(20..)).unwrap();
        key.set_sensitive(true);
        let shared = key.as_bytes().as_ptr();
        let mut request = http::Request::get(uri.clone()).body(()).unwrap();
        request.headers_mut().append(header::AUTHORIZATION, key);
        let other = HeaderValue::from_static("y");
        request.headers_mut().append(header::AUTHORIZATION, other);
        let head = detached(request.into_parts().0);
        assert_eq!(head.uri, uri);
        assert_ne!(head.uri.path().as_ptr(), uri.path().as_ptr());
        let values: Vec<_> = head.headers.get_all(header::AUTHORIZATION).iter().collect();
        assert_eq!(values, ["Bearer x", "y"]);
        assert!(values[0].is_sensitive() && !values[1].is_sensitive());
        assert_ne!(values[0].as_bytes().as_ptr(), shared);
    }

    #[test]
    fn lengths_and_encodings() {
        assert!(checked(header::CONTENT_LENGTH, "10").is_ok());
        assert_eq!(
            checked(header::CONTENT_LENGTH, "11").unwrap_err().kind(),
            ErrorKind::TooLarge
        );
        assert!(checked(header::CONTENT_ENCODING, "identity").is_ok());
        assert_eq!(
            checked(header::CONTENT_ENCODING, "gzip")
                .unwrap_err()
                .kind(),
            ErrorKind::UnsupportedMediaType
        );
        assert!(checked(header::TRANSFER_ENCODING, "Chunked").is_ok());
        for coding in ["gzip, chunked", "gzip", "chunked, x", "chunked, chunked"] {
            let refused = checked(header::TRANSFER_ENCODING, coding).unwrap_err();
            assert_eq!(refused.code(), "unsupported_transfer_encoding", "{coding}");
            assert_eq!(refused.kind().status(), 501, "{coding}");
        }
        for (name, values) in [
            (header::CONTENT_ENCODING, ["identity", "gzip"]),
            (header::TRANSFER_ENCODING, ["chunked", "chunked"]),
        ] {
            let mut twice = HeaderMap::new();
            let json = HeaderValue::from_static("application/json");
            twice.insert(header::CONTENT_TYPE, json);
            for value in values {
                twice.append(&name, HeaderValue::from_static(value));
            }
            assert!(check(&twice, 10).is_err(), "{name}");
        }
    }
}
