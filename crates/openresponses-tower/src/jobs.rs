//! The background responses in progress in this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::AbortHandle;
use tokio::sync::oneshot;

use crate::scope::Scope;

/// Scope and id of a response.
type Key = (Scope, String);

/// Held by a job while it may still store something.
pub(crate) type Ended = oneshot::Sender<()>;

/// All jobs of this process.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<HashMap<Key, Job>>);

/// Stops a job and reports its end.
struct Job {
    abort: AbortHandle,
    over: oneshot::Receiver<()>,
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a job that `abort` stops.
    pub(crate) fn begin(&self, key: Key, abort: AbortHandle) -> Ended {
        let (ended, over) = oneshot::channel();
        self.lock().insert(key, Job { abort, over });
        ended
    }

    /// Returns true if this process runs the job.
    pub(crate) fn has(&self, scope: &Scope, id: &str) -> bool {
        self.lock().contains_key(&(scope.clone(), id.to_owned()))
    }

    /// Removes a finished job.
    pub(crate) fn end(&self, key: &Key, ended: Ended) {
        self.lock().remove(key);
        drop(ended);
    }

    /// Stops the jobs of a scope, and resolves when they can store nothing more.
    pub(crate) async fn stop_all(&self, scope: &Scope) {
        let is_own = |key: &&Key| key.0 == *scope;
        let ids: Vec<String> = {
            let jobs = self.lock();
            let own = jobs.keys().filter(is_own);
            own.map(|(_, id)| id.clone()).collect()
        };
        for id in ids {
            self.stop(scope, &id).await;
        }
    }

    /// Stops a job, if there is one, and resolves when it can store nothing more.
    pub(crate) async fn stop(&self, scope: &Scope, id: &str) {
        let job = self.lock().remove(&(scope.clone(), id.to_owned()));
        if let Some(job) = job {
            job.abort.abort();
            // The other end is dropped with the job.
            let _ = job.over.await;
        }
    }
}
