use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How long an approval can be given.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How many approvals are remembered as given.
const REMEMBERED: usize = 100_000;

const PREFIX: &str = "mcpr_";

/// The key that requests for approval are signed with, so that a client cannot make one up.
///
/// Servers that share their clients share a key. Without one each process makes its own, and requests
/// of before a restart can no longer be approved.
#[derive(Clone)]
pub struct ApprovalKey([u8; 32]);

impl ApprovalKey {
    /// Creates a key of 32 secret random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn random() -> Self {
        let mut key = [0; 32];
        if getrandom::fill(&mut key).is_err() {
            tracing::error!("the system has no random numbers");
        }
        Self(key)
    }
}

impl fmt::Debug for ApprovalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApprovalKey(..)")
    }
}

/// What approval was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The label of the server, or the type of the tool's items.
    pub(crate) of: &'a str,
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a str,
}

/// Makes the ids of requests for approval and recognizes them. An id is a nonce, its expiry, and a
/// signature of both with the caller and the call.
pub(crate) struct Approver {
    key: ApprovalKey,
    /// The nonces of approvals that were given, until they expire.
    given: Mutex<BTreeMap<(u32, [u8; 12]), ()>>,
}

impl Approver {
    pub(crate) fn new(key: Option<ApprovalKey>) -> Self {
        Self {
            key: key.unwrap_or_else(ApprovalKey::random),
            given: Mutex::default(),
        }
    }

    /// The id of a new request of the caller `scope`.
    pub(crate) fn issue(&self, scope: &str, asked: Asked<'_>) -> String {
        let mut nonce = [0; 12];
        if getrandom::fill(&mut nonce).is_err() {
            tracing::error!("the system has no random numbers");
        }
        let expires = now().saturating_add(u32::try_from(LIFETIME.as_secs()).unwrap_or(u32::MAX));
        let signature = self
            .mac(scope, asked, nonce, expires)
            .finalize()
            .into_bytes();
        let mut id = String::from(PREFIX);
        for byte in nonce
            .iter()
            .chain(&expires.to_be_bytes())
            .chain(&signature[..12])
        {
            id.push_str(&format!("{byte:02x}"));
        }
        id
    }

    /// Takes an approval, once.
    ///
    /// # Errors
    /// Why it does not count.
    pub(crate) fn redeem(
        &self,
        scope: &str,
        id: &str,
        asked: Asked<'_>,
    ) -> Result<(), &'static str> {
        let unknown = "The approval does not answer a request of this server.";
        let (nonce, expires, signature) = read(id).ok_or(unknown)?;
        self.mac(scope, asked, nonce, expires)
            .verify_truncated_left(&signature)
            .map_err(|_| unknown)?;
        let now = now();
        if expires < now {
            return Err("The approval request has expired.");
        }
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        *given = given.split_off(&(now, [0; 12]));
        if given.len() >= REMEMBERED {
            return Err("Too many approvals are remembered. Try again later.");
        }
        match given.insert((expires, nonce), ()) {
            None => Ok(()),
            Some(()) => Err("The approval request was answered before."),
        }
    }

    fn mac(&self, scope: &str, asked: Asked<'_>, nonce: [u8; 12], expires: u32) -> Hmac<Sha256> {
        // A key of any length is accepted.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key.0)
            .unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(&nonce);
        mac.update(&expires.to_be_bytes());
        for part in [scope, asked.of, asked.name, asked.arguments] {
            // With their lengths, so that no two lists of parts are the same.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

fn read(id: &str) -> Option<([u8; 12], u32, [u8; 12])> {
    let hex = id.strip_prefix(PREFIX)?;
    if hex.len() != 56 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; 28];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    let (nonce, rest) = bytes.split_first_chunk::<12>()?;
    let (expires, signature) = rest.split_first_chunk::<4>()?;
    Some((
        *nonce,
        u32::from_be_bytes(*expires),
        signature.try_into().ok()?,
    ))
}

/// Seconds since 1970.
fn now() -> u32 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

impl fmt::Debug for Approver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approver")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_counts_once_for_what_was_asked_by_whom_it_was_asked() {
        let approver = Approver::new(None);
        let asked = |of, name, arguments| Asked {
            of,
            name,
            arguments,
        };
        let asked_for = asked("bank", "pay", r#"{"amount":1}"#);
        let id = approver.issue("tenant", asked_for);
        assert!(id.len() <= 64, "{id}");
        let forged = format!("{}0", &id[..id.len() - 1]);
        let other = format!("{}1", &id[..id.len() - 1]);
        for (scope, id, asked) in [
            ("other", &*id, asked_for),
            ("tenant", &*id, asked("bank", "pay", r#"{"amount":100}"#)),
            ("tenant", &*id, asked("bank", "payall", r#"{"amount":1}"#)),
            ("tenant", &*id, asked("bankp", "ay", r#"{"amount":1}"#)),
            ("tenant", "mcpr_", asked_for),
            ("tenant", "", asked_for),
            ("tenant", &*"mcpr_é".repeat(10), asked_for),
            (
                "tenant",
                if forged == id { &other } else { &forged },
                asked_for,
            ),
        ] {
            assert!(approver.redeem(scope, id, asked).is_err(), "{scope} {id}");
        }
        assert!(
            Approver::new(None)
                .redeem("tenant", &id, asked_for)
                .is_err()
        );
        assert_eq!(approver.redeem("tenant", &id, asked_for), Ok(()));
        assert_eq!(
            approver.redeem("tenant", &id, asked_for),
            Err("The approval request was answered before.")
        );
    }
}
