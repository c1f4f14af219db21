use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openresponses_tower::{Error, ErrorKind};

use super::random::random_bytes;

/// How many approvals are remembered as given.
const REMEMBERED: usize = 1_000_000;

/// How many of one caller's.
const REMEMBERED_OF_ONE: usize = 10_000;

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
    given: Arc<Mutex<Given>>,
}

/// The approvals that were given and have not expired.
#[derive(Default)]
struct Given {
    /// The nonces of each caller, by when they expire.
    of: BTreeMap<Box<str>, BTreeSet<Nonce>>,
    all: usize,
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

    /// Takes an approval of the caller `scope`. False where it was taken before.
    ///
    /// # Errors
    /// When too many are remembered, of the caller or in all.
    pub(super) fn take(&self, scope: &str, nonce: Nonce, now: u32) -> Result<bool, Error> {
        let mut given = self.given();
        given.expire(scope, now);
        if given.all >= REMEMBERED {
            given.expire_all(now);
        }
        let of_caller = given.of.get(scope).map_or(0, BTreeSet::len);
        if of_caller >= REMEMBERED_OF_ONE {
            return Err(too_many(ErrorKind::RateLimited, "too_many_approvals"));
        }
        if given.all >= REMEMBERED {
            return Err(too_many(ErrorKind::Overloaded, "overloaded"));
        }
        let is_new = given.of.entry(scope.into()).or_default().insert(nonce);
        given.all += usize::from(is_new);
        Ok(is_new)
    }

    /// Gives back an approval that was taken.
    pub(super) fn give_back(&self, scope: &str, nonce: Nonce) {
        let mut given = self.given();
        let removed = given.of.get_mut(scope).is_some_and(|of| of.remove(&nonce));
        given.all -= usize::from(removed);
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Given {
    /// Forgets the expired approvals of a caller: they are refused by their ids.
    fn expire(&mut self, scope: &str, now: u32) {
        if let Some(of) = self.of.get_mut(scope) {
            let before = of.len();
            *of = of.split_off(&(now, [0; 12]));
            self.all -= before - of.len();
            if of.is_empty() {
                self.of.remove(scope);
            }
        }
    }

    fn expire_all(&mut self, now: u32) {
        self.of.retain(|_, of| {
            *of = of.split_off(&(now, [0; 12]));
            !of.is_empty()
        });
        self.all = self.of.values().map(BTreeSet::len).sum();
    }
}

fn too_many(kind: ErrorKind, code: &'static str) -> Error {
    Error::new(
        kind,
        code,
        "Too many approvals are remembered. Try again later.",
    )
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
        assert!(key.take("a", nonce, 5).unwrap());
        assert!(!key.clone().take("a", nonce, 5).unwrap());
        assert!(ApprovalKey::new([7; 32]).take("a", nonce, 5).unwrap());
        // Expired ones are refused by their id and need not be remembered.
        assert!(key.take("a", (20, [1; 12]), 11).unwrap());
        assert_eq!(key.given().all, 1);
        key.give_back("a", (20, [1; 12]));
        assert_eq!(key.given().all, 0);
        assert!(key.take("a", (20, [1; 12]), 11).unwrap());
    }

    #[test]
    fn a_caller_with_many_approvals_does_not_lock_out_others() {
        let key = ApprovalKey::new([7; 32]);
        let nonce = |number: u32| {
            let mut bytes = [0; 12];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            (100, bytes)
        };
        for number in 0..10_000 {
            assert!(key.take("one", nonce(number), 5).unwrap());
        }
        let error = key.take("one", nonce(10_000), 5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(key.take("other", nonce(10_000), 5).unwrap());
        // Once they have expired, there is room again.
        assert!(key.take("one", (300, [0; 12]), 101).unwrap());
    }
}
