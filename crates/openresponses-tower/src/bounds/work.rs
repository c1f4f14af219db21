use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::Tenant;
use crate::error::Error;
use crate::workers::{Workers, runtime_for};

impl Tenant {
    /// Works on so many bytes: what is large on the runtime's threads for blocking work, of which
    /// a tenant takes half as many at once as there are processors, so that small requests do not
    /// wait for large ones, nor others for this tenant's. Outside of tokio, and what is small, in place and
    /// at once.
    ///
    /// # Errors
    /// A panic.
    pub(crate) fn work<T, F>(&self, bytes: u64, work: F) -> Work<'_, T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        match runtime_for(bytes) {
            Some(runtime) => Work::Beside(Box::pin(self.work_beside(runtime, work))),
            None => Work::Done(Some(work())),
        }
    }

    async fn work_beside<T, F>(&self, runtime: Handle, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let own = self.workers.get_or_init(|| Workers::one_in(2));
        let places = (own.place().await, self.bounds.workers.place().await);
        let done = runtime.spawn_blocking(move || {
            let _places = places;
            work()
        });
        done.await.map_err(Error::server)
    }
}

/// The future of [`Tenant::work`]. It is small where the work is, since those of requests hold it.
pub(crate) enum Work<'a, T> {
    /// `None` once it was returned.
    Done(Option<T>),
    Beside(Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>),
}

/// The result is moved.
impl<T> Unpin for Work<'_, T> {}

impl<T> Future for Work<'_, T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Error>> {
        match &mut *self {
            Self::Done(done) => done
                .take()
                .map_or(Poll::Pending, |done| Poll::Ready(Ok(done))),
            Self::Beside(work) => work.as_mut().poll(cx),
        }
    }
}

/// Works on what a request holds.
pub(crate) struct Worker {
    tenant: Arc<Tenant>,
    bytes: u64,
}

impl Worker {
    pub(super) fn new(tenant: Arc<Tenant>, bytes: u64) -> Self {
        Self { tenant, bytes }
    }

    /// See [`Tenant::work`].
    ///
    /// # Errors
    /// A panic.
    pub(crate) fn work<T, F>(&self, work: F) -> Work<'_, T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.tenant.work(self.bytes, work)
    }

    /// Drops a large value in its turn, like other work.
    pub(crate) fn discard<T: Send + 'static>(self: Arc<Self>, value: T) {
        match runtime_for(self.bytes) {
            Some(runtime) => {
                let discard = async move { drop(self.work(move || drop(value)).await) };
                drop(runtime.spawn(discard));
            }
            None => drop(value),
        }
    }
}

/// Drops a value of so many bytes: what is large, on a thread for blocking work, since it may be made of
/// very many parts.
pub(crate) fn discard<T: Send + 'static>(bytes: u64, value: T) {
    match runtime_for(bytes) {
        Some(runtime) => drop(runtime.spawn_blocking(move || drop(value))),
        None => drop(value),
    }
}

/// A future that holds so many bytes. Dropped before its end, it is [discarded](discard).
pub(crate) struct Discarded<F: Send + 'static> {
    bytes: u64,
    /// `None` after the end.
    work: Option<Pin<Box<F>>>,
}

impl<F: Future + Send + 'static> Discarded<F> {
    pub(crate) fn new(bytes: u64, work: F) -> Self {
        Self {
            bytes,
            work: Some(Box::pin(work)),
        }
    }
}

impl<F: Future + Send + 'static> Future for Discarded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.work else {
            return Poll::Pending;
        };
        let done = std::task::ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(done)
    }
}

impl<F: Send + 'static> Drop for Discarded<F> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            discard(self.bytes, work);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread::{self, ThreadId};

    use super::*;
    use crate::bounds::Bounds;
    use crate::scope::Scope;

    const SMALL: u64 = 64 * 1024;

    /// Reports the thread that drops it.
    struct Dropped(Sender<ThreadId>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }

    /// Returns whether what `discard` takes is dropped by the thread that discards it.
    async fn is_dropped_here(discard: impl FnOnce(Dropped)) -> bool {
        let (sender, dropped): (_, Receiver<ThreadId>) = channel();
        discard(Dropped(sender));
        let dropped = tokio::task::spawn_blocking(move || dropped.recv());
        dropped.await.unwrap().unwrap() == thread::current().id()
    }

    #[tokio::test]
    async fn what_is_large_is_dropped_beside_the_threads_that_serve() {
        let tenant = Bounds::new().tenant(&Scope::new("a"));
        for (bytes, here) in [(0, true), (SMALL, true), (SMALL + 1, false)] {
            assert_eq!(is_dropped_here(|value| discard(bytes, value)).await, here);
            let worker = Arc::new(Worker::new(Arc::clone(&tenant), bytes));
            assert_eq!(is_dropped_here(|value| worker.discard(value)).await, here);
            let unfinished = |value: Dropped| {
                drop(Discarded::new(bytes, async move {
                    std::future::pending::<()>().await;
                    drop(value);
                }));
            };
            assert_eq!(is_dropped_here(unfinished).await, here);
        }
    }

    #[tokio::test]
    async fn what_is_large_is_worked_on_beside_the_threads_that_serve() {
        let tenant = Bounds::new().tenant(&Scope::new("a"));
        for (bytes, here) in [(SMALL, true), (SMALL + 1, false)] {
            let thread = || thread::current().id();
            let worked = tenant.work(bytes, thread).await.ok().unwrap();
            assert_eq!(worked == thread(), here);
            let worker = Worker::new(Arc::clone(&tenant), bytes);
            assert_eq!(worker.work(thread).await.ok().unwrap() == thread(), here);
        }
        let panics = tenant.work(SMALL + 1, || panic!("on purpose"));
        assert!(panics.await.is_err());
    }
}
