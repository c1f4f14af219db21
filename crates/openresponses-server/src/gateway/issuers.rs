//! The issuers of tokens.

use openresponses_gateway::auth::Credentials;
use toml::Spanned;

use super::access::Access;
use crate::file::{Faults, Issuer, Source};

#[cfg(not(feature = "jwt"))]
pub(super) fn add_to(
    credentials: Credentials,
    issuers: &[Spanned<Issuer>],
    source: &Source,
    _: &mut Access,
    faults: &mut Faults,
) -> Credentials {
    let message = "this server was built without its feature 'jwt'";
    if let Some(first) = issuers.first() {
        faults.push(source.fault(Some(first.span()), "issuers", message));
    }
    credentials
}

#[cfg(feature = "jwt")]
pub(super) fn add_to(
    credentials: Credentials,
    issuers: &[Spanned<Issuer>],
    source: &Source,
    access: &mut Access,
    faults: &mut Faults,
) -> Credentials {
    credentials.tokens(tokens::tokens(issuers, source, access, faults))
}

#[cfg(feature = "jwt")]
mod tokens {
    use std::path::PathBuf;

    use openresponses_gateway::auth::{Jwt, JwtAlgorithm, KeySet, Principal, Verifier};
    use openresponses_tower::{BoxError, Error};
    use toml::Spanned;

    use crate::file::{Algorithm, Fault, Faults, Issuer, Source};
    use crate::gateway::access::{Access, PolicyId, Rules};

    /// Verifies tokens of several issuers.
    pub(super) struct Tokens(Vec<(Jwt, PolicyId)>);

    pub(super) fn tokens(
        issuers: &[Spanned<Issuer>],
        source: &Source,
        access: &mut Access,
        faults: &mut Faults,
    ) -> Tokens {
        let mut all = Vec::new();
        let mut identities = Vec::new();
        for (index, entry) in issuers.iter().enumerate() {
            let field = format!("issuers[{index}]");
            let (at, entry) = (entry.span(), entry.as_ref());
            let identity = entry.identity();
            if let Some(first) = identities.iter().position(|known| *known == identity) {
                let message = format!(
                    "it is the issuer, the audiences and the requirements of issuers[{first}], which \
                     is used: change or remove one of the two"
                );
                faults.push(source.fault(Some(at), &field, message));
            }
            identities.push(identity.clone());
            let Some(tokens) = faults.take(issuer(entry, source, &field)) else {
                continue;
            };
            let rules = Rules {
                identity,
                models: entry.models.as_ref(),
                rate: entry.rate,
                budget: entry.budget.as_ref(),
            };
            let policy = access.add(field, rules);
            all.push((tokens, policy));
        }
        Tokens(all)
    }

    fn issuer(entry: &Issuer, source: &Source, field: &str) -> Result<Jwt, Fault> {
        let fault = |at, name: &str, message: String| {
            Err(source.fault(Some(at), &format!("{field}.{name}"), message))
        };
        let Some((first, others)) = entry.audiences.as_ref().split_first() else {
            let message = "it must name at least one audience";
            return fault(entry.audiences.span(), "audiences", message.into());
        };
        let path = source.beside(entry.jwks_file.as_ref());
        if let Err(error) = KeySet::file(&path) {
            let message = format!("{}: {error}", path.display());
            return fault(entry.jwks_file.span(), "jwks_file", message);
        }
        let mut tokens = Jwt::fetched(entry.issuer.as_ref(), first, move || read(path.clone()));
        for audience in others {
            tokens = tokens.audience(audience);
        }
        if let Some(algorithms) = &entry.algorithms {
            if algorithms.as_ref().is_empty() {
                let message = "it must name at least one algorithm";
                return fault(algorithms.span(), "algorithms", message.into());
            }
            tokens = tokens.algorithms(algorithms.as_ref().iter().copied().map(algorithm));
        }
        if let Some(leeway) = entry.leeway {
            tokens = tokens.leeway(leeway.0);
        }
        if let Some(claim) = &entry.tenant_claim {
            tokens = tokens.tenant_claim(claim);
        }
        for (claim, value) in &entry.require {
            tokens = tokens.require(claim, value);
        }
        Ok(tokens)
    }

    /// Rereads the key set, so that it can be replaced while the server runs.
    async fn read(path: PathBuf) -> Result<String, BoxError> {
        tokio::task::spawn_blocking(move || Ok(std::fs::read_to_string(path)?)).await?
    }

    fn algorithm(word: Algorithm) -> JwtAlgorithm {
        match word {
            Algorithm::Rs256 => JwtAlgorithm::Rs256,
            Algorithm::Rs384 => JwtAlgorithm::Rs384,
            Algorithm::Rs512 => JwtAlgorithm::Rs512,
            Algorithm::Ps256 => JwtAlgorithm::Ps256,
            Algorithm::Ps384 => JwtAlgorithm::Ps384,
            Algorithm::Ps512 => JwtAlgorithm::Ps512,
            Algorithm::Es256 => JwtAlgorithm::Es256,
            Algorithm::Es384 => JwtAlgorithm::Es384,
            Algorithm::EdDsa => JwtAlgorithm::EdDsa,
        }
    }

    impl Verifier for Tokens {
        async fn verify(&self, token: &str) -> Result<Principal, Error> {
            let mut refusal = None;
            for (issuer, policy) in &self.0 {
                match issuer.verify(token).await {
                    Ok(principal) => return Ok(policy.mark(principal)),
                    // Most issuers just report that the token is not theirs.
                    Err(error) if refusal.is_none() || error.code() != "invalid_token" => {
                        refusal = Some(error);
                    }
                    Err(_) => {}
                }
            }
            Err(refusal.unwrap_or_else(Error::invalid_api_key))
        }
    }
}
