use std::time::Duration;

use tower_layer::Layer;

use super::StreamTimeout;
use super::deadlines::Limits;

/// Limits the time to the first output of a response, each silence in its stream, and the total
/// time. Default: no limits.
///
/// A response beyond a limit fails with [`Error::timeout`](crate::Error::timeout): before the head
/// as HTTP 504, in the stream as `error` and `response.failed`, where a timeout of the body would
/// cut the stream off. The inner response is dropped at once.
///
/// Outside of a [`PrimeLayer`](super::super::PrimeLayer) the head arrives with the first output, so
/// that `first_output` is always a 504.
///
/// ```
/// use std::time::Duration;
/// use futures_util::{StreamExt, stream};
/// use http::Response;
/// use openresponses_tower::layers::StreamTimeoutLayer;
/// use openresponses_tower::{Error, ErrorKind, OutputStream};
/// use openresponses_types::sequence::Delta;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let model = service_fn(|pause: u64| async move {
///     let words = stream::iter(["one", "two"]).then(move |word| async move {
///         tokio::time::sleep(Duration::from_secs(pause)).await;
///         Ok(Delta::text(word))
///     });
///     Ok::<_, Error>(Response::new(OutputStream::new(words)))
/// });
/// let guarded = StreamTimeoutLayer::new()
///     .first_output(Duration::from_secs(60))
///     .idle(Duration::from_secs(10))
///     .layer(model);
///
/// let swift = guarded.clone().oneshot(9).await.unwrap().into_body();
/// assert_eq!(swift.filter(|item| std::future::ready(item.is_ok())).count().await, 2);
///
/// let mut slow = guarded.oneshot(11).await.unwrap().into_body();
/// assert!(slow.next().await.unwrap().is_ok());
/// assert_eq!(slow.next().await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
/// assert!(slow.next().await.is_none());
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamTimeoutLayer {
    limits: Limits,
}

impl StreamTimeoutLayer {
    /// Creates a layer without limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time limit for the first output, counted from the call. Token counts and members of
    /// the response are not output.
    #[must_use]
    pub fn first_output(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.limits.first_output = time.into();
        self
    }

    /// Sets the longest silence of the stream. Time in which the client does not read is not
    /// silence. Before the first output the limit applies only without `first_output`, and before
    /// the head not at all.
    #[must_use]
    pub fn idle(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.limits.idle = time.into();
        self
    }

    /// Sets the time limit from the call to the end, regardless of how fast the client reads.
    #[must_use]
    pub fn total(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.limits.total = time.into();
        self
    }
}

impl<S> Layer<S> for StreamTimeoutLayer {
    type Service = StreamTimeout<S>;

    fn layer(&self, inner: S) -> StreamTimeout<S> {
        StreamTimeout::new(inner, self.limits)
    }
}
