use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::Tenant;
use crate::error::Error;

/// The bytes beyond which reading a body would delay other requests on the same thread: some
/// milliseconds.
const LARGE: u64 = 64 * 1024;

/// How much work on large bodies is done at once.
#[derive(Clone, Debug)]
pub(super) struct Workers(Arc<Semaphore>);

impl Workers {
    /// One for each `share` of the processors.
    pub(super) fn one_in(share: usize) -> Self {
        // Asking the system reads files.
        static PROCESSORS: OnceLock<usize> = OnceLock::new();
        let processors =
            *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from));
        Self(Arc::new(Semaphore::new(processors.div_ceil(share))))
    }
}

impl Tenant {
    /// Works on so many bytes: what is large on the runtime's threads for blocking work, of which
    /// a tenant takes half as many at once as there are processors, so that small requests do not
    /// wait for large ones, nor others for this tenant's. Outside of tokio, in place.
    ///
    /// # Errors
    /// A panic.
    pub(crate) async fn work<T, F>(&self, bytes: u64, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let runtime = Handle::try_current().ok().filter(|_| bytes > LARGE);
        let Some(runtime) = runtime else {
            return Ok(work());
        };
        let own = self.workers.get_or_init(|| Workers::one_in(2));
        let [own, all] = [own, &self.bounds.workers].map(|Workers(all)| Arc::clone(all));
        // Neither is ever closed.
        let places = (own.acquire_owned().await, all.acquire_owned().await);
        let done = runtime.spawn_blocking(move || {
            let _places = places;
            work()
        });
        done.await.map_err(Error::server)
    }
}
