//! Ids that cannot be guessed, and the system's clock.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use openresponses_types::sequence::{Clock, IdGenerator, IdKind};

use crate::guard;

/// Ids of 192 random bits from the operating system, in hexadecimal after the prefix of their kind.
///
/// Where the operating system has no randomness to give, which on common platforms does not happen
/// after boot, ids are keyed hashes under the standard library's random keys, and an error is logged.
///
/// ```
/// use openresponses_tower::ids::RandomIds;
/// use openresponses_tower::types::sequence::{IdGenerator, IdKind};
///
/// let id = RandomIds.id(IdKind::Response);
/// assert!(id.starts_with("resp_") && id.len() == "resp_".len() + 48);
/// assert_ne!(id, RandomIds.id(IdKind::Response));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl RandomIds {
    /// Returns an id with a prefix that is not that of a kind.
    ///
    /// ```
    /// use openresponses_tower::ids::RandomIds;
    ///
    /// assert!(RandomIds.with_prefix("mcp_").starts_with("mcp_"));
    /// ```
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> String {
        let mut bytes = [0u8; ID];
        if let Err(error) = POOL.with_borrow_mut(|pool| pool.take(&mut bytes)) {
            tracing::error!(%error, "the operating system has no randomness for ids");
            fill_from_hashes(&mut bytes);
        }
        let mut digits = [0u8; 2 * ID];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&HEXADECIMAL[usize::from(byte)]);
        }
        let mut id = String::with_capacity(prefix.len() + digits.len());
        id.push_str(prefix);
        // Digits are ASCII.
        id.push_str(std::str::from_utf8(&digits).unwrap_or_default());
        id
    }
}

impl IdGenerator for RandomIds {
    fn id(&self, kind: IdKind) -> String {
        self.with_prefix(kind.prefix())
    }
}

/// The random bytes of an id.
const ID: usize = 24;

/// The ids that one call of the operating system is enough for.
const POOLED: usize = 16;

/// Randomness for the next ids of a thread: a call of the operating system costs more than all else of
/// an id. What an id took is erased.
struct Pool {
    bytes: [u8; ID * POOLED],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const {
        RefCell::new(Pool {
            bytes: [0; ID * POOLED],
            used: ID * POOLED,
        })
    };
}

impl Pool {
    fn take(&mut self, id: &mut [u8; ID]) -> Result<(), getrandom::Error> {
        if self.used + ID > self.bytes.len() {
            getrandom::fill(&mut self.bytes)?;
            self.used = 0;
        }
        if let Some(next) = self.bytes.get_mut(self.used..self.used + ID) {
            id.copy_from_slice(next);
            next.fill(0);
        }
        self.used += ID;
        Ok(())
    }
}

/// The two digits of each byte.
const HEXADECIMAL: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut all = [[0; 2]; 256];
    let mut byte = 0;
    while byte < all.len() {
        all[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    all
};

/// Fills `bytes` with hashes of a counter under keys of this process.
fn fill_from_hashes(bytes: &mut [u8; ID]) {
    static KEYS: OnceLock<[RandomState; 3]> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let keys = KEYS.get_or_init(|| [(); 3].map(|()| RandomState::new()));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    for (chunk, key) in bytes.chunks_exact_mut(8).zip(keys) {
        chunk.copy_from_slice(&key.hash_one(count).to_le_bytes());
    }
}

/// The system's clock.
///
/// ```
/// use openresponses_tower::ids::SystemClock;
/// use openresponses_tower::types::sequence::Clock;
///
/// assert!(SystemClock.now() > 1_700_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }
}

/// A host's generator or clock. After a panic in it the default one answers, so that a stream
/// continues.
pub(crate) struct Guarded<T>(pub(crate) T);

impl<T: IdGenerator> IdGenerator for Guarded<T> {
    fn id(&self, kind: IdKind) -> String {
        guard::call(|| self.0.id(kind)).unwrap_or_else(|_| {
            tracing::error!("the host's generator of ids panicked");
            RandomIds.id(kind)
        })
    }
}

impl<T: Clock> Clock for Guarded<T> {
    fn now(&self) -> i64 {
        guard::call(|| self.0.now()).unwrap_or_else(|_| {
            tracing::error!("the host's clock panicked");
            SystemClock.now()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_hosts_generator_or_clock_is_caught() {
        struct Broken;
        impl IdGenerator for Broken {
            fn id(&self, _: IdKind) -> String {
                panic!("no id")
            }
        }
        impl Clock for Broken {
            fn now(&self) -> i64 {
                panic!("no time")
            }
        }
        assert!(Guarded(Broken).id(IdKind::Response).starts_with("resp_"));
        assert!(Guarded(Broken).now() > 0);
    }

    #[test]
    fn ids_differ_within_a_pool_and_across_its_refills() {
        let ids: std::collections::BTreeSet<_> = (0..POOLED * 3 + 1)
            .map(|_| RandomIds.id(IdKind::Response))
            .collect();
        assert_eq!(ids.len(), POOLED * 3 + 1);
        let elsewhere = std::thread::spawn(|| RandomIds.id(IdKind::Response));
        assert!(!ids.contains(&elsewhere.join().unwrap()));
    }

    #[test]
    fn ids_without_the_operating_system_differ() {
        let mut ids = [[0; ID]; 3];
        ids.iter_mut().for_each(fill_from_hashes);
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        // The three hashes of one id are under different keys.
        assert_ne!(ids[0][..8], ids[0][8..16]);
    }
}
