//! Ids that cannot be guessed, and the system's clock.

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

impl IdGenerator for RandomIds {
    fn id(&self, kind: IdKind) -> String {
        let mut bytes = [0u8; 24];
        if let Err(error) = getrandom::fill(&mut bytes) {
            tracing::error!(%error, "the operating system has no randomness for ids");
            fill_from_hashes(&mut bytes);
        }
        let prefix = kind.prefix();
        let mut id = String::with_capacity(prefix.len() + 2 * bytes.len());
        id.push_str(prefix);
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                id.push(char::from(DIGITS[usize::from(digit)]));
            }
        }
        id
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Fills `bytes` with hashes of a counter under keys of this process.
fn fill_from_hashes(bytes: &mut [u8; 24]) {
    static KEYS: OnceLock<[RandomState; 3]> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let keys = KEYS.get_or_init(|| [(); 3].map(|()| RandomState::new()));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    for (chunk, key) in bytes.chunks_exact_mut(8).zip(keys) {
        chunk.copy_from_slice(&key.hash_one(count).to_le_bytes());
    }
}

/// The system's clock.
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

/// A host's generator or clock. After a panic of theirs the default one answers, so that a stream
/// goes on.
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
    fn ids_without_the_operating_system_differ() {
        let mut ids = [[0; 24]; 3];
        ids.iter_mut().for_each(fill_from_hashes);
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        // The three hashes of one id are under different keys.
        assert_ne!(ids[0][..8], ids[0][8..16]);
    }
}
