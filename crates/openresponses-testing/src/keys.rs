use std::future::{Future, ready};

use http::header::AUTHORIZATION;
use http::request::Parts;
use openresponses_tower::{Authorize, Authorized, Error, Scope};

/// Accepts every bearer token except `bad`, each as its own tenant. For tests only, since it
/// protects nothing.
///
/// ```
/// use http::Request;
/// use openresponses_testing::TestKeys;
/// use openresponses_tower::{Authorize, Scope};
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
    let mut values = head.headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or_else(Error::missing_api_key)?;
    if values.next().is_some() {
        return Err(Error::invalid_api_key());
    }
    let value = value.to_str().map_err(|_| Error::invalid_api_key())?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::invalid_api_key());
    }
    match token.trim() {
        "" => Err(Error::missing_api_key()),
        "bad" => Err(Error::invalid_api_key()),
        token if token.contains(char::is_whitespace) => Err(Error::invalid_api_key()),
        token => Ok(Scope::new(token)),
    }
}
