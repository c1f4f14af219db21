#![allow(clippy::unwrap_used)]

use http::Request;
use http::request::Parts;
use openresponses_gateway::auth::{Auth, Principal, Verifier};
use openresponses_tower::{Error, Scope};

/// A verifier of one credential.
pub(crate) struct Only(pub(crate) &'static str, pub(crate) &'static str);

impl Verifier for Only {
    async fn verify(&self, credential: &str) -> Result<Principal, Error> {
        if credential == self.0 {
            Ok(Principal::new(Scope::new(self.1)))
        } else {
            Err(Error::invalid_api_key())
        }
    }
}

pub(crate) fn head(uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// The tenant, or the code of the refusal.
pub(crate) async fn decided(auth: &Auth, uri: &str, headers: &[(&str, &str)]) -> String {
    match auth.principal(&head(uri, headers)).await {
        Ok(principal) => principal.scope().as_str().to_owned(),
        Err(error) => {
            assert_eq!(error.kind().status(), 401, "{error}");
            error.code().to_owned()
        }
    }
}
