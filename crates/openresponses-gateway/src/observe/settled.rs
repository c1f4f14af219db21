//! Waiting for an observer at the end of a response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use openresponses_tower::output::Output;
use openresponses_tower::{Error, guard};
use tokio::time::timeout;

use super::observer::Observer;

/// How long the end of a response waits.
const LIMIT: Duration = Duration::from_secs(2);

/// What the end of a response waits for.
type Settling = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Waits after the end of a request.
pub(crate) async fn settle(observer: Option<&dyn Observer>) {
    if let Some(settling) = settling(observer) {
        settling.await;
    }
}

fn settling(observer: Option<&dyn Observer>) -> Option<Settling> {
    let observer = observer?;
    let settled = guard::call(|| observer.settled()).ok()??;
    Some(Box::pin(async {
        // The response ends, whatever becomes of it.
        if timeout(LIMIT, guard::future(settled)).await.is_err() {
            tracing::warn!("an observer took too long, so a response did not wait for it");
        }
    }))
}

/// The last piece of a response, which waits for the observer.
pub(crate) struct LastPiece {
    /// `None` once it was returned, too.
    piece: Option<Result<Output, Error>>,
    settling: Option<Settling>,
}

impl LastPiece {
    pub(crate) fn new(
        piece: Option<Result<Output, Error>>,
        observer: Option<&dyn Observer>,
    ) -> Self {
        Self {
            piece,
            settling: settling(observer),
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Output, Error>>> {
        if let Some(settling) = &mut self.settling {
            ready!(settling.as_mut().poll(cx));
            self.settling = None;
        }
        Poll::Ready(self.piece.take())
    }
}
