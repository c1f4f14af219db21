//! Graceful shutdown of turns and WebSocket connections.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::watch;

use crate::error::{Error, ErrorKind};
use crate::registration::Registration;

/// Stage of the shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Running,
    /// No new turn is started.
    Draining,
    /// Active turns are ended.
    Ending,
}

/// Ends turns and WebSocket connections when the server stops, in a way that each client
/// understands. An HTTP server's own graceful shutdown ignores WebSocket connections and waits for
/// streams without a limit.
///
/// Clones share one handle.
///
/// ```
/// use std::time::Duration;
/// use openresponses_tower::{Config, Shutdown};
///
/// async fn serve(server: impl Future<Output = ()>, signal: impl Future<Output = ()>) {
///     let shutdown = Shutdown::new();
///     let config = Config::new().shutdown(&shutdown);
///     // .. mount a service with this config in `server`, and stop accepting at the signal ..
///     # let _ = config;
///     tokio::join!(server, async {
///         signal.await;
///         shutdown.drain();
///         if tokio::time::timeout(Duration::from_secs(20), shutdown.closed()).await.is_err() {
///             shutdown.end();
///             shutdown.closed().await;
///         }
///     });
/// }
/// # use std::future::Future;
/// ```
#[derive(Clone)]
pub struct Shutdown(Arc<watch::Sender<Stage>>);

impl Shutdown {
    /// Creates the handle of a running server.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Stage::Running)))
    }

    /// Starts draining: new WebSocket connections are refused with 503, and open ones are closed
    /// with 1001 once they have no turn. Queued messages are refused with the code
    /// `server_shutting_down`. HTTP requests are still answered.
    pub fn drain(&self) {
        self.advance(Stage::Draining);
    }

    /// Ends the active turns, then the connections: streams with `response.failed`, all requests that
    /// have no answer yet with 503, both with the code `server_shutting_down`.
    pub fn end(&self) {
        self.advance(Stage::Ending);
    }

    /// Resolves when no request waits for its answer, no turn is active and no WebSocket connection is
    /// open.
    pub async fn closed(&self) {
        self.0.closed().await;
    }

    fn advance(&self, to: Stage) {
        self.0.send_if_modified(|stage| {
            let further = *stage < to;
            *stage = to.max(*stage);
            further
        });
    }

    /// Returns true at the stage [`Stage::Ending`].
    pub(crate) fn is_ending(&self) -> bool {
        self.stage() == Stage::Ending
    }

    pub(crate) fn stage(&self) -> Stage {
        *self.0.borrow()
    }

    /// Awaits `work` unless the stage [`Stage::Ending`] is reached first. It counts as an active
    /// turn.
    pub(crate) async fn unless_ended<T, E: From<Error>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut watch = self.watch();
        let mut work = pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Pending => watch.poll_ending(cx).map(|()| Err(shutting_down().into())),
            done => done,
        })
        .await
    }

    /// Creates a watch for a turn or a connection, which counts as active while it lives.
    pub(crate) fn watch(&self) -> Watch {
        Watch::new(self.0.subscribe())
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shutdown").field(&self.stage()).finish()
    }
}

/// A turn's or a connection's view of the shutdown.
pub(crate) struct Watch {
    receiver: watch::Receiver<Stage>,
    /// The stage at the beginning, until it was returned.
    first: Option<Stage>,
    changed: Option<Changed>,
    registration: Registration,
}

type Changed = Pin<Box<dyn Future<Output = (Stage, watch::Receiver<Stage>)> + Send>>;

impl Watch {
    fn new(mut receiver: watch::Receiver<Stage>) -> Self {
        let first = Some(*receiver.borrow_and_update());
        Self {
            receiver,
            first,
            changed: None,
            registration: Registration::default(),
        }
    }

    /// Returns true if [`Stage::Ending`] may have been reached and was not returned yet. It takes one read
    /// of what is written at a new stage only.
    pub(crate) fn has_news(&self) -> bool {
        self.first == Some(Stage::Ending) || self.receiver.has_changed().unwrap_or_default()
    }

    /// Returns each stage as it is reached, starting with the current one.
    pub(crate) fn poll_stage(&mut self, cx: &mut Context<'_>) -> Poll<Stage> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(first);
        }
        // The handle may be gone, and with it all further stages.
        if self.registration.is_of(cx) && !self.receiver.has_changed().unwrap_or_default() {
            return Poll::Pending;
        }
        let changed = self
            .changed
            .get_or_insert_with(|| Box::pin(changed(self.receiver.clone())));
        let Poll::Ready((stage, receiver)) = changed.as_mut().poll(cx) else {
            self.registration.set(cx);
            return Poll::Pending;
        };
        self.registration.clear();
        self.receiver = receiver;
        self.changed = None;
        Poll::Ready(stage)
    }

    /// Resolves at [`Stage::Ending`].
    pub(crate) fn poll_ending(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while ready!(self.poll_stage(cx)) < Stage::Ending {}
        Poll::Ready(())
    }

    /// Creates a watch for another turn.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.receiver.clone())
    }
}

async fn changed(mut receiver: watch::Receiver<Stage>) -> (Stage, watch::Receiver<Stage>) {
    if receiver.changed().await.is_err() {
        // The handle was dropped, so no further stage can be reached.
        std::future::pending::<()>().await;
    }
    let stage = *receiver.borrow_and_update();
    (stage, receiver)
}

/// The error for turns that a shutdown prevents or ends.
pub(crate) fn shutting_down() -> Error {
    Error::new(
        ErrorKind::Overloaded,
        "server_shutting_down",
        "The server is shutting down. Try again on a new connection.",
    )
    .param("connection")
}
