//! An answer that is asked for once and given to all who wait for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(30);

/// Clones share the answer.
pub(crate) struct SharedAnswer<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    read: Option<(Instant, T)>,
    /// `None` from a task that has panicked.
    reading: Option<Shared<BoxFuture<'static, Option<T>>>>,
}

impl<T: Clone + Send + Sync + 'static> SharedAnswer<T> {
    /// Returns the answer of the last [`KEPT`] seconds, or one that is read now. An older one is returned while a new
    /// one is read. One of which `is_kept` is false is only for those who wait for it. `None` where reading panicked.
    pub(crate) async fn get<F>(
        &self,
        read: impl FnOnce() -> F,
        is_kept: impl FnOnce(&T) -> bool + Send + 'static,
    ) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (known, reading) = {
            let mut state = self.lock();
            let known = state.read.clone();
            if let Some((since, answer)) = &known
                && since.elapsed() < KEPT
            {
                return Some(answer.clone());
            }
            let reading = state
                .reading
                .get_or_insert_with(|| self.read(read(), is_kept));
            (known, reading.clone())
        };
        match known {
            Some((_, answer)) => Some(answer),
            None => reading.await,
        }
    }

    /// Reads in a task of its own: a client that leaves does not end it.
    fn read(
        &self,
        answer: impl Future<Output = T> + Send + 'static,
        is_kept: impl FnOnce(&T) -> bool + Send + 'static,
    ) -> Shared<BoxFuture<'static, Option<T>>> {
        let reading = Reading(self.clone());
        let task = tokio::spawn(async move {
            let answer = answer.await;
            if is_kept(&answer) {
                reading.0.lock().read = Some((Instant::now(), answer.clone()));
            }
            answer
        });
        task.map(Result::ok).boxed().shared()
    }
}

impl<T> SharedAnswer<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for SharedAnswer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for SharedAnswer<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            read: None,
            reading: None,
        })))
    }
}

/// Lets the answer be read again, also after a panic.
struct Reading<T>(SharedAnswer<T>);

impl<T> Drop for Reading<T> {
    fn drop(&mut self) {
        self.0.lock().reading = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_who_wait_get_one_answer_and_what_is_not_kept_is_read_again() {
        let shared = SharedAnswer::default();
        let (first, second) = tokio::join!(
            shared.get(|| async { 1 }, |_| false),
            shared.get(|| async { 2 }, |_| false),
        );
        assert_eq!((first, second), (Some(1), Some(1)));
        while shared.lock().reading.is_some() {
            tokio::task::yield_now().await;
        }
        assert_eq!(shared.get(|| async { 3 }, |_| true).await, Some(3));
        assert_eq!(shared.get(|| async { 4 }, |_| true).await, Some(3));
    }

    #[tokio::test]
    async fn an_answer_is_read_again_after_a_panic() {
        let shared = SharedAnswer::<u8>::default();
        assert_eq!(
            shared.get(|| async { panic!("the list") }, |_| true).await,
            None
        );
        assert!(shared.lock().reading.is_none());
        assert_eq!(shared.get(|| async { 1 }, |_| true).await, Some(1));
    }
}
