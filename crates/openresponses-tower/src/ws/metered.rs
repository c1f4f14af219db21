//! A byte stream that counts its traffic and follows its frames.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::Frames;

/// The most bytes that the transport gets at once. HTTP/2 takes any number, and keeps them until its
/// client has room or the connection ends.
const PIECE: usize = 32 * 1024;

/// Counts the bytes in both directions, which is activity, and the frames received.
#[derive(Debug)]
pub(super) struct Metered<S> {
    io: S,
    pub(super) read: u64,
    pub(super) written: u64,
    pub(super) frames: Frames,
    /// How many bytes may be read before other tasks run and what was read is counted.
    pub(super) allowed: usize,
}

impl<S> Metered<S> {
    pub(super) fn new(io: S) -> Self {
        Self {
            io,
            read: 0,
            written: 0,
            frames: Frames::default(),
            allowed: usize::MAX,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.allowed == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        let new = buffer.filled().get(before..).unwrap_or_default();
        self.read += new.len() as u64;
        self.allowed = self.allowed.saturating_sub(new.len());
        self.frames.push(new);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let piece = data.get(..PIECE).unwrap_or(data);
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, piece))?;
        self.written += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Takes everything, and records how much at once.
    #[derive(Default)]
    struct Greedy(Vec<usize>);

    impl AsyncWrite for Greedy {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            data: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0.push(data.len());
            Poll::Ready(Ok(data.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_transport_that_takes_any_number_of_bytes_gets_few_at_once() {
        let mut metered = Metered::new(Greedy::default());
        metered.write_all(&[b'x'; 1 << 20]).await.unwrap();
        assert_eq!(metered.written, 1 << 20);
        assert_eq!(metered.io.0, [PIECE; 32]);
    }
}
