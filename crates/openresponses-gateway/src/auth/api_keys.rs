use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use openresponses_tower::{Error, Scope};

use super::digest::Digest;
use super::key_file::{self, KeyFileError};
use super::principal::Principal;
use super::verifier::Verifier;

/// A fixed set of API keys, stored as SHA-256 digests.
///
/// A presented key is hashed once and its digest looked up, so the time does not depend on the
/// number of keys. It reveals nothing about stored keys either: a digest close to a stored one does
/// not lead to its key, and the digests are compared in constant time. Several keys may belong to
/// one tenant, so that keys can be rotated.
///
/// ```
/// use openresponses_gateway::auth::ApiKeys;
///
/// let keys = ApiKeys::new()
///     .key("acme", "sk-acme-2025")?
///     .key("acme", "sk-acme-2026")?
///     .parse("# one a line\nsk-without-a-name\nglobex=sk-globex\n")
///     .unwrap();
/// assert_eq!(keys.len(), 4);
/// assert!(ApiKeys::new().key("acme", "not one word").is_err());
/// # Ok::<(), openresponses_gateway::auth::InvalidKey>(())
/// ```
#[derive(Clone, Default)]
pub struct ApiKeys {
    known: HashMap<Digest, Known>,
    /// All keys as they were added, repeated ones included.
    added: Vec<Digest>,
}

#[derive(Clone)]
struct Known {
    digest: Digest,
    principal: Principal,
}

/// The length of the id of a key, in digits.
const KEY_ID: usize = 12;

/// A key that no request can carry: empty, or with characters other than visible ASCII.
///
/// ```
/// use openresponses_gateway::auth::{ApiKeys, InvalidKey};
///
/// let refused: Result<ApiKeys, InvalidKey> = ApiKeys::new().key("acme", "");
/// assert!(refused.is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidKey;

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key must be one word of visible ASCII")
    }
}

impl std::error::Error for InvalidKey {}

impl ApiKeys {
    /// Creates an empty set, which refuses every key.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key of a tenant.
    ///
    /// # Errors
    /// When no request can carry the key.
    pub fn key(self, tenant: &str, key: &str) -> Result<Self, InvalidKey> {
        self.key_of(Principal::new(Scope::new(tenant)), key)
    }

    /// Adds a key of a principal.
    ///
    /// # Errors
    /// When no request can carry the key.
    pub fn key_of(mut self, principal: Principal, key: &str) -> Result<Self, InvalidKey> {
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidKey);
        }
        self.push(Digest::of(key), principal);
        Ok(self)
    }

    /// Adds the keys in a text: one a line, `KEY` or `NAME=KEY`; empty lines and lines that start
    /// with `#` are ignored. A digest, `sha256:` and 64 hexadecimal digits, can replace a key.
    ///
    /// NAME is the tenant: letters, digits, `_`, `-` and `.`. A key without a name is its own
    /// tenant.
    ///
    /// # Errors
    /// The number of the first invalid line. The line itself is not shown.
    pub fn parse(mut self, text: &str) -> Result<Self, KeyFileError> {
        for found in key_file::parse(text) {
            let (name, digest) = found?;
            let scope = match name {
                Some(name) => Scope::new(name),
                // Names cannot contain a colon.
                None => Scope::new(&format!("key:{}", digest.hex())),
            };
            self.push(digest, Principal::new(scope));
        }
        Ok(self)
    }

    /// Adds the keys of a file, see [`parse`](Self::parse).
    ///
    /// # Errors
    /// When it cannot be read, and as [`parse`](Self::parse).
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        let text = std::fs::read_to_string(path).map_err(KeyFileError::unreadable)?;
        self.parse(&text)
    }

    /// Adds the keys of an environment variable, see [`parse`](Self::parse). Without the variable
    /// nothing is added.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn env(self, variable: &str) -> Result<Self, KeyFileError> {
        match std::env::var(variable) {
            Ok(text) => self.parse(&text),
            Err(std::env::VarError::NotPresent) => Ok(self),
            Err(std::env::VarError::NotUnicode(_)) => Err(KeyFileError::at_line(1)),
        }
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.added.len()
    }

    /// Returns true when the set has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
    }

    /// Returns the digests of the keys, each in 64 hexadecimal digits, to find a key that is in
    /// several sets. Within one set a key belongs to the tenant added last.
    ///
    /// ```
    /// use openresponses_gateway::auth::ApiKeys;
    ///
    /// let keys = ApiKeys::new().key("acme", "abc")?;
    /// let digests: Vec<String> = keys.digests().collect();
    /// assert_eq!(digests, ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]);
    /// # Ok::<(), openresponses_gateway::auth::InvalidKey>(())
    /// ```
    pub fn digests(&self) -> impl Iterator<Item = String> {
        self.added.iter().map(Digest::hex)
    }

    fn push(&mut self, digest: Digest, mut principal: Principal) {
        if principal.key_id().is_none() {
            let id: String = digest.hex().chars().take(KEY_ID).collect();
            principal = principal.with_key_id(id);
        }
        self.known.insert(digest, Known { digest, principal });
        self.added.push(digest);
    }

    /// Adds all keys of another set, whose principals `change` may replace.
    #[must_use]
    pub fn merge(mut self, others: Self, change: impl Fn(Principal) -> Principal) -> Self {
        for (digest, known) in others.known {
            self.push(digest, change(known.principal.clone()));
        }
        self
    }

    fn find(&self, key: &str) -> Option<&Known> {
        let presented = Digest::of(key);
        let known = self.known.get(&presented)?;
        bool::from(known.digest.same(&presented)).then_some(known)
    }
}

impl Verifier for ApiKeys {
    async fn verify(&self, credential: &str) -> Result<Principal, Error> {
        match self.find(credential) {
            Some(known) => Ok(known.principal.clone()),
            None => Err(Error::invalid_api_key()),
        }
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
