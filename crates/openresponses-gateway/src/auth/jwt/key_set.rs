use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};

use super::algorithm::JwtAlgorithm;

/// The base64url digits of 2,048 bits: shorter keys must not be used (RFC 7518, 3.3).
const RSA_MODULUS: usize = 342;

/// The public keys of an issuer: a JWKS document (RFC 7517).
///
/// Keys that cannot verify signatures here are ignored, as the RFC requires: shared secrets, keys
/// for encryption, RSA keys below 2,048 bits, unknown types.
///
/// ```
/// use openresponses_gateway::auth::KeySet;
///
/// assert!(KeySet::parse(r#"{"keys":[{
///     "kty":"OKP","crv":"Ed25519","kid":"2026","use":"sig",
///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#).is_ok());
/// // A shared secret is ignored.
/// assert!(KeySet::parse(r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#).is_err());
/// ```
#[derive(Clone)]
pub struct KeySet(Arc<[Key]>);

pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<JwtAlgorithm>,
    pub(super) key: DecodingKey,
}

/// A document that is not a JWKS or has no usable key.
///
/// ```
/// use openresponses_gateway::auth::{InvalidKeySet, KeySet};
///
/// assert_eq!(KeySet::parse("no key set").unwrap_err(), InvalidKeySet);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidKeySet;

impl fmt::Display for InvalidKeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a JWKS document with a public key in it")
    }
}

impl std::error::Error for InvalidKeySet {}

impl KeySet {
    /// Parses a document.
    ///
    /// # Errors
    /// When it is not a JWKS or has no usable key.
    pub fn parse(json: &str) -> Result<Self, InvalidKeySet> {
        let keys = Self::parse_any(json)?;
        if keys.is_empty() {
            return Err(InvalidKeySet);
        }
        Ok(keys)
    }

    /// Parses a document that may have no usable key: its issuer has withdrawn them.
    pub(super) fn parse_any(json: &str) -> Result<Self, InvalidKeySet> {
        let document: serde_json::Value = serde_json::from_str(json).map_err(|_| InvalidKeySet)?;
        let all = document.get("keys").and_then(|keys| keys.as_array());
        let keys: Vec<Key> = all
            .ok_or(InvalidKeySet)?
            .iter()
            .filter_map(|key| Key::of(serde_json::from_value(key.clone()).ok()?))
            .collect();
        Ok(Self(keys.into()))
    }

    /// Returns true for clones of one set.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is not UTF-8, and as [`parse`](Self::parse).
    pub fn file(path: impl AsRef<Path>) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        Self::parse(&text)
            .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
    }

    /// Returns the number of usable keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns false: a set has at least one key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the key of a token. A token without a key id gets a key only if just one matches.
    pub(super) fn find(&self, id: Option<&str>, algorithm: JwtAlgorithm) -> Option<&Key> {
        let mut fitting = self.0.iter().filter(|key| {
            key.algorithms.contains(&algorithm) && id.is_none_or(|id| key.id.as_deref() == Some(id))
        });
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }
}

impl Key {
    fn of(jwk: Jwk) -> Option<Self> {
        let by_type = match &jwk.algorithm {
            AlgorithmParameters::RSA(key) if key.n.len() >= RSA_MODULUS => {
                JwtAlgorithm::RSA.to_vec()
            }
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => vec![JwtAlgorithm::Es256],
                EllipticCurve::P384 => vec![JwtAlgorithm::Es384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(_) => vec![JwtAlgorithm::EdDsa],
            _ => return None,
        };
        let signs = match &jwk.common.public_key_use {
            None | Some(PublicKeyUse::Signature) => true,
            Some(_) => false,
        };
        let algorithms = match &jwk.common.key_algorithm {
            Some(named) => {
                let named = JwtAlgorithm::named(&named.to_string())?;
                by_type.into_iter().filter(|own| *own == named).collect()
            }
            None => by_type,
        };
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        (signs && !algorithms.is_empty()).then_some(Self {
            id: jwk.common.key_id,
            algorithms,
            key,
        })
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.0.iter().map(|key| &key.id);
        f.debug_list().entries(ids).finish()
    }
}
