use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac};
use openresponses_tower::Error;
use sha2::Sha256;

use super::key::ApprovalKey;
use super::random::{Fill, random_bytes};
use super::records::Records;
use crate::error::ToolError;

/// How long an approval can be given.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

const PREFIX: &str = "mcpr_";

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
    /// `None` where the system had no random numbers: no request is made, and no approval counts.
    key: Option<ApprovalKey>,
    /// Has a record of each request until it is answered. `None`: the key knows which were.
    records: Option<Records>,
}

impl Approver {
    /// Creates one with a key of its own, unless `key` is set.
    pub(crate) fn new(key: Option<ApprovalKey>, records: Option<Records>) -> Self {
        let key = key.or_else(|| match records {
            // A request without a record counts for nothing: the signature binds it to its call.
            Some(_) => Some(ApprovalKey::new([0; 32])),
            None => ApprovalKey::random().inspect_err(report).ok(),
        });
        Self { key, records }
    }

    /// Returns the id of a new request of the caller `scope`.
    ///
    /// # Errors
    /// When the system has no random numbers, or had none for the key.
    pub(crate) fn issue(&self, scope: &str, asked: Asked<'_>) -> Result<String, ToolError> {
        self.issue_with(scope, asked, getrandom::fill)
    }

    fn issue_with(&self, scope: &str, asked: Asked<'_>, fill: Fill) -> Result<String, ToolError> {
        let nonce = random_bytes(fill);
        let nonce = nonce.inspect_err(report).map_err(ToolError::internal)?;
        let expires = now().saturating_add(u32::try_from(LIFETIME.as_secs()).unwrap_or(u32::MAX));
        let mac = self.mac(scope, asked, nonce, expires);
        let mac = mac.ok_or_else(|| ToolError::internal("there is no key for approvals"))?;
        let signature = mac.finalize().into_bytes();
        let mut id = String::from(PREFIX);
        for byte in nonce
            .iter()
            .chain(&expires.to_be_bytes())
            .chain(&signature[..12])
        {
            id.push_str(&format!("{byte:02x}"));
        }
        Ok(id)
    }

    /// Keeps new requests where the answers are looked up, before the client sees them. `None` where
    /// there is nothing to do.
    pub(crate) fn keeping(
        self: &Arc<Self>,
        scope: &str,
        ids: Vec<String>,
    ) -> Option<impl Future<Output = Result<(), Error>> + Send + use<>> {
        let (records, scope) = (self.records.clone()?, scope.to_owned());
        Some(async move {
            for id in ids {
                records.put(&scope, &id, now().into()).await?;
            }
            Ok(())
        })
    }

    /// Checks that a request of this caller's for this call has the id, and has not expired.
    ///
    /// # Errors
    /// Why an approval of it does not count.
    pub(crate) fn verify(
        &self,
        scope: &str,
        id: &str,
        asked: Asked<'_>,
    ) -> Result<(), &'static str> {
        let unknown = "The approval does not answer a request of this server.";
        let (nonce, expires, signature) = read(id).ok_or(unknown)?;
        let mac = self.mac(scope, asked, nonce, expires).ok_or(unknown)?;
        mac.verify_truncated_left(&signature).map_err(|_| unknown)?;
        if expires < now() {
            return Err("The approval request has expired.");
        }
        Ok(())
    }

    /// Takes the approval of a verified request. False where it was taken before.
    ///
    /// # Errors
    /// The store does not answer.
    pub(crate) async fn take(&self, scope: &str, id: &str) -> Result<bool, Error> {
        match (&self.records, &self.key, read(id)) {
            (Some(records), ..) => records.take(scope, id).await,
            (None, Some(key), Some((nonce, expires, _))) => {
                key.take(scope, (expires, nonce), now())
            }
            (None, ..) => Ok(false),
        }
    }

    /// Gives back an approval that was taken and not used. Where the store does not answer it stays
    /// taken.
    pub(crate) async fn give_back(&self, scope: &str, id: &str) {
        match (&self.records, &self.key, read(id)) {
            (Some(records), ..) => {
                if let Err(error) = records.put(scope, id, now().into()).await {
                    tracing::warn!(%error, "an approval that was not used is lost");
                }
            }
            (None, Some(key), Some((nonce, expires, _))) => {
                key.give_back(scope, (expires, nonce));
            }
            (None, ..) => {}
        }
    }

    /// `None` without a key.
    fn mac(
        &self,
        scope: &str,
        asked: Asked<'_>,
        nonce: [u8; 12],
        expires: u32,
    ) -> Option<Hmac<Sha256>> {
        // A key of any length is accepted.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()?.secret()).ok()?;
        mac.update(&nonce);
        mac.update(&expires.to_be_bytes());
        for part in [scope, asked.of, asked.name, asked.arguments] {
            // With their lengths, so that no two lists of parts are the same.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(mac)
    }
}

fn report(error: &io::Error) {
    tracing::error!(%error, "approvals cannot be asked for");
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

    #[tokio::test]
    async fn an_approval_counts_once_for_what_was_asked_by_whom_it_was_asked() {
        let approver = Approver::new(None, None);
        let asked = |of, name, arguments| Asked {
            of,
            name,
            arguments,
        };
        let asked_for = asked("bank", "pay", r#"{"amount":1}"#);
        let id = approver.issue("tenant", asked_for).unwrap();
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
            assert!(approver.verify(scope, id, asked).is_err(), "{scope} {id}");
        }
        let other = Approver::new(None, None);
        assert!(other.verify("tenant", &id, asked_for).is_err());
        assert_eq!(approver.verify("tenant", &id, asked_for), Ok(()));
        assert!(approver.take("tenant", &id).await.unwrap());
        assert!(!approver.take("tenant", &id).await.unwrap());
    }

    #[test]
    fn without_random_numbers_no_approval_is_asked_for_and_none_counts() {
        let without: Fill = |_| Err(getrandom::Error::UNSUPPORTED);
        let asked = Asked {
            of: "bank",
            name: "pay",
            arguments: "{}",
        };
        assert!(random_bytes::<32>(without).is_err());
        let approver = Approver::new(None, None);
        assert!(approver.issue_with("tenant", asked, without).is_err());
        let keyless = Approver {
            key: None,
            records: None,
        };
        assert!(keyless.issue("tenant", asked).is_err());
        // What a key of zeros would have signed.
        let zeros = Approver::new(Some(ApprovalKey::new([0; 32])), None);
        let id = zeros.issue("tenant", asked).unwrap();
        assert!(keyless.verify("tenant", &id, asked).is_err());
        assert_eq!(zeros.verify("tenant", &id, asked), Ok(()));
    }
}
