use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Response;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

use super::StreamConcurrencyLimitFuture;
use crate::error::{BoxError, Error};
use crate::output::OutputStream;

/// A pending permit.
type Acquire =
    Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + Sync>>;

/// A service that counts responses until their streams end, created by
/// [`StreamConcurrencyLimitLayer`](super::StreamConcurrencyLimitLayer).
pub struct StreamConcurrencyLimit<S> {
    inner: S,
    permits: Arc<Semaphore>,
    /// `None` queues callers.
    retry_after: Option<Duration>,
    /// The permit for the next call. Clones do not get it.
    permit: Option<OwnedSemaphorePermit>,
    acquire: Option<Acquire>,
}

impl<S> StreamConcurrencyLimit<S> {
    pub(super) fn new(inner: S, permits: Arc<Semaphore>, retry_after: Option<Duration>) -> Self {
        Self {
            inner,
            permits,
            retry_after,
            permit: None,
            acquire: None,
        }
    }

    fn try_acquire(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// Resolves when a permit for the next call is available.
    fn poll_permit(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.permit.is_some() {
            return Poll::Ready(Ok(()));
        }
        // Waiting callers are served first, so this does not overtake them.
        if self.acquire.is_none() {
            self.permit = self.try_acquire();
            if self.permit.is_some() {
                return Poll::Ready(Ok(()));
            }
        }
        let acquire = self
            .acquire
            .get_or_insert_with(|| Box::pin(Arc::clone(&self.permits).acquire_owned()));
        let permit = ready!(acquire.as_mut().poll(cx));
        self.acquire = None;
        self.permit = Some(permit.map_err(Error::server)?);
        Poll::Ready(Ok(()))
    }
}

impl<S, R> Service<R> for StreamConcurrencyLimit<S>
where
    S: Service<R, Response = Response<OutputStream>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<OutputStream>;
    type Error = Error;
    type Future = StreamConcurrencyLimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // The call is refused, not readiness: an error here would mean a broken service, and a
        // permit taken here would stay idle until the call.
        if self.retry_after.is_none() {
            ready!(self.poll_permit(cx))?;
        }
        self.inner.poll_ready(cx).map_err(Error::from_boxed)
    }

    fn call(&mut self, request: R) -> Self::Future {
        match self.permit.take().or_else(|| self.try_acquire()) {
            Some(permit) => StreamConcurrencyLimitFuture::new(self.inner.call(request), permit),
            None => {
                let wait = self.retry_after.unwrap_or(Duration::from_secs(1));
                StreamConcurrencyLimitFuture::refused(Error::overloaded().retry_after(wait))
            }
        }
    }
}

impl<S: Clone> Clone for StreamConcurrencyLimit<S> {
    fn clone(&self) -> Self {
        Self::new(
            self.inner.clone(),
            Arc::clone(&self.permits),
            self.retry_after,
        )
    }
}

impl<S: fmt::Debug> fmt::Debug for StreamConcurrencyLimit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamConcurrencyLimit")
            .field("inner", &self.inner)
            .field("available", &self.permits.available_permits())
            .field("retry_after", &self.retry_after)
            .field("ready", &self.permit.is_some())
            .finish()
    }
}
