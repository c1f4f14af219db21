use std::task::{Context, Poll};

use http::Response;
use tower_service::Service;

use super::StreamTimeoutFuture;
use super::deadlines::{Deadlines, Limits};
use crate::error::{BoxError, Error};
use crate::output::OutputStream;

/// A service with time limits, created by [`StreamTimeoutLayer`](super::StreamTimeoutLayer).
#[derive(Clone, Copy, Debug)]
pub struct StreamTimeout<S> {
    inner: S,
    limits: Limits,
}

impl<S> StreamTimeout<S> {
    pub(super) fn new(inner: S, limits: Limits) -> Self {
        Self { inner, limits }
    }
}

impl<S, R> Service<R> for StreamTimeout<S>
where
    S: Service<R, Response = Response<OutputStream>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<OutputStream>;
    type Error = Error;
    type Future = StreamTimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from_boxed)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let deadlines = Deadlines::new(self.limits);
        StreamTimeoutFuture::new(self.inner.call(request), deadlines)
    }
}
