use std::task::{Context, Poll};

use http::Response;
use tower_service::Service;

use super::PrimeFuture;
use crate::error::{BoxError, Error};
use crate::output::OutputStream;

/// A service that responds when the first output is available. See
/// [`PrimeLayer`](super::PrimeLayer).
#[derive(Clone, Copy, Debug)]
pub struct Prime<S> {
    inner: S,
}

impl<S> Prime<S> {
    /// Wraps `inner`.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, R> Service<R> for Prime<S>
where
    S: Service<R, Response = Response<OutputStream>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<OutputStream>;
    type Error = Error;
    type Future = PrimeFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from_boxed)
    }

    fn call(&mut self, request: R) -> Self::Future {
        PrimeFuture::new(self.inner.call(request))
    }
}
