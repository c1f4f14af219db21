//! A turn whose client may go away.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use openresponses_types::Response;

use crate::error::Error;
use crate::turn_event::TurnEvent;
use crate::turn_stream::TurnStream;

/// Work that goes on without a client.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks: the host's runtime.
#[derive(Clone)]
pub(crate) struct Spawner(Arc<dyn Fn(Task) + Send + Sync>);

impl Spawner {
    pub(crate) fn new(spawn: impl Fn(Task) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spawn))
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        (self.0)(Box::pin(task));
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawner")
    }
}

/// The means to finish turns without their clients.
#[derive(Clone, Debug)]
pub(crate) struct Drain {
    pub(crate) spawner: Spawner,
    pub(crate) time: Duration,
    pub(crate) at_once: usize,
    pub(crate) running: Arc<AtomicUsize>,
}

impl Drain {
    fn finish(self, stream: TurnStream) {
        let before = self.running.fetch_add(1, Ordering::Relaxed);
        let slot = Slot(Arc::clone(&self.running));
        if before >= self.at_once {
            return;
        }
        let time = self.time;
        self.spawner.spawn(async move {
            let _slot = slot;
            let mut running = Running {
                stream: Some(stream),
                drain: None,
            };
            if tokio::time::timeout(time, running.poll_to_end())
                .await
                .is_err()
            {
                tracing::warn!("a turn without a client took too long");
            }
        });
    }
}

struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A turn that is cancelled, or finished without its client, when it is dropped.
pub(crate) struct Running {
    /// None once the turn is over.
    stream: Option<TurnStream>,
    drain: Option<Drain>,
}

impl Running {
    pub(crate) fn new(stream: TurnStream, drain: Option<Drain>) -> Self {
        Self {
            stream: Some(stream),
            drain,
        }
    }

    /// The finished response, without its events.
    pub(crate) async fn collect(mut self) -> Result<Response, Error> {
        self.poll_to_end().await;
        match self.stream.take() {
            Some(stream) => stream.into_result(),
            None => Err(Error::server("a turn that is over")),
        }
    }

    fn poll_to_end(&mut self) -> impl Future<Output = ()> + Send {
        poll_fn(|cx| match &mut self.stream {
            Some(stream) => stream.poll_to_end(cx),
            None => Poll::Ready(()),
        })
    }
}

impl Stream for Running {
    type Item = TurnEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<TurnEvent>> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(None);
        };
        let next = Pin::new(stream).poll_next(cx);
        if let Poll::Ready(None) = next {
            self.stream = None;
        }
        next
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(stream), Some(drain)) = (self.stream.take(), self.drain.take())
            && !stream.is_over()
        {
            drain.finish(stream);
        }
    }
}
