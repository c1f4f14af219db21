//! A socket whose closing is detected while it is in use.
//!
//! A client that waits for a JSON response sends nothing meanwhile, and data that it sent ahead
//! hides its disconnection: hyper detects the end of a connection only after reading everything
//! before it. The operating system knows earlier.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::open_connections::OpenConnection;

/// How often the system is asked. Two positive results in a row count as disconnected.
const LOOK: Duration = Duration::from_millis(500);

/// A socket with several owners, one of which reads and writes.
#[derive(Clone, Debug)]
pub(crate) struct WatchedSocket(Arc<Admitted>);

/// A socket that counts as open until its last owner drops it. A WebSocket over HTTP/1.1 outlives the
/// HTTP connection.
#[derive(Debug)]
struct Admitted {
    stream: TcpStream,
    _admitted: OpenConnection,
}

impl WatchedSocket {
    pub(crate) fn new(stream: TcpStream, admitted: OpenConnection) -> Self {
        Self(Arc::new(Admitted {
            stream,
            _admitted: admitted,
        }))
    }

    fn stream(&self) -> &TcpStream {
        &self.0.stream
    }

    /// Resolves when the client has closed its side for a while, regardless of unread data.
    pub(crate) async fn gone(self) {
        let mut looks = 0;
        while looks < 2 {
            sleep(LOOK).await;
            let ready = self.stream().ready(Interest::READABLE).now_or_never();
            let closed = matches!(ready, Some(Ok(ready)) if ready.is_read_closed());
            looks = if closed { looks + 1 } else { 0 };
        }
    }
}

impl AsyncRead for WatchedSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream().poll_read_ready(cx))?;
            // A slice would have to be filled with zeroes; untouched memory costs nothing.
            match self.stream().try_read_buf(buffer) {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for WatchedSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(data)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream().poll_write_ready(cx))?;
            match self.stream().try_write_vectored(data) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(self.stream()).shutdown(std::net::Shutdown::Write))
    }
}
