//! Ids that nobody can guess, and the real time.

use std::time::{SystemTime, UNIX_EPOCH};

use openresponses_types::sequence::{Clock, IdGenerator, IdKind};

/// Ids of 192 random bits from the operating system, in hexadecimal behind the kind's prefix.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl IdGenerator for RandomIds {
    fn id(&self, kind: IdKind) -> String {
        let mut bytes = [0u8; 24];
        // Without randomness ids would be guessable: better to stop than to go on.
        if getrandom::fill(&mut bytes).is_err() {
            tracing::error!("the operating system gives no randomness");
            std::process::abort();
        }
        let prefix = kind.prefix();
        let mut id = String::with_capacity(prefix.len() + 2 * bytes.len());
        id.push_str(prefix);
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                id.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        id
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
