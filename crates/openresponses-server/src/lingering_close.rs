//! Closing a connection so that a refusal reaches the client.
//!
//! A body that is too large is refused before it was read. Closing the socket then resets the
//! connection of a client that is still sending, and the refusal is lost. Therefore the rest of the
//! body is read and discarded for a limited time, as web servers do.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::watched_socket::WatchedSocket;

/// The time limit for discarding.
const LONGEST: Duration = Duration::from_secs(30);

/// The longest pause of the client.
const SILENCE: Duration = Duration::from_secs(2);

/// Set when a body of the connection was dropped before its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<AtomicBool>);

/// A request's body that records whether it was read to its end.
#[derive(Debug)]
pub(crate) struct Watched {
    body: Incoming,
    over: bool,
    unread: Unread,
}

impl Watched {
    pub(crate) fn new(body: Incoming, unread: Unread) -> Self {
        Self {
            body,
            over: false,
            unread,
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.over && !self.body.is_end_stream() {
            self.unread.0.store(true, Ordering::Relaxed);
        }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        // After an error nothing is left to read.
        self.over |= !matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A socket that lingers on close when a body was not read.
#[derive(Debug)]
pub(crate) struct Lingering {
    stream: WatchedSocket,
    unread: Unread,
    closing: Option<Closing>,
}

#[derive(Debug)]
struct Closing {
    end: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Lingering {
    pub(crate) fn new(stream: WatchedSocket, unread: Unread) -> Self {
        Self {
            stream,
            unread,
            closing: None,
        }
    }

    /// Reads and discards until the client closes its side or the time is over.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut room = [0; 16 * 1024];
        let Some(closing) = &mut self.closing else {
            return Poll::Ready(());
        };
        loop {
            let mut read = ReadBuf::new(&mut room);
            match Pin::new(&mut self.stream).poll_read(cx, &mut read) {
                Poll::Ready(Ok(())) if !read.filled().is_empty() => {
                    let now = Instant::now();
                    if now >= closing.end {
                        return Poll::Ready(());
                    }
                    closing.timer.as_mut().reset(closing.end.min(now + SILENCE));
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return closing.timer.as_mut().poll(cx),
            }
        }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, data)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            if !self.unread.0.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
            let now = Instant::now();
            self.closing = Some(Closing {
                end: now + LONGEST,
                timer: Box::pin(sleep_until(now + SILENCE)),
            });
        }
        self.poll_drain(cx).map(Ok)
    }
}
