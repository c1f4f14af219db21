//! Threads for work on large bodies and stored values.

use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes beyond which reading or printing a document would delay other requests on the same
/// thread: some milliseconds.
pub(crate) const LARGE: usize = 64 * 1024;

/// How much work on large bodies is done at once.
#[derive(Clone, Debug)]
pub(crate) struct Workers(Arc<Semaphore>);

impl Workers {
    /// One for each `share` of the processors.
    pub(crate) fn one_in(share: usize) -> Self {
        // Asking the system reads files.
        static PROCESSORS: OnceLock<usize> = OnceLock::new();
        let processors =
            *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from));
        Self(Arc::new(Semaphore::new(processors.div_ceil(share))))
    }

    /// Waits for a place.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

/// Returns the runtime whose threads work on so many bytes. `None` for few, and outside of tokio.
pub(crate) fn runtime_for(bytes: u64) -> Option<Handle> {
    (bytes > LARGE as u64).then(Handle::try_current)?.ok()
}
