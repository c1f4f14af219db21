//! The end of the server, told to what still runs.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::watch;

use crate::error::{Error, ErrorKind};

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Running,
    /// Nothing new is begun.
    Draining,
    /// What still runs is ended.
    Ending,
}

/// Ends turns and WebSocket connections when the server ends, each in the way that its client
/// understands. An HTTP server's own graceful shutdown does not wait for WebSocket connections, and
/// it waits for the turns of others without a limit.
///
/// Clones are one handle.
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
    /// A handle of a server that runs.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Stage::Running)))
    }

    /// Begins the end: new WebSocket connections are refused with 503, those without a turn are
    /// closed with 1001, and so are the others when their turn has ended. Messages that wait are
    /// refused with the code `server_shutting_down`. Requests over HTTP are still answered.
    pub fn drain(&self) {
        self.advance(Stage::Draining);
    }

    /// Ends the turns that still run: streams with `response.failed` of the code
    /// `server_shutting_down`, others with 503 of that code; and then the connections.
    pub fn end(&self) {
        self.advance(Stage::Ending);
    }

    /// Resolves when no turn runs and no WebSocket connection is open any more.
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

    pub(crate) fn stage(&self) -> Stage {
        *self.0.borrow()
    }

    /// What `work` comes to, unless what still runs is ended before. It counts as running.
    pub(crate) async fn unless_ended<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        let mut watch = self.watch();
        let mut work = pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            Poll::Pending => watch.poll_ending(cx).map(|()| Err(shutting_down())),
        })
        .await
    }

    /// The view of a turn or a connection. It counts for as long as this lives.
    pub(crate) fn watch(&self) -> Watch {
        let mut receiver = self.0.subscribe();
        receiver.mark_changed();
        Watch {
            receiver,
            changed: None,
        }
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

/// What a turn or a connection sees of the end.
pub(crate) struct Watch {
    receiver: watch::Receiver<Stage>,
    changed: Option<Changed>,
}

type Changed = Pin<Box<dyn Future<Output = (Stage, watch::Receiver<Stage>)> + Send>>;

impl Watch {
    /// Ready with each stage that is reached, the present one first.
    pub(crate) fn poll_stage(&mut self, cx: &mut Context<'_>) -> Poll<Stage> {
        let changed = self
            .changed
            .get_or_insert_with(|| Box::pin(changed(self.receiver.clone())));
        let (stage, receiver) = ready!(changed.as_mut().poll(cx));
        self.receiver = receiver;
        self.changed = None;
        Poll::Ready(stage)
    }

    /// Ready once what still runs is to be ended.
    pub(crate) fn poll_ending(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while ready!(self.poll_stage(cx)) < Stage::Ending {}
        Poll::Ready(())
    }

    /// For another turn.
    pub(crate) fn another(&self) -> Self {
        let mut receiver = self.receiver.clone();
        receiver.mark_changed();
        Self {
            receiver,
            changed: None,
        }
    }
}

async fn changed(mut receiver: watch::Receiver<Stage>) -> (Stage, watch::Receiver<Stage>) {
    if receiver.changed().await.is_err() {
        // The handle is gone, and nobody can tell of an end any more.
        std::future::pending::<()>().await;
    }
    let stage = *receiver.borrow_and_update();
    (stage, receiver)
}

/// What those are told whose turn is not begun, or not finished, for the end.
pub(crate) fn shutting_down() -> Error {
    Error::new(
        ErrorKind::Overloaded,
        "server_shutting_down",
        "The server is shutting down. Try again on a new connection.",
    )
    .param("connection")
}
