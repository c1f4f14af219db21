use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bounds::Held;
use crate::store::StoredResponse;

/// The last turn of a connection, stored or not. Spec: "WebSocket Continuation".
#[derive(Debug)]
pub(crate) struct ConnectionCache {
    kept: Mutex<Kept>,
    /// The largest conversation that is kept, in bytes.
    limit: usize,
}

#[derive(Debug)]
struct Kept {
    response: Option<StoredResponse>,
    memory: Held,
}

impl Kept {
    /// Replaces the response, if there is memory for it.
    fn set(&mut self, response: Option<StoredResponse>) {
        let bytes = |kept: &StoredResponse| kept.conversation().bytes() as u64;
        self.response = None;
        let fits = self
            .memory
            .resize(response.as_ref().map_or(0, bytes))
            .is_ok();
        if fits {
            self.response = response;
        } else {
            let _ = self.memory.resize(0);
        }
    }
}

#[cfg_attr(
    not(feature = "ws"),
    expect(dead_code, reason = "only WebSockets remember")
)]
impl ConnectionCache {
    pub(crate) fn new(limit: usize, memory: Held) -> Self {
        Self {
            kept: Mutex::new(Kept {
                response: None,
                memory,
            }),
            limit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the response `id` if it is cached.
    pub(crate) fn get(&self, id: &str) -> Option<StoredResponse> {
        let kept = self.lock();
        kept.response
            .as_ref()
            .filter(|kept| kept.id() == id)
            .cloned()
    }

    /// Caches a turn that can be continued. A failed turn leaves the cache unchanged.
    pub(crate) fn keep(&self, response: StoredResponse) {
        if response.is_continuable() {
            let fits = response.conversation().bytes() <= self.limit;
            self.lock().set(fits.then_some(response));
        }
    }

    #[cfg(test)]
    pub(crate) fn id(&self) -> Option<String> {
        let kept = self.lock();
        kept.response.as_ref().map(|kept| kept.id().to_owned())
    }

    /// Removes the response, whichever it is.
    pub(crate) fn clear(&self) {
        self.lock().set(None);
    }

    /// Removes the response `id`.
    pub(crate) fn forget(&self, id: &str) {
        let mut kept = self.lock();
        if kept.response.as_ref().is_some_and(|kept| kept.id() == id) {
            kept.set(None);
        }
    }
}
