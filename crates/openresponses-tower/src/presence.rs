//! Who follows the streams of the foreground that survive their client.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::scope::Scope;

/// Scope and id of a response.
type Key = (Scope, String);

/// When the last follower has left. Each one that is there has a receiver.
type Left = watch::Sender<Instant>;

/// The streams that this process makes.
#[derive(Default)]
pub(crate) struct Presences(Mutex<HashMap<Key, Arc<Left>>>);

impl Presences {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Left>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a stream.
    pub(crate) fn begin(self: &Arc<Self>, scope: &Scope, id: &str) -> Presence {
        let key = (scope.clone(), id.to_owned());
        let left = Arc::new(Left::new(Instant::now()));
        self.lock().insert(key.clone(), Arc::clone(&left));
        Presence {
            all: Arc::clone(self),
            key,
            left,
        }
    }

    /// Follows a stream, if this process makes it.
    pub(crate) fn follow(&self, scope: &Scope, id: &str) -> Option<Following> {
        let left = self.lock().get(&(scope.clone(), id.to_owned())).cloned();
        left.map(Following::new)
    }
}

/// A stream that is followed. Dropped with its turn.
pub(crate) struct Presence {
    all: Arc<Presences>,
    key: Key,
    left: Arc<Left>,
}

impl Presence {
    /// Follows the stream.
    pub(crate) fn follow(&self) -> Following {
        Following::new(Arc::clone(&self.left))
    }

    /// Resolves when no client has followed the stream for `time`.
    pub(crate) async fn alone_for(&self, time: Duration) {
        loop {
            self.left.closed().await;
            let left = *self.left.borrow();
            match left.checked_add(time) {
                Some(until) => sleep_until(until).await,
                None => pending().await,
            }
            if self.left.is_closed() && *self.left.borrow() == left {
                return;
            }
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.all.lock().remove(&self.key);
    }
}

/// One who follows a stream, until it is dropped.
pub(crate) struct Following {
    left: Arc<Left>,
    _here: watch::Receiver<Instant>,
}

impl Following {
    fn new(left: Arc<Left>) -> Self {
        Self {
            _here: left.subscribe(),
            left,
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.left.send_replace(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_alone_for_a_time_after_its_last_follower_has_left() {
        let (all, scope) = (Arc::new(Presences::default()), Scope::new("a"));
        let presence = all.begin(&scope, "resp_1");
        let begun = Instant::now();
        let first = presence.follow();
        let others = async {
            sleep(100 * SECOND).await;
            drop(first);
            sleep(30 * SECOND).await;
            let second = all.follow(&scope, "resp_1").unwrap();
            sleep(100 * SECOND).await;
            drop(second);
            sleep(10 * SECOND).await;
            drop(all.follow(&scope, "resp_1"));
        };
        tokio::join!(presence.alone_for(60 * SECOND), others);
        assert_eq!(begun.elapsed(), 300 * SECOND);
        let never = presence.alone_for(Duration::MAX);
        assert!(timeout(1000 * SECOND, never).await.is_err());
        assert!(all.follow(&Scope::new("b"), "resp_1").is_none());
        drop(presence);
        assert!(all.follow(&scope, "resp_1").is_none());
    }
}
