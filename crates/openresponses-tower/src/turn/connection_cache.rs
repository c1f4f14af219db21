use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bounds::Held;
use crate::store::StoredResponse;

/// The last turn of a connection, stored or not. One that was stored is used while it is in the store. Spec: "WebSocket
/// Continuation".
#[derive(Debug)]
pub(crate) struct ConnectionCache {
    kept: Mutex<Kept>,
    /// The largest response that is kept, with its conversation, in bytes.
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
        let bytes = |kept: &StoredResponse| kept.bytes() as u64;
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
            let fits = response.bytes() <= self.limit;
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

#[cfg(test)]
mod tests {
    use openresponses_types::Response;
    use openresponses_types::response::ResponseStatus;

    use super::*;
    use crate::bounds::{BoundedResource, Bounds};
    use crate::scope::Scope;
    use crate::store::Conversation;

    /// The response repeats what its request has set.
    #[test]
    fn a_response_counts_with_all_that_it_repeats() {
        let bounds = Bounds::new();
        let tenant = bounds.tenant(&Scope::anonymous());
        let mut response = Response::new("resp_1", "m", 0);
        response.status = ResponseStatus::Completed.into();
        response.instructions = "x".repeat(1 << 20).into();
        let record = StoredResponse::new(response, &Conversation::default(), Vec::new());
        let memory = || tenant.nothing(BoundedResource::Memory);
        let cache = ConnectionCache::new(2 << 20, memory());
        cache.keep(record.clone());
        assert_eq!(cache.id().as_deref(), Some("resp_1"));
        let held = bounds.usage()[0].held;
        assert!((1 << 20..2 << 20).contains(&held), "{held}");
        cache.clear();
        assert_eq!(bounds.usage()[0].held, 0);
        let small = ConnectionCache::new(1 << 20, memory());
        small.keep(record);
        assert_eq!(small.id(), None);
    }
}
