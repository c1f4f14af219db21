//! The background responses that this process is making.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::AbortHandle;
use tokio::sync::oneshot;

use crate::scope::Scope;

/// Whose response, and which.
type Key = (Scope, String);

/// Kept by a job for as long as it may store something.
pub(super) type Ended = oneshot::Sender<()>;

/// All of them.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<HashMap<Key, Job>>);

/// How to stop a job, and to know that it has.
struct Job {
    abort: AbortHandle,
    over: oneshot::Receiver<()>,
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a job that can be stopped with `abort`.
    pub(super) fn begin(&self, key: Key, abort: AbortHandle) -> Ended {
        let (ended, over) = oneshot::channel();
        self.lock().insert(key, Job { abort, over });
        ended
    }

    /// Forgets a job that is over.
    pub(super) fn end(&self, key: &Key, ended: Ended) {
        self.lock().remove(key);
        drop(ended);
    }

    /// Resolves when the job can store nothing more; false when there was none.
    pub(super) async fn stop(&self, scope: &Scope, id: &str) -> bool {
        let job = self.lock().remove(&(scope.clone(), id.to_owned()));
        let Some(job) = job else { return false };
        job.abort.abort();
        // The other end is dropped with the job.
        let _ = job.over.await;
        true
    }
}
