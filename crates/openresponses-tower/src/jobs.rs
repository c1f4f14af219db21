//! The background responses in progress in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::AbortHandle;
use tokio::sync::oneshot;

use crate::scope::Scope;

/// Scope and id of a response.
type Key = (Scope, String);

/// Held by a job while it may still store something. Removes it when it is dropped, also where the job
/// never began.
pub(crate) struct Running {
    jobs: Arc<Jobs>,
    key: Key,
    _ended: oneshot::Sender<()>,
}

impl Drop for Running {
    /// The other end of the channel is notified after the job was removed.
    fn drop(&mut self) {
        self.jobs.lock().remove(&self.key);
    }
}

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
    pub(crate) fn begin(self: &Arc<Self>, key: Key, abort: AbortHandle) -> Running {
        let (ended, over) = oneshot::channel();
        self.lock().insert(key.clone(), Job { abort, over });
        Running {
            jobs: Arc::clone(self),
            key,
            _ended: ended,
        }
    }

    /// Returns true if this process runs the job.
    pub(crate) fn has(&self, scope: &Scope, id: &str) -> bool {
        self.lock().contains_key(&(scope.clone(), id.to_owned()))
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

#[cfg(test)]
mod tests {
    use futures_util::future::abortable;

    use super::*;

    #[tokio::test]
    async fn a_job_that_never_begins_is_not_registered() {
        let jobs = Arc::new(Jobs::default());
        let (scope, id) = (Scope::new("a"), "resp_1");
        let (work, abort) = abortable(std::future::pending::<()>());
        let running = jobs.begin((scope.clone(), id.to_owned()), abort);
        let job = async move {
            let _running = running;
            let _ = work.await;
        };
        assert!(jobs.has(&scope, id));
        drop(job);
        assert!(!jobs.has(&scope, id));
        jobs.stop(&scope, id).await;
    }
}
