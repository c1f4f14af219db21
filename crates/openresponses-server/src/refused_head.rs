//! Answers to requests whose head hyper refuses.
//!
//! hyper answers them itself before any service is called, with a status and without content, and has no
//! hook for it. It reads a head only after everything before it was written, so such an answer is alone in
//! its write: there it gets its content.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use openresponses_tower::ids::RandomIds;
use openresponses_tower::{Error, ErrorKind};
use openresponses_types::response::ErrorBody;
use openresponses_types::sequence::{IdGenerator, IdKind};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Tells whether hyper has refused the head of a request. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RefusedHead(Arc<AtomicBool>);

impl RefusedHead {
    /// Watches what hyper writes over HTTP/1.1.
    pub(crate) fn watch<T>(&self, io: T) -> Enveloped<T> {
        Enveloped {
            io,
            refused: self.clone(),
            answer: None,
        }
    }

    pub(crate) fn is_seen(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection on which hyper's own answers have the protocol's envelope.
#[derive(Debug)]
pub(crate) struct Enveloped<T> {
    io: T,
    refused: RefusedHead,
    /// What is being sent instead of an answer of hyper.
    answer: Option<Answer>,
}

#[derive(Debug)]
struct Answer {
    text: Vec<u8>,
    sent: usize,
    /// The length of what it replaces.
    replaced: usize,
}

impl Answer {
    /// Returns what is sent instead of `written`. `None` for what is not an answer of hyper's own.
    fn instead_of(written: &[u8]) -> Option<Self> {
        let status = written.strip_prefix(b"HTTP/1.")?.get(2..5)?;
        let error = match status {
            b"400" => malformed(),
            b"431" => too_large(),
            _ => return None,
        };
        let head = written.strip_suffix(b"\r\n\r\n")?;
        let nothing = b"\r\ncontent-length: 0\r\n";
        let mut places = head.windows(nothing.len());
        let at = places.position(|place| place == nothing)?;
        let body = ErrorBody::new(error.payload()).to_json();
        // What the client sent as its own was not read.
        let id = RandomIds.id(IdKind::Request);
        tracing::debug!(
            request_id = id,
            code = error.code(),
            "the head of a request was refused"
        );
        let described = format!(
            "\r\ncontent-type: application/json\r\ncache-control: no-store\r\nx-request-id: {id}\r\n\
             content-length: {}\r\n",
            body.len()
        );
        let after = &written[at + nothing.len()..];
        Some(Self {
            text: [&written[..at], described.as_bytes(), after, body.as_bytes()].concat(),
            sent: 0,
            replaced: written.len(),
        })
    }
}

fn malformed() -> Error {
    let message = "The head of the request is not valid HTTP/1.1.";
    Error::new(ErrorKind::InvalidRequest, "malformed_head", message).param("headers")
}

fn too_large() -> Error {
    let message = "The head of the request is larger than 64 KiB, or has more than 100 headers.";
    Error::new(ErrorKind::InvalidRequest, "head_too_large", message).param("headers")
}

impl<T: AsyncRead + Unpin> AsyncRead for Enveloped<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Enveloped<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self {
            io,
            refused,
            answer,
        } = &mut *self;
        if answer.is_none()
            && let [written] = data
        {
            *answer = Answer::instead_of(written);
        }
        let Some(sending) = answer else {
            return Pin::new(io).poll_write_vectored(cx, data);
        };
        refused.0.store(true, Ordering::Relaxed);
        while let Some(rest) = sending
            .text
            .get(sending.sent..)
            .filter(|rest| !rest.is_empty())
        {
            match ready!(Pin::new(&mut *io).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => sending.sent += more,
            }
        }
        let replaced = sending.replaced;
        *answer = None;
        Poll::Ready(Ok(replaced))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const EMPTY: &str = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
        content-length: 0\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n";

    /// Returns what reaches a client that reads a byte at a time.
    async fn received(written: &[&str]) -> (String, bool) {
        let (near, mut far) = tokio::io::duplex(1);
        let refused = RefusedHead::default();
        let mut io = refused.watch(near);
        let write = async {
            for text in written {
                io.write_all(text.as_bytes()).await.unwrap();
            }
            drop(io);
        };
        let mut text = String::new();
        let (_, read) = tokio::join!(write, far.read_to_string(&mut text));
        read.unwrap();
        (text, refused.is_seen())
    }

    #[tokio::test]
    async fn an_empty_refusal_gets_the_envelope() {
        let before = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        let (text, is_seen) = received(&[before, EMPTY]).await;
        let answer = text.strip_prefix(before).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 431 ") && head.contains("\r\ndate: "));
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())));
        let error: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(error["error"]["code"], "head_too_large");
        assert!(head.contains("\r\nx-request-id: req_"), "{head}");
        assert!(is_seen);
    }

    #[tokio::test]
    async fn everything_else_is_unchanged() {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.",
            "data: {}\n\n",
        ] {
            assert_eq!(received(&[text]).await, (text.to_owned(), false));
        }
    }
}
