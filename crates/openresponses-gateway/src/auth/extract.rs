//! The credential in a request's head.

use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use openresponses_tower::{Error, ErrorKind};

/// The header for API keys besides `Authorization`.
pub(super) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The maximum length of a credential in bytes.
const MAX_CREDENTIAL_BYTES: usize = 16 * 1024;

/// The credential of a request. The text is secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    ApiKey(&'a str),
    Token(&'a str),
}

/// Returns the credential that counts. With `tokens`, bearers in JWT form are tokens.
pub(super) fn extract(head: &Parts, tokens: bool) -> Result<Credential<'_>, Error> {
    if head.uri.query().is_some_and(names_a_key) {
        return Err(Error::new(
            ErrorKind::Authentication,
            "api_key_in_query",
            "A key in the address ends up in logs. Send it in the Authorization header, and replace this key.",
        )
        .param("authorization"));
    }
    let key = single(&head.headers, &API_KEY)?;
    let authorization = single(&head.headers, &AUTHORIZATION)?;
    let Some(key) = key else {
        let Some(authorization) = authorization else {
            return Err(Error::missing_api_key());
        };
        let bearer = bearer(authorization)?.ok_or_else(Error::invalid_api_key)?;
        return Ok(if tokens && is_jwt_shaped(bearer) {
            Credential::Token(bearer)
        } else {
            Credential::ApiKey(bearer)
        });
    };
    let key = text(key)?;
    // Two different keys are ambiguous. Other schemes are ignored.
    if let Some(bearer) = authorization.map(bearer).transpose()?.flatten()
        && bearer != key
        && !is_jwt_shaped(bearer)
    {
        return Err(ambiguous());
    }
    Ok(Credential::ApiKey(key))
}

fn ambiguous() -> Error {
    Error::new(
        ErrorKind::Authentication,
        "ambiguous_credentials",
        "The request has more than one key. Send exactly one.",
    )
    .param("authorization")
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Error> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (first, None) => Ok(first),
        _ => Err(ambiguous()),
    }
}

fn text(value: &HeaderValue) -> Result<&str, Error> {
    let text = value.to_str().map_err(|_| Error::invalid_api_key())?;
    is_key(text)
        .then_some(text)
        .ok_or_else(Error::invalid_api_key)
}

/// Returns true for one word of visible ASCII.
fn is_key(text: &str) -> bool {
    (1..=MAX_CREDENTIAL_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns the credential of the scheme `Bearer`. `None` for another scheme.
fn bearer(value: &HeaderValue) -> Result<Option<&str>, Error> {
    let bytes = value.as_bytes();
    let Some((scheme, rest)) = bytes.split_at_checked(6) else {
        return Ok(None);
    };
    if !scheme.eq_ignore_ascii_case(b"bearer") || rest.first().is_some_and(|byte| *byte != b' ') {
        return Ok(None);
    }
    let rest = std::str::from_utf8(rest.trim_ascii()).map_err(|_| Error::invalid_api_key())?;
    is_key(rest)
        .then_some(Some(rest))
        .ok_or_else(Error::invalid_api_key)
}

/// Returns true for three segments of base64url, the first of which starts like a JSON object. The
/// signature may be empty: an unsigned token is refused as a token.
fn is_jwt_shaped(bearer: &str) -> bool {
    let mut segments = bearer.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (
        segments.next(),
        segments.next(),
        segments.next(),
        segments.next(),
    ) else {
        return false;
    };
    let is_base64 = |segment: &str| {
        segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    // `{` and the first two bits of the next character.
    let opens = matches!(header.as_bytes(), [b'e', b'w'..=b'z', ..]);
    opens && !claims.is_empty() && [header, claims, signature].into_iter().all(is_base64)
}

/// Returns true if a query has a parameter for a key.
fn names_a_key(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = crate::percent::decode(name).unwrap_or_default();
        let name = name.to_ascii_lowercase().replace('-', "_");
        matches!(
            name.as_str(),
            "api_key" | "apikey" | "x_api_key" | "key" | "access_token" | "authorization"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jwt_shapes() {
        for token in ["eyJhbGciOiJub25lIn0.e30.", "eyJh.e30.c2ln", "ewog.e30.c2ln"] {
            assert!(is_jwt_shaped(token), "{token}");
        }
        for key in [
            "sk-123",
            "sk.a.b",
            "eyJh.e30",
            "eyJh..x",
            "eyJh.e30.a.b",
            "eyJh.e30.a=",
            "",
        ] {
            assert!(!is_jwt_shaped(key), "{key}");
        }
    }

    #[test]
    fn keys_in_queries() {
        for query in [
            "api_key=x",
            "a=1&API-Key=x",
            "api%5fkey=x",
            "access_token",
            "key=1",
        ] {
            assert!(names_a_key(query), "{query}");
        }
        for query in ["limit=5", "after=key", "order=asc&keys=1", ""] {
            assert!(!names_a_key(query), "{query}");
        }
    }

    #[test]
    fn a_credential_has_at_most_16_kib() {
        let of = |length: usize| HeaderValue::try_from("k".repeat(length)).unwrap();
        assert!(text(&of(16_384)).is_ok());
        assert_eq!(text(&of(16_385)).unwrap_err().code(), "invalid_api_key");
    }
}
