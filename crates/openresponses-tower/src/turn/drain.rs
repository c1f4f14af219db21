//! Active turns, and turns that continue after their client has disconnected.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use openresponses_types::Response;
use tracing::{Instrument, Span};

use super::frame::TurnEvent;
use super::stream::TurnStream;
use crate::bounds::Claim;
use crate::error::Error;
use crate::guard;
use crate::shutdown::{Watch, shutting_down};

/// Work that continues without a client.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Spawns tasks on the host's runtime.
#[derive(Clone)]
pub(crate) struct Spawner(Arc<dyn Fn(Task) + Send + Sync>);

impl Spawner {
    pub(crate) fn new(spawn: impl Fn(Task) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spawn))
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let task: Task = Box::pin(task);
        if guard::call(|| (self.0)(task)).is_err() {
            tracing::error!("the host's function that spawns tasks panicked");
        }
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawner")
    }
}

/// Limits for finishing turns whose clients have disconnected.
#[derive(Clone, Debug)]
pub(crate) struct Drain {
    pub(crate) spawner: Spawner,
    pub(crate) time: Duration,
    pub(crate) at_once: usize,
    pub(crate) running: Arc<AtomicUsize>,
}

/// Streams that survive their client, so that it can resume them.
#[derive(Clone, Debug)]
pub(crate) struct Resume {
    pub(crate) spawner: Spawner,
    /// How long they do.
    pub(crate) time: Duration,
}

impl Drain {
    fn finish(self, stream: Box<TurnStream>, shutdown: Watch) {
        let before = self.running.fetch_add(1, Ordering::Relaxed);
        let slot = Slot(Arc::clone(&self.running));
        if before >= self.at_once {
            return stream.discard();
        }
        let time = self.time;
        let span = stream.span();
        let mut running = ActiveTurn::new(stream, None, shutdown);
        let finished = async move {
            let _slot = slot;
            if tokio::time::timeout(time, running.run_to_end())
                .await
                .is_err()
            {
                tracing::warn!("a turn without a client took too long");
            }
        };
        self.spawner.spawn(finished.instrument(span));
    }
}

struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A turn in progress. Dropping it cancels the turn or, with a [`Drain`], finishes it in a task. A
/// shutdown ends it as failed.
pub(crate) struct ActiveTurn {
    /// `None` after the end of the turn. Boxed, because a turn changes hands several times.
    stream: Option<Box<TurnStream>>,
    drain: Option<Drain>,
    shutdown: Watch,
    span: Span,
}

impl ActiveTurn {
    pub(crate) fn new(stream: Box<TurnStream>, drain: Option<Drain>, shutdown: Watch) -> Self {
        Self {
            span: stream.span(),
            stream: Some(stream),
            drain,
            shutdown,
        }
    }

    /// Omits the `error` event.
    #[cfg(feature = "ws")]
    pub(crate) fn without_error_event(mut self) -> Self {
        let stream = self.stream.take();
        self.stream = stream.map(TurnStream::without_error_event);
        self
    }

    /// Ends the turn as failed and drops its provider.
    pub(crate) fn fail(&mut self, error: Error) {
        if let Some(stream) = &mut self.stream {
            stream.fail(error);
        }
    }

    /// Runs the turn to its end and returns what `make` makes of the response, with what its request
    /// holds.
    pub(crate) async fn collect<T: Send + 'static>(
        mut self,
        make: impl FnOnce(&Response) -> T + Send + 'static,
    ) -> Result<(T, Option<Claim>), Error> {
        if let Some(stream) = &mut self.stream {
            stream.silence();
        }
        self.run_to_end().await;
        let Some(stream) = self.stream.take() else {
            return Err(Error::server("a turn that is over"));
        };
        let worker = stream.worker();
        let finish = move || stream.finish(make);
        match worker {
            Some(worker) => worker.work(finish).await?,
            None => finish(),
        }
    }

    fn run_to_end(&mut self) -> impl Future<Output = ()> + Send {
        poll_fn(|cx| self.poll_stream(cx, (), TurnStream::poll_to_end))
    }

    /// Polls the turn, and once more when a shutdown ends it. Returns `over` after the end of the turn.
    // Events are large, so they are not wrapped and unwrapped on their way.
    fn poll_stream<T>(
        &mut self,
        cx: &mut Context<'_>,
        over: T,
        poll: impl Fn(&mut TurnStream, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(over);
        };
        let _entered = self.span.enter();
        // A turn that is always ready is ended, too.
        if self.shutdown.has_news() && self.shutdown.poll_ending(cx).is_ready() {
            stream.fail(shutting_down());
        }
        let polled = poll(stream, cx);
        if polled.is_pending() && self.shutdown.poll_ending(cx).is_ready() {
            stream.fail(shutting_down());
            return poll(stream, cx);
        }
        polled
    }
}

impl Stream for ActiveTurn {
    type Item = TurnEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<TurnEvent>> {
        let next = self.poll_stream(cx, None, |stream, cx| Pin::new(stream).poll_next(cx));
        if let Poll::Ready(None) = next
            && let Some(stream) = self.stream.take()
        {
            stream.discard();
        }
        next
    }
}

impl fmt::Debug for ActiveTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActiveTurn")
    }
}

impl Drop for ActiveTurn {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        match self.drain.take() {
            Some(drain) if !stream.is_over() => drain.finish(stream, self.shutdown.another()),
            _ => stream.discard(),
        }
    }
}
