use std::future::{Future, ready};

use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use openresponses_tower::authorize::{Authorize, Authorized};
use openresponses_tower::{Error, Scope};

/// The header for API keys besides `Authorization`.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Accepts every key except `bad`, each as its own tenant: a bearer token, or `x-api-key`. For tests
/// only, since it protects nothing.
///
/// As with real keys, a request with an `x-api-key` is decided by it, whatever else it has. A bearer
/// beside it must be the same, or is ignored if it has the form of a JWT. A key in the query is
/// refused.
///
/// ```
/// use http::Request;
/// use openresponses_testing::TestKeys;
/// use openresponses_tower::authorize::Authorize;
/// use openresponses_tower::Scope;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let head = |key: &str| Request::get("/").header("authorization", key).body(()).unwrap().into_parts().0;
/// let caller = TestKeys::new().authorize(&head("Bearer alice")).await.unwrap();
/// assert_eq!(*caller.scope(), Scope::new("alice"));
/// let refused = TestKeys::new().authorize(&head("Bearer bad")).await.unwrap_err();
/// assert_eq!(refused.code(), "invalid_api_key");
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TestKeys(());

impl TestKeys {
    /// Creates the hook.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }
}

impl Authorize for TestKeys {
    fn authorize(&self, head: &Parts) -> impl Future<Output = Result<Authorized, Error>> + Send {
        ready(scope(head).map(Authorized::new))
    }
}

fn scope(head: &Parts) -> Result<Scope, Error> {
    if head.uri.query().is_some_and(names_a_key) {
        return Err(Error::invalid_api_key());
    }
    let bearer = single(head, &AUTHORIZATION)?.map(bearer).transpose()?;
    let key = match (single(head, &API_KEY)?, bearer) {
        (None, bearer) => bearer.ok_or_else(Error::missing_api_key)?,
        (Some(key), Some(bearer)) if bearer != key && bearer.matches('.').count() != 2 => {
            return Err(Error::invalid_api_key());
        }
        (Some(key), _) => key,
    };
    match key.trim() {
        "" => Err(Error::missing_api_key()),
        "bad" => Err(Error::invalid_api_key()),
        key if key.contains(char::is_whitespace) => Err(Error::invalid_api_key()),
        key => Ok(Scope::new(key)),
    }
}

/// Returns true if a query has a parameter for a key. Addresses end up in logs.
fn names_a_key(query: &str) -> bool {
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    let mut names = names.map(|name| name.to_ascii_lowercase().replace('-', "_"));
    names.any(|name| matches!(&*name, "api_key" | "x_api_key" | "key" | "access_token"))
}

/// Returns the only value of a header.
fn single<'a>(head: &'a Parts, name: &HeaderName) -> Result<Option<&'a str>, Error> {
    let mut values = head.headers.get_all(name).iter();
    let (value, None) = (values.next(), values.next()) else {
        return Err(Error::invalid_api_key());
    };
    value
        .map(|value| value.to_str().map_err(|_| Error::invalid_api_key()))
        .transpose()
}

fn bearer(value: &str) -> Result<&str, Error> {
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::invalid_api_key());
    }
    Ok(token.trim())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn a_key_that_is_there_decides() {
        for (headers, expected) in [
            (vec![("authorization", "Bearer a")], Some("a")),
            (vec![("x-api-key", "a")], Some("a")),
            (
                vec![("authorization", "Bearer a"), ("x-api-key", "a")],
                Some("a"),
            ),
            (
                vec![("authorization", "Bearer e.e.e"), ("x-api-key", "a")],
                Some("a"),
            ),
            (
                vec![("authorization", "Bearer e.e.e"), ("x-api-key", "bad")],
                None,
            ),
            (
                vec![("authorization", "Bearer a"), ("x-api-key", "bad")],
                None,
            ),
            (
                vec![("authorization", "Bearer a"), ("x-api-key", "b")],
                None,
            ),
            (
                vec![("authorization", "Bearer bad"), ("x-api-key", "a")],
                None,
            ),
            (vec![("authorization", "Bearer a"), ("x-api-key", "")], None),
            (vec![("x-api-key", "a"), ("x-api-key", "a")], None),
            (vec![("authorization", "Basic a")], None),
            (vec![("authorization", "Bearer a b")], None),
            (vec![], None),
        ] {
            let mut request = Request::get("/");
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let found = scope(&request.body(()).unwrap().into_parts().0).ok();
            assert_eq!(found, expected.map(Scope::new), "{headers:?}");
        }
        let asked = |address: &str| {
            let request = Request::get(address).header("authorization", "Bearer a");
            scope(&request.body(()).unwrap().into_parts().0).is_ok()
        };
        assert!(asked("/?limit=5"));
        assert!(!asked("/?limit=5&API-Key=a"));
    }
}
