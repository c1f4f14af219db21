use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use openresponses_types::sequence::{Delta, DeltaSink, Writer};
use pin_project_lite::pin_project;

use crate::error::Error;

/// The sink of a [`Writer`] that feeds an [`OutputStream`](super::OutputStream).
///
/// ```
/// use openresponses_tower::OutputStream;
///
/// let stream = OutputStream::write(|mut out| async move {
///     out.text("The first words, ");
///     // Waits until they were taken.
///     out.sink().flush().await;
///     out.text("and others.");
///     out.complete();
///     Ok(())
/// });
/// # let _ = stream;
/// ```
#[derive(Clone)]
pub struct OutputWriter {
    // Never contended: one task polls both ends.
    queue: Arc<Mutex<VecDeque<Delta>>>,
}

impl OutputWriter {
    /// Waits until all deltas written so far have been taken.
    pub fn flush(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let queue = Arc::clone(&self.queue);
        std::future::poll_fn(move |_| {
            // The stream wakes this future when it is polled again after the last delta.
            if lock(&queue).is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
}

impl DeltaSink for OutputWriter {
    fn push(&mut self, delta: Delta) {
        lock(&self.queue).push_back(delta);
    }
}

impl fmt::Debug for OutputWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutputWriter")
    }
}

fn lock(queue: &Mutex<VecDeque<Delta>>) -> MutexGuard<'_, VecDeque<Delta>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn run<F, Fut>(run: F) -> Written<Fut>
where
    F: FnOnce(Writer<OutputWriter>) -> Fut,
    Fut: Future<Output = Result<(), Error>>,
{
    let queue = Arc::new(Mutex::new(VecDeque::new()));
    let future = run(Writer::new(OutputWriter {
        queue: Arc::clone(&queue),
    }));
    Written {
        queue,
        future: Some(future),
        error: None,
    }
}

pin_project! {
    /// Deltas written by a future.
    pub(super) struct Written<Fut> {
        queue: Arc<Mutex<VecDeque<Delta>>>,
        #[pin]
        future: Option<Fut>,
        error: Option<Error>,
    }
}

impl<Fut: Future<Output = Result<(), Error>>> Stream for Written<Fut> {
    type Item = Result<Delta, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        if let Some(delta) = lock(this.queue).pop_front() {
            return Poll::Ready(Some(Ok(delta)));
        }
        if let Some(future) = this.future.as_mut().as_pin_mut()
            && let Poll::Ready(ended) = future.poll(cx)
        {
            this.future.set(None);
            *this.error = ended.err();
        }
        // Deltas written before the end leave before it.
        match lock(this.queue).pop_front() {
            Some(delta) => Poll::Ready(Some(Ok(delta))),
            None if this.future.is_none() => Poll::Ready(this.error.take().map(Err)),
            None => Poll::Pending,
        }
    }
}
