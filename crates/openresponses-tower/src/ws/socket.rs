//! Messages over a byte stream with tungstenite, and the closing handshake.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::{FutureExt, Sink, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};

use super::fragments::{Fragments, WHOLE};
use super::frames::Partial;
use super::metered::Metered;
use super::step::Close;

/// The size of reads, in bytes. An idle connection holds as much.
const READ: usize = 4 * 1024;

/// The size of gathered writes, in bytes.
const WRITE: usize = 8 * 1024;

/// Messages above this size leave large buffers behind, in bytes.
const LARGE: usize = 64 * 1024;

/// The time limit of the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A received message.
pub(super) enum Received {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// A ping, already answered, or a pong.
    Sign,
}

/// Why the connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The connection was lost.
    Gone,
    /// The other side gives no sign of life, so it is not waited for.
    Silent,
    /// The other side closed it.
    ByPeer,
    /// This side closes it.
    ByUs(Close),
    /// The other side broke the WebSocket protocol; nothing after that can be read.
    Broken(Close),
}

pub(super) struct Socket<S> {
    stream: WebSocketStream<Metered<S>>,
    limit: usize,
    /// The number of received messages, control frames included.
    received: u64,
    /// A large message was received or sent.
    stretched: bool,
    /// What is left of the message that is being sent.
    rest: Option<Fragments>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Creates a socket for messages of up to `limit` bytes.
    pub(super) async fn new(io: S, limit: usize) -> Self {
        Self::around(Metered::new(io), limit).await
    }

    async fn around(io: Metered<S>, limit: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(WRITE)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        Self {
            received: io.frames.completed(),
            stream: WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await,
            limit,
            stretched: false,
            rest: None,
        }
    }

    /// Returns the number of received bytes.
    pub(super) fn read(&self) -> u64 {
        self.stream.get_ref().read
    }

    /// Sets how many bytes may be read in this poll: an incomplete message is read without an end as
    /// long as more arrives.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.stream.get_mut().allowed = bytes;
    }

    /// Returns what has arrived of an incomplete message.
    pub(super) fn partial(&self) -> Option<Partial> {
        self.stream.get_ref().frames.partial()
    }

    /// Returns the number of bytes that the transport has accepted.
    pub(super) fn written(&self) -> u64 {
        self.stream.get_ref().written
    }

    /// Polls for the next message. Poll until pending, since this also answers pings.
    pub(super) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Received, End>> {
        let message = match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Poll::Ready(Err(end(&error))),
            None => return Poll::Ready(Err(End::Gone)),
        };
        self.received += 1;
        self.stretched |= message.len() > LARGE;
        Poll::Ready(match message {
            Message::Text(text) => Ok(Received::Text(text)),
            Message::Binary(data) => Ok(Received::Binary(data)),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(Received::Sign),
            Message::Close(_) => Err(End::ByPeer),
        })
    }

    /// Resolves when a message can be sent.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        ready!(self.poll_rest(cx))?;
        self.poll_stream_ready(cx)
    }

    /// Sends what is left of a large message.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        while self.rest.is_some() {
            ready!(self.poll_stream_ready(cx))?;
            self.send_fragment()?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_stream_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        Pin::new(&mut self.stream)
            .poll_ready(cx)
            .map_err(|error| end(&error))
    }

    /// Sends a message; a large one in fragments.
    pub(super) fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        self.stretched |= text.len() > LARGE;
        if text.len() <= WHOLE {
            return self.start_send(Message::Text(text));
        }
        self.rest = Some(Fragments::new(text));
        self.send_fragment()
    }

    fn send_fragment(&mut self) -> Result<(), End> {
        let Some(rest) = &mut self.rest else {
            return Ok(());
        };
        let fragment = rest.take();
        if rest.is_over() {
            self.rest = None;
        }
        self.start_send(Message::Frame(fragment))
    }

    pub(super) fn ping(&mut self) -> Result<(), End> {
        self.start_send(Message::Ping(Bytes::new()))
    }

    #[cfg(test)]
    pub(super) fn echo(&mut self, message: Message) -> Result<(), End> {
        self.stretched |= message.len() > LARGE;
        self.start_send(message)
    }

    fn start_send(&mut self, message: Message) -> Result<(), End> {
        Pin::new(&mut self.stream)
            .start_send(message)
            .map_err(|error| end(&error))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        ready!(self.poll_rest(cx))?;
        Pin::new(&mut self.stream)
            .poll_flush(cx)
            .map_err(|error| end(&error))
    }

    /// Returns true if [`renewed`](Self::renewed) would free memory: buffers grew and are known to
    /// be empty. Everything sent must have been flushed.
    pub(super) fn is_stretched(&self) -> bool {
        let frames = &self.stream.get_ref().frames;
        self.stretched && frames.partial().is_none() && frames.completed() == self.received
    }

    /// Returns the socket with new buffers, since tungstenite's never shrink.
    pub(super) async fn renewed(self) -> Self {
        Self::around(self.stream.into_inner(), self.limit).await
    }

    /// Closes the connection within the time limit.
    pub(super) async fn finish(mut self, end: End) {
        if end == End::Gone {
            return;
        }
        if end == End::Silent {
            // What the transport does not take at once is left out.
            let _ = self.stream.close(Some(frame(Close::SILENT))).now_or_never();
            let _ = self.stream.get_mut().shutdown().now_or_never();
            return;
        }
        self.allow(usize::MAX);
        // The connection may be lost as well, which changes nothing.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.close_handshake(end)).await;
    }

    async fn close_handshake(&mut self, end: End) {
        match end {
            End::Gone | End::Silent => return,
            End::ByPeer => {
                let _ = self.stream.flush().await;
            }
            End::ByUs(close) => {
                let _ = self.stream.close(Some(frame(close))).await;
                while let Some(Ok(_)) = self.stream.next().await {}
            }
            End::Broken(close) => {
                let _ = self.stream.close(Some(frame(close))).await;
                let io = self.stream.get_mut();
                let _ = io.shutdown().await;
                // Closing with unread bytes resets the connection, and the reset can overtake the
                // frame.
                let mut nothing = [0; 1024];
                while matches!(io.read(&mut nothing).await, Ok(1..)) {}
            }
        }
        let _ = self.stream.get_mut().shutdown().await;
    }
}

fn frame(close: Close) -> CloseFrame {
    CloseFrame {
        code: close.code.into(),
        reason: Utf8Bytes::from_static(close.reason),
    }
}

fn end(error: &Error) -> End {
    let (code, reason) = match error {
        Error::Capacity(_) => (1009, "message too long"),
        Error::Utf8(_) => (1007, "invalid UTF-8"),
        Error::Protocol(
            ProtocolError::ResetWithoutClosingHandshake
            | ProtocolError::ReceivedAfterClosing
            | ProtocolError::SendAfterClosing,
        ) => return End::Gone,
        Error::Protocol(_) => (1002, "protocol error"),
        _ => return End::Gone,
    };
    End::Broken(Close { code, reason })
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::future::join;
    use tokio::io::duplex;

    use super::*;

    #[tokio::test]
    async fn a_large_event_arrives_as_one_message() {
        let (near, far) = duplex(1 << 16);
        let mut socket = Socket::new(near, 1 << 20).await;
        let mut client = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        for text in ["é".repeat(WHOLE), "x".repeat(WHOLE)] {
            let sending = async {
                socket.send(text.clone().into()).unwrap();
                poll_fn(|cx| socket.poll_ready(cx)).await.unwrap();
                socket.ping().unwrap();
                poll_fn(|cx| socket.poll_flush(cx)).await.unwrap();
            };
            let receiving = async { [client.next().await, client.next().await] };
            let ([message, ping], ()) = join(receiving, sending).await;
            assert!(message.unwrap().unwrap() == Message::text(text));
            assert!(ping.unwrap().unwrap().is_ping());
        }
    }
}
