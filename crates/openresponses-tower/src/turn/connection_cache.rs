use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::StoredResponse;

/// The last turn of a connection, stored or not. Spec: "WebSocket Continuation".
#[derive(Debug)]
pub(crate) struct ConnectionCache {
    kept: Mutex<Option<StoredResponse>>,
    /// The largest conversation that is kept, in bytes.
    limit: usize,
}

#[cfg_attr(
    not(feature = "ws"),
    expect(dead_code, reason = "only WebSockets remember")
)]
impl ConnectionCache {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            kept: Mutex::new(None),
            limit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<StoredResponse>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the response `id` if it is cached.
    pub(crate) fn get(&self, id: &str) -> Option<StoredResponse> {
        self.lock().as_ref().filter(|kept| kept.id() == id).cloned()
    }

    /// Caches a turn that can be continued. A failed turn leaves the cache unchanged.
    pub(crate) fn keep(&self, response: StoredResponse) {
        if response.is_continuable() {
            let fits = response.conversation().bytes() <= self.limit;
            *self.lock() = fits.then_some(response);
        }
    }

    #[cfg(test)]
    pub(crate) fn id(&self) -> Option<String> {
        self.lock().as_ref().map(|kept| kept.id().to_owned())
    }

    /// Removes the response `id`.
    pub(crate) fn forget(&self, id: &str) {
        let mut kept = self.lock();
        if kept.as_ref().is_some_and(|kept| kept.id() == id) {
            *kept = None;
        }
    }
}
