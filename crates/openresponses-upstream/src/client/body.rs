use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::error::ClientError;
use super::http1::Http1;
use super::pool::{Key, Pool};
use super::shared::Stream;

/// The body of an upstream's answer. Polling it runs the connection; dropping it before its end
/// closes the connection, or resets the stream of an HTTP/2 connection.
pub struct UpstreamBody {
    incoming: Incoming,
    /// The connection, and where it goes when the body is over.
    connection: Option<(Http1, (Arc<Pool>, Key))>,
    /// The place on an HTTP/2 connection.
    stream: Option<Stream>,
    idle: Option<Duration>,
    /// Runs while nothing arrives.
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
    is_over: bool,
}

impl UpstreamBody {
    pub(super) fn http1(
        incoming: Incoming,
        connection: Http1,
        home: (Arc<Pool>, Key),
        idle: Option<Duration>,
    ) -> Self {
        Self {
            connection: Some((connection, home)),
            ..Self::new(incoming, idle)
        }
    }

    pub(super) fn http2(incoming: Incoming, stream: Stream, idle: Option<Duration>) -> Self {
        Self {
            stream: Some(stream),
            ..Self::new(incoming, idle)
        }
    }

    fn new(incoming: Incoming, idle: Option<Duration>) -> Self {
        Self {
            incoming,
            connection: None,
            stream: None,
            idle,
            timer: None,
            is_waiting: false,
            is_over: false,
        }
    }

    /// Reads all of the body.
    ///
    /// # Errors
    /// When it breaks, or is longer than `most` bytes.
    pub async fn read(mut self, most: usize) -> Result<Bytes, ClientError> {
        let mut all = BytesMut::new();
        while let Some(frame) = self.frame().await {
            if let Ok(data) = frame?.into_data() {
                if all.len() + data.len() > most {
                    return Err(ClientError::TooLong(most));
                }
                all.extend_from_slice(&data);
            }
        }
        Ok(all.freeze())
    }

    fn poll_incoming(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let Some((connection, _)) = &mut self.connection else {
            return Poll::Pending;
        };
        connection.drive(cx);
        Pin::new(&mut self.incoming).poll_frame(cx)
    }

    /// The body is over: the connection may serve another request.
    fn give_back(&mut self, cx: &mut Context<'_>) {
        self.stream = None;
        if let Some((mut connection, (pool, key))) = self.connection.take()
            && connection.is_ready(cx)
        {
            pool.keep_http1(&key, connection);
        }
    }

    /// Returns whether nothing has arrived for too long.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(idle) = self.idle else {
            return Poll::Pending;
        };
        let deadline = || Instant::now() + idle;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline())));
        if !std::mem::replace(&mut self.is_waiting, true) {
            timer.as_mut().reset(deadline());
        }
        timer.as_mut().poll(cx)
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        match self.poll_incoming(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.is_waiting = false;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.is_over = true;
                self.connection = None;
                Poll::Ready(Some(Err(ClientError::Http(error))))
            }
            Poll::Ready(None) => {
                self.is_over = true;
                self.give_back(cx);
                Poll::Ready(None)
            }
            Poll::Pending => {
                ready!(self.poll_idle(cx));
                self.is_over = true;
                self.connection = None;
                Poll::Ready(Some(Err(ClientError::Timeout("the next bytes"))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for UpstreamBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamBody")
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}
