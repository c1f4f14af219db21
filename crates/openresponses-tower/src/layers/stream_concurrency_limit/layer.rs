use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tower_layer::Layer;

use super::StreamConcurrencyLimit;

/// Limits the number of responses in progress, including their streams.
///
/// A response counts from the call until its stream ends or is dropped, so a client that
/// disconnects makes room at once, unless its turn is finished without it. tower's own limit
/// releases its permit with the head, before the stream.
///
/// At the limit the service is not ready, and callers wait in order of arrival without a time
/// limit; with [`reject`](Self::reject) they are refused. All services created by one layer and its
/// clones share the limit.
///
/// ```
/// use std::time::Duration;
/// use futures_util::{FutureExt, stream};
/// use http::Response;
/// use openresponses_tower::layers::StreamConcurrencyLimitLayer;
/// use openresponses_tower::output::Output;
/// use openresponses_tower::{Error, ErrorKind, OutputStream};
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
    /// Creates a layer that allows `max` responses at a time. Zero allows none.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))),
            retry_after: None,
        }
    }

    /// Refuses calls beyond the limit with [`Error::overloaded`](crate::Error::overloaded), HTTP
    /// 503, and `retry-after`, instead of queueing them.
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
