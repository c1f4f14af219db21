use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{RecordParts, StoreError, StoredResponse, work_on};
use crate::scope::Scope;
use crate::workers::LARGE;

/// The bytes of one permit.
const UNIT: usize = 1024;

/// Bounds the bytes of large values that are read from a store outside of the process at once, or
/// written to it, for stores. While a value is decoded it is there twice, as text and as types, and
/// counts for nothing else yet; while it is written, its text is there and what a driver makes of it.
/// Reads and writes have bytes of their own, so that a save does not fail for what is read.
///
/// One [`Scope`] has at most half of the bytes, so that others do not wait for all of its calls. A
/// value of more than that is alone in its scope, one of more than all bytes alone. Values of up
/// to 64 KiB do not count. Clones share their bytes.
///
/// ```
/// use openresponses_tower::Scope;
/// use openresponses_tower::store::Transfers;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (transfers, scope) = (Transfers::new(16 << 20), Scope::new("acme"));
/// let transfer = transfers.begin(&scope, 10 << 20).await;
/// assert!(transfers.try_begin(&scope, 1 << 20).is_none());
/// drop(transfer);
/// assert!(transfers.try_begin(&scope, 1 << 20).is_some());
/// # }
/// ```
#[derive(Clone)]
pub struct Transfers(Arc<Inner>);

struct Inner {
    bytes: usize,
    all: Arc<Semaphore>,
    /// Those with a transfer.
    scopes: Mutex<HashMap<Scope, Weak<Semaphore>>>,
}

/// A value on its way, until this is dropped.
///
/// ```
/// use openresponses_tower::Scope;
/// use openresponses_tower::store::{StoreError, Transfer, Transfers, work_on};
///
/// # async fn read(transfers: &Transfers, scope: &Scope, json: String) -> Result<usize, StoreError> {
/// let bytes = json.len();
/// let transfer = transfers.begin(scope, bytes).await;
/// // The work continues when nothing waits for it any more, and has its transfer with it.
/// let work = move || (json.chars().count(), transfer);
/// let (length, _transfer): (usize, Transfer) = work_on(bytes, work).await?;
/// # Ok(length)
/// # }
/// ```
#[must_use = "the bytes are free for others when it is dropped"]
#[derive(Debug)]
pub struct Transfer {
    _permits: Option<[OwnedSemaphorePermit; 2]>,
}

impl Transfers {
    /// The most bytes of a value that does not count.
    pub const UNCOUNTED: usize = LARGE;

    /// What stores allow by default: 16 MiB.
    pub const DEFAULT_BYTES: usize = 16 << 20;

    /// Creates a limit of `bytes` at once for all scopes together, half of it for each scope. At least
    /// 2 KiB, also for 0. A larger value waits for all that its scope may have.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        // What a semaphore counts.
        let most = (u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        let permits = (bytes / UNIT).clamp(2, most);
        Self(Arc::new(Inner {
            bytes: permits * UNIT,
            all: Arc::new(Semaphore::new(permits)),
            scopes: Mutex::default(),
        }))
    }

    /// Waits until a value of so many bytes may be read or written. Waits are in order, in each scope and
    /// of all scopes. A caller that has a transfer must not wait for another one.
    pub async fn begin(&self, scope: &Scope, bytes: usize) -> Transfer {
        if bytes <= Self::UNCOUNTED {
            return Transfer { _permits: None };
        }
        // They are never closed. That of the scope comes first, so what waits for all bytes is little
        // of each scope.
        let own = self.scope(scope).acquire_many_owned(self.permits(bytes, 2));
        let own = own.await;
        let all = Arc::clone(&self.0.all).acquire_many_owned(self.permits(bytes, 1));
        let all = all.await;
        Transfer {
            _permits: own.ok().zip(all.ok()).map(|(own, all)| [own, all]),
        }
    }

    /// Begins a transfer unless it would have to wait.
    #[must_use]
    pub fn try_begin(&self, scope: &Scope, bytes: usize) -> Option<Transfer> {
        if bytes <= Self::UNCOUNTED {
            return Some(Transfer { _permits: None });
        }
        let own = self.scope(scope);
        let own = own.try_acquire_many_owned(self.permits(bytes, 2)).ok()?;
        let all = Arc::clone(&self.0.all);
        let all = all.try_acquire_many_owned(self.permits(bytes, 1)).ok()?;
        Some(Transfer {
            _permits: Some([own, all]),
        })
    }

    /// Returns a record as [text](StoredResponse::parts), once it may be written, with its transfer, which
    /// ends when the store has it. What is large is printed on the runtime's threads for blocking work.
    ///
    /// ```
    /// use openresponses_tower::Scope;
    /// use openresponses_tower::store::{Conversation, StoreError, StoredResponse, Transfers};
    /// use openresponses_types::Response;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), StoreError> {
    /// let response = Response::new("resp_1", "m", 0);
    /// let record = StoredResponse::new(response, &Conversation::default(), vec![]);
    /// let writes = Transfers::new(Transfers::DEFAULT_BYTES);
    /// let (parts, _transfer) = writes.print(&Scope::anonymous(), &record).await?;
    /// assert_eq!(parts, record.parts());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A panic.
    pub async fn print(
        &self,
        scope: &Scope,
        record: &StoredResponse,
    ) -> Result<(RecordParts, Transfer), StoreError> {
        let bytes = record.parts_bytes();
        let transfer = self.begin(scope, bytes).await;
        let record = record.clone();
        work_on(bytes, move || (record.parts(), transfer)).await
    }

    /// Returns the permits for so many bytes, of one `share` of all.
    fn permits(&self, bytes: usize, share: usize) -> u32 {
        let permits = bytes.min(self.0.bytes / share) / UNIT;
        u32::try_from(permits).unwrap_or(u32::MAX)
    }

    fn scope(&self, scope: &Scope) -> Arc<Semaphore> {
        let scopes = self.0.scopes.lock();
        let mut scopes = scopes.unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = scopes.get(scope).and_then(Weak::upgrade) {
            return known;
        }
        scopes.retain(|_, known| known.strong_count() > 0);
        let own = Arc::new(Semaphore::new(self.permits(usize::MAX, 2) as usize));
        scopes.insert(scope.clone(), Arc::downgrade(&own));
        own
    }
}

impl fmt::Debug for Transfers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfers")
            .field("bytes", &self.0.bytes)
            .field("free", &(self.0.all.available_permits() * UNIT))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn a_scope_has_half_of_the_bytes_and_all_scopes_have_the_whole() {
        let transfers = Transfers::new(16 * MIB);
        let [one, two, three] = ["1", "2", "3"].map(Scope::new);
        let first = transfers.try_begin(&one, 6 * MIB).unwrap();
        assert!(transfers.try_begin(&one, 3 * MIB).is_none());
        let second = transfers.try_begin(&one, 2 * MIB).unwrap();
        let other = transfers.try_begin(&two, 8 * MIB).unwrap();
        assert!(transfers.try_begin(&three, MIB).is_none());
        assert!(transfers.begin(&three, MIB).now_or_never().is_none());
        assert!(transfers.begin(&three, LARGE).now_or_never().is_some());
        drop((first, second));
        assert!(transfers.begin(&three, MIB).now_or_never().is_some());
        drop(other);
        let scopes = transfers.0.scopes.lock().unwrap();
        assert!(scopes.values().all(|known| known.strong_count() == 0));
    }

    #[test]
    fn a_value_of_more_than_all_bytes_is_read_alone() {
        let transfers = Transfers::new(16 * MIB);
        let [one, two] = ["1", "2"].map(Scope::new);
        let alone = transfers.try_begin(&one, usize::MAX).unwrap();
        assert!(transfers.try_begin(&two, MIB).is_none());
        drop(alone);
        let small = transfers.try_begin(&two, MIB).unwrap();
        assert!(transfers.try_begin(&one, usize::MAX).is_none());
        drop(small);
        assert!(transfers.try_begin(&one, usize::MAX).is_some());
    }

    #[test]
    fn a_caller_that_stops_waiting_leaves_nothing_behind() {
        let transfers = Transfers::new(16 * MIB);
        let [one, two] = ["1", "2"].map(Scope::new);
        let all = transfers.try_begin(&one, usize::MAX).unwrap();
        // It has its part of its scope when it gives up.
        assert!(transfers.begin(&two, 8 * MIB).now_or_never().is_none());
        drop(all);
        assert!(transfers.try_begin(&two, 8 * MIB).is_some());
    }
}
