use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

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
    // Hardly contended: mostly one task polls both ends.
    queue: Arc<Mutex<Queue>>,
}

/// Deltas on their way from the writer to the stream.
#[derive(Default)]
struct Queue {
    deltas: VecDeque<Delta>,
    /// The task that polled the stream last.
    reader: Option<Waker>,
    /// The stream waits for a delta.
    is_read: bool,
    /// The task that waits until all is taken.
    flusher: Option<Waker>,
    /// The stream was dropped, and nothing is taken any more.
    is_closed: bool,
}

impl Queue {
    /// Takes the next delta. After the last one, wakes the task that flushes; in the same task the next
    /// poll of the stream resumes it.
    fn pop(&mut self, cx: &Context<'_>) -> Option<Delta> {
        let delta = self.deltas.pop_front()?;
        if self.deltas.is_empty()
            && let Some(flusher) = self.flusher.take()
            && !flusher.will_wake(cx.waker())
        {
            flusher.wake();
        }
        Some(delta)
    }

    /// Lets a delta that is written later wake the task of the stream.
    fn wait(&mut self, cx: &Context<'_>) {
        match &mut self.reader {
            Some(reader) => reader.clone_from(cx.waker()),
            None => self.reader = Some(cx.waker().clone()),
        }
        self.is_read = true;
    }
}

impl OutputWriter {
    /// Waits until all deltas written so far have been taken, or the stream was dropped.
    pub fn flush(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let queue = Arc::clone(&self.queue);
        std::future::poll_fn(move |cx| {
            let mut queue = lock(&queue);
            if queue.deltas.is_empty() {
                return Poll::Ready(());
            }
            match &mut queue.flusher {
                Some(flusher) => flusher.clone_from(cx.waker()),
                None => queue.flusher = Some(cx.waker().clone()),
            }
            Poll::Pending
        })
    }
}

impl DeltaSink for OutputWriter {
    fn push(&mut self, delta: Delta) {
        let mut queue = lock(&self.queue);
        if queue.is_closed {
            return;
        }
        queue.deltas.push_back(delta);
        // Not while the stream is polled: it looks here afterwards.
        if std::mem::take(&mut queue.is_read)
            && let Some(reader) = &queue.reader
        {
            reader.wake_by_ref();
        }
    }
}

impl fmt::Debug for OutputWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutputWriter")
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn run<F, Fut>(run: F) -> Written<Fut>
where
    F: FnOnce(Writer<OutputWriter>) -> Fut,
    Fut: Future<Output = Result<(), Error>>,
{
    let queue = Arc::new(Mutex::new(Queue::default()));
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
        queue: Arc<Mutex<Queue>>,
        #[pin]
        future: Option<Fut>,
        error: Option<Error>,
    }

    impl<Fut> PinnedDrop for Written<Fut> {
        /// The writer may be in a task of its own.
        fn drop(this: Pin<&mut Self>) {
            let (deltas, flusher) = {
                let mut queue = lock(&this.queue);
                queue.is_closed = true;
                queue.reader = None;
                (std::mem::take(&mut queue.deltas), queue.flusher.take())
            };
            drop(deltas);
            if let Some(flusher) = flusher {
                flusher.wake();
            }
        }
    }
}

impl<Fut: Future<Output = Result<(), Error>>> Stream for Written<Fut> {
    type Item = Result<Delta, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        {
            let mut queue = lock(this.queue);
            queue.is_read = false;
            if let Some(delta) = queue.pop(cx) {
                return Poll::Ready(Some(Ok(delta)));
            }
        }
        if let Some(future) = this.future.as_mut().as_pin_mut()
            && let Poll::Ready(ended) = future.poll(cx)
        {
            this.future.set(None);
            *this.error = ended.err();
        }
        // Deltas written before the end leave before it.
        let mut queue = lock(this.queue);
        match queue.pop(cx) {
            Some(delta) => Poll::Ready(Some(Ok(delta))),
            None if this.future.is_none() => Poll::Ready(this.error.take().map(Err)),
            None => {
                queue.wait(cx);
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::StreamExt;
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::output::OutputStream;

    #[tokio::test(start_paused = true)]
    async fn a_writer_may_leave_its_task() {
        let mut stream = OutputStream::write(|mut out| async move {
            tokio::spawn(async move {
                for word in ["a", "b"] {
                    sleep(Duration::from_secs(1)).await;
                    out.text(word);
                    out.sink().flush().await;
                }
                out.complete();
            });
            std::future::pending().await
        });
        let mut read = 0;
        let reading = async {
            while let Some(delta) = stream.next().await {
                delta.unwrap();
                read += 1;
                if read == 3 {
                    break;
                }
            }
        };
        assert!(timeout(Duration::from_secs(60), reading).await.is_ok());
    }

    #[tokio::test]
    async fn a_writer_in_its_own_task_learns_that_its_stream_is_gone() {
        let (sender, kept) = tokio::sync::oneshot::channel();
        let mut stream = OutputStream::write(|mut out| async move {
            out.text("a");
            out.text("b");
            let _ = sender.send(out);
            std::future::pending().await
        });
        assert!(stream.next().await.is_some());
        let mut out = kept.await.unwrap();
        let queue = Arc::clone(&out.sink().queue);
        let flushing = tokio::spawn(async move {
            out.sink().flush().await;
            out.text("c");
            out.sink().flush().await;
        });
        tokio::task::yield_now().await;
        assert!(!flushing.is_finished());
        drop(stream);
        flushing.await.unwrap();
        assert!(lock(&queue).deltas.is_empty());
    }

    #[tokio::test]
    async fn a_delta_that_is_written_while_the_stream_is_polled_wakes_nothing() {
        let mut stream = OutputStream::write(|mut out| async move {
            out.text("a");
            out.sink().flush().await;
            out.text("b");
            std::future::pending().await
        });
        let (waker, count) = counting_waker();
        let mut cx = Context::from_waker(&waker);
        for expected in ["a", "b"] {
            let Poll::Ready(Some(Ok(delta))) = stream.poll_next_unpin(&mut cx) else {
                unreachable!("{expected}")
            };
            let expected = Delta::text(expected);
            assert!(matches!(delta, crate::output::Output::Delta(delta) if delta == expected));
        }
        assert!(stream.poll_next_unpin(&mut cx).is_pending());
        assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 0);
    }

    /// A waker that counts.
    fn counting_waker() -> (Waker, Arc<std::sync::atomic::AtomicUsize>) {
        struct Count(Arc<std::sync::atomic::AtomicUsize>);
        impl std::task::Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        let count = Arc::default();
        (Arc::new(Count(Arc::clone(&count))).into(), count)
    }
}
