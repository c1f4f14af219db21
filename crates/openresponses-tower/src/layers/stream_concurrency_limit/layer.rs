use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tower_layer::Layer;

use super::StreamConcurrencyLimit;

/// Bounds how many answers are on their way at once, their streams included.
///
/// An answer counts from the call until its stream has ended or was dropped, so a client that goes
/// away makes room at once, unless its turn is finished without it. tower's own limit is done with
/// an answer when its head is there, which leaves streams uncounted.
///
/// When there is no room, the service is not ready, and callers wait for their turn in the order
/// in which they came, for as long as it takes; with [`reject`](Self::reject) they are refused.
/// Whatever services one layer and its clones make share the limit.
///
/// ```
/// use std::time::Duration;
/// use futures_util::{FutureExt, stream};
/// use http::Response;
/// use openresponses_tower::layers::StreamConcurrencyLimitLayer;
/// use openresponses_tower::{Error, ErrorKind, Output, OutputStream};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let model = service_fn(|_: ()| async move {
///     Ok::<_, Error>(Response::new(OutputStream::new(stream::pending::<Result<Output, Error>>())))
/// });
///
/// let refusing = StreamConcurrencyLimitLayer::new(1).reject(Duration::from_secs(1)).layer(model);
/// let first = refusing.clone().oneshot(()).await.unwrap();
/// let refused = refusing.clone().oneshot(()).await.unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::Overloaded);
/// drop(first);
/// assert!(refusing.oneshot(()).await.is_ok());
///
/// let waiting = StreamConcurrencyLimitLayer::new(1).layer(model);
/// let first = waiting.clone().oneshot(()).await.unwrap();
/// let mut second = Box::pin(waiting.oneshot(()));
/// assert!((&mut second).now_or_never().is_none());
/// drop(first);
/// assert!(second.await.is_ok());
/// # }
/// ```
#[derive(Clone)]
pub struct StreamConcurrencyLimitLayer {
    permits: Arc<Semaphore>,
    retry_after: Option<Duration>,
}

impl StreamConcurrencyLimitLayer {
    /// The layer of a limit of `max` answers at once. Zero lets none through.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))),
            retry_after: None,
        }
    }

    /// Refuses what is too much with [`Error::overloaded`](crate::Error::overloaded), HTTP 503,
    /// and `retry-after`, instead of letting it wait.
    #[must_use]
    pub fn reject(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }
}

impl<S> Layer<S> for StreamConcurrencyLimitLayer {
    type Service = StreamConcurrencyLimit<S>;

    fn layer(&self, inner: S) -> StreamConcurrencyLimit<S> {
        StreamConcurrencyLimit::new(inner, Arc::clone(&self.permits), self.retry_after)
    }
}

impl fmt::Debug for StreamConcurrencyLimitLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamConcurrencyLimitLayer")
            .field("available", &self.permits.available_permits())
            .field("retry_after", &self.retry_after)
            .finish()
    }
}
