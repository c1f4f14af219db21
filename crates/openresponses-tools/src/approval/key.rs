use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use openresponses_tower::{Error, ErrorKind};

use super::random::random_bytes;

/// How many approvals are remembered as given.
const REMEMBERED: usize = 100_000;

/// The key that requests for approval are signed with, so that a client cannot make one up, and the
/// memory of which were given.
///
/// Servers that share their clients share a key, or a store of requests. Without either each process
/// makes its own, and requests of before a restart can no longer be approved. Clones share the memory:
/// a host that replaces its [`ToolLoop`](crate::ToolLoop) while it runs keeps the key.
///
/// ```
/// use openresponses_tools::ApprovalKey;
///
/// // 32 secret bytes that all replicas have.
/// let key = ApprovalKey::new([7; 32]);
/// # let _ = key;
/// ```
#[derive(Clone)]
pub struct ApprovalKey {
    secret: [u8; 32],
    /// When the approvals that were given expire, and their nonces. Expired ones are removed.
    given: Arc<Mutex<BTreeSet<Nonce>>>,
}

/// Seconds since 1970, and random bytes.
pub(super) type Nonce = (u32, [u8; 12]);

impl ApprovalKey {
    /// Creates a key of 32 secret random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            secret: key,
            given: Arc::default(),
        }
    }

    /// Creates a key of random bytes of the system.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random() -> io::Result<Self> {
        random_bytes(getrandom::fill).map(Self::new)
    }

    pub(super) fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// Takes an approval. False where it was taken before.
    ///
    /// # Errors
    /// When too many are remembered.
    pub(super) fn take(&self, nonce: Nonce, now: u32) -> Result<bool, Error> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        *given = given.split_off(&(now, [0; 12]));
        if given.len() >= REMEMBERED {
            return Err(Error::new(
                ErrorKind::Overloaded,
                "overloaded",
                "Too many approvals are remembered. Try again later.",
            ));
        }
        Ok(given.insert(nonce))
    }
}

impl fmt::Debug for ApprovalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApprovalKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_which_approvals_were_given() {
        let key = ApprovalKey::new([7; 32]);
        let nonce = (10, [1; 12]);
        assert!(key.take(nonce, 5).unwrap());
        assert!(!key.clone().take(nonce, 5).unwrap());
        assert!(ApprovalKey::new([7; 32]).take(nonce, 5).unwrap());
        // Expired ones are refused by their id and need not be remembered.
        assert!(key.take((20, [1; 12]), 11).unwrap());
        assert_eq!(key.given.lock().unwrap().len(), 1);
    }
}
