use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::crypto::rust_crypto;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::{Error as JwtFault, ErrorKind as JwtError};
use jsonwebtoken::{Header, Validation, decode, decode_header};
use openresponses_tower::{BoxError, Error, ErrorKind, Scope};
use serde_json::Value;

use super::algorithm::JwtAlgorithm;
use super::claims::{Claims, Required};
use super::key_set::KeySet;
use super::keys::Keys;
use crate::auth::principal::Principal;
use crate::auth::verifier::Verifier;

/// Verifies tokens of an OpenID Connect issuer, or any JWTs signed with a key pair.
///
/// A token must name this issuer and audience, have an expiry that has not passed, be valid already
/// (`nbf`), and be signed with an allowed algorithm by a key of the issuer. String claims become
/// attributes of the principal. Default tenant: `{iss}|{sub}`.
///
/// ```
/// use openresponses_gateway::auth::{Auth, Credentials, Jwt};
///
/// let tokens = Jwt::fetched("https://issuer.example", "my-gateway", || async {
///     // With the HTTP client of the host: the document at the issuer's `jwks_uri`.
///     Ok(String::from(r#"{"keys":[]}"#))
/// })
/// .require("scope", "responses:write");
/// let auth = Auth::new(Credentials::new().tokens(tokens));
/// # let _ = auth;
/// ```
#[derive(Clone)]
pub struct Jwt {
    issuer: String,
    audiences: HashSet<String>,
    algorithms: Vec<JwtAlgorithm>,
    leeway: Duration,
    tenant: Option<String>,
    required: Vec<Required>,
    keys: Arc<Keys>,
}

impl Jwt {
    /// Tokens of `issuer` for `audience`, signed with keys that do not change.
    #[must_use]
    pub fn fixed(issuer: &str, audience: &str, keys: KeySet) -> Self {
        Self::new(issuer, audience, Keys::Fixed(keys))
    }

    /// Tokens of `issuer` for `audience`, signed with the keys of the JWKS document that `fetch`
    /// brings.
    ///
    /// It is called for the first token, then every 10 minutes while tokens arrive, and for a token
    /// with an unknown key or a wrong signature, at most every 30 s. A fetch ends after 5 s. Only
    /// tokens without a known key, and those with a wrong signature, wait for it. While fetching
    /// fails, the present keys are used for a day; without any, tokens are answered with 503. A
    /// document without keys withdraws all of them: every token is refused.
    pub fn fetched<F, Fut>(issuer: &str, audience: &str, fetch: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self::new(issuer, audience, Keys::fetched(fetch))
    }

    fn new(issuer: &str, audience: &str, keys: Keys) -> Self {
        // Where another crate enables a second backend, the library needs an explicit choice. A
        // provider that the host installed before is kept.
        let _ = rust_crypto::DEFAULT_PROVIDER.install_default();
        Self {
            issuer: issuer.into(),
            audiences: HashSet::from([audience.into()]),
            algorithms: vec![
                JwtAlgorithm::Rs256,
                JwtAlgorithm::Ps256,
                JwtAlgorithm::Es256,
                JwtAlgorithm::EdDsa,
            ],
            leeway: Duration::from_secs(30),
            tenant: None,
            required: Vec::new(),
            keys: Arc::new(keys),
        }
    }

    /// Adds an audience. A token must be for one of the audiences.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.audiences.insert(audience.into());
        self
    }

    /// Sets the allowed algorithms. Default: RS256, PS256, ES256 and EdDSA.
    #[must_use]
    pub fn algorithms(mut self, allowed: impl IntoIterator<Item = JwtAlgorithm>) -> Self {
        self.algorithms = allowed.into_iter().collect();
        self
    }

    /// Sets the tolerated difference of clocks. Default: 30 s.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Sets the claim that identifies the tenant within the issuer. Subjects with the same value
    /// share stored responses. Default: `sub`.
    #[must_use]
    pub fn tenant_claim(mut self, claim: &str) -> Self {
        self.tenant = Some(claim.into());
        self
    }

    /// Requires a claim: a string equal to `value`, or a list that contains it (`scope` and `scp`
    /// are lists). A valid token without it is refused with 403 `insufficient_scope`.
    #[must_use]
    pub fn require(mut self, claim: &str, value: &str) -> Self {
        self.required.push(Required {
            claim: claim.into(),
            value: value.into(),
        });
        self
    }

    /// Returns whether a token names this issuer, which is verified later.
    fn is_named_by(&self, token: &str) -> bool {
        let claims = insecure_decode_claims::<Claims>(token);
        claims.is_ok_and(|claims| claims.get("iss").and_then(Value::as_str) == Some(&self.issuer))
    }

    fn validation(&self, header: &Header) -> Validation {
        let mut validation = Validation::new(header.alg);
        validation.leeway = self.leeway.as_secs();
        validation.validate_nbf = true;
        validation.aud = Some(self.audiences.clone());
        validation.iss = Some(HashSet::from([self.issuer.clone()]));
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation
    }

    fn principal(&self, claims: &Claims) -> Result<Principal, Error> {
        let tenant = claims
            .get(self.tenant.as_deref().unwrap_or("sub"))
            .and_then(Value::as_str)
            .filter(|tenant| !tenant.is_empty())
            .ok_or_else(invalid)?;
        if !self.required.iter().all(|required| required.holds(claims)) {
            return Err(
                Error::permission("insufficient_scope", "The token does not permit this.")
                    .param("authorization"),
            );
        }
        let principal = Principal::new(Scope::new(&format!("{}|{tenant}", self.issuer)));
        Ok(claims
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?)))
            .fold(principal, |principal, (name, value)| {
                principal.attribute(name, value)
            }))
    }
}

impl Verifier for Jwt {
    async fn verify(&self, token: &str) -> Result<Principal, Error> {
        let header = decode_header(token).map_err(|_| invalid())?;
        let algorithm = JwtAlgorithm::of(header.alg)
            .filter(|algorithm| self.algorithms.contains(algorithm))
            .ok_or_else(invalid)?;
        // Critical extensions are not supported (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return Err(invalid());
        }
        // Before keys are looked for: those of this issuer say nothing about the token of another one.
        if !self.is_named_by(token) {
            return Err(invalid());
        }
        let id = header.kid.as_deref();
        let keys = self.keys.for_token(id, algorithm).await?;
        let check = |keys: &KeySet| {
            let key = keys.find(id, algorithm).ok_or(JwtError::InvalidSignature)?;
            decode::<Claims>(token, &key.key, &self.validation(&header))
        };
        let mut checked = check(&keys);
        let is_forged = |error: &JwtFault| matches!(error.kind(), JwtError::InvalidSignature);
        if checked.as_ref().is_err_and(is_forged)
            && keys.find(id, algorithm).is_some()
            && let Some(newer) = self.keys.newer(&keys).await
        {
            checked = check(&newer);
        }
        match checked {
            Ok(token) => self.principal(&token.claims),
            Err(error) if matches!(error.kind(), JwtError::ExpiredSignature) => Err(Error::new(
                ErrorKind::Authentication,
                "token_expired",
                "The token has expired.",
            )
            .param("authorization")),
            Err(_) => Err(invalid()),
        }
    }
}

/// The same error for every fault, so that nothing is revealed about a forged token.
fn invalid() -> Error {
    Error::new(
        ErrorKind::Authentication,
        "invalid_token",
        "The token is not valid.",
    )
    .param("authorization")
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("algorithms", &self.algorithms)
            .field("leeway", &self.leeway)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}
