//! A provider whose answers can be ended early, so that their clients are told.

use std::future::Future;
use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::{FutureExt, StreamExt, stream};
use hyper::{Request, Response};
use openresponses_tower::{CompactedWindow, Error, ErrorKind, OutputStream, Provider};
use openresponses_types::{Turn, Window};
use tokio::sync::watch;

/// A provider until it is stopped: then whatever it has not finished fails.
pub(crate) struct Stoppable<P> {
    provider: P,
    stopped: watch::Receiver<bool>,
}

/// Stops a [`Stoppable`].
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn stop(&self) {
        // Nobody may be left to be told.
        let _ = self.0.send(true);
    }
}

impl<P> Stoppable<P> {
    pub(crate) fn new(provider: P) -> (Self, Stop) {
        let (sender, stopped) = watch::channel(false);
        (Self { provider, stopped }, Stop(sender))
    }

    fn stopped(&self) -> impl Future<Output = ()> + Send + Unpin + 'static {
        let mut stopped = self.stopped.clone();
        async move {
            if stopped.wait_for(|stopped| *stopped).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        .boxed()
    }
}

impl<P: Provider> Provider for Stoppable<P> {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let mut stopped = self.stopped();
        let asked = pin!(self.provider.respond(turn));
        let answer = match select(asked, &mut stopped).await {
            Either::Left((answer, _)) => answer?,
            Either::Right(_) => return Err(shutting_down()),
        };
        Ok(answer.map(|mut output| {
            OutputStream::new(stream::poll_fn(move |cx| {
                if stopped.poll_unpin(cx).is_ready() {
                    return std::task::Poll::Ready(Some(Err(shutting_down())));
                }
                output.poll_next_unpin(cx)
            }))
        }))
    }

    fn compact(
        &self,
        window: Request<Window>,
    ) -> impl Future<Output = Result<Response<CompactedWindow>, Error>> + Send {
        self.provider.compact(window)
    }
}

fn shutting_down() -> Error {
    Error::new(
        ErrorKind::Overloaded,
        "server_shutdown",
        "The server is shutting down. Send the request again.",
    )
}
