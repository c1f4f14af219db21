//! The form of the ids of calls.

use std::borrow::Cow;

/// Which ids of calls a server takes.
///
/// ```
/// use openresponses_upstream::chat::{CallIds, Quirks};
///
/// let mut quirks = Quirks::default();
/// quirks.call_ids = CallIds::Nine;
/// assert_ne!(quirks.call_ids, Quirks::COMMON.call_ids);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallIds {
    /// Any text.
    Any,
    /// Nine letters and digits. An id of another form is replaced by one that is made of it, the same in
    /// each turn.
    Nine,
}

/// The digits of ids that are made here.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The length of ids of [`CallIds::Nine`].
const LENGTH: usize = 9;

impl CallIds {
    /// Returns the id of a call as the server takes it.
    pub(super) fn of(self, call_id: &str) -> Cow<'_, str> {
        let is_taken = match self {
            Self::Any => true,
            Self::Nine => {
                call_id.len() == LENGTH && call_id.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
        };
        match is_taken {
            true => call_id.into(),
            false => nine(call_id).into(),
        }
    }
}

/// An id that depends on nothing but `call_id`: its FNV-1a hash of 64 bits in base 62.
fn nine(call_id: &str) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut hash = call_id.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    let digit = |_| {
        let at = (hash % 62) as usize;
        hash /= 62;
        DIGITS.get(at).copied().map_or('0', char::from)
    };
    (0..LENGTH).map(digit).collect()
}
