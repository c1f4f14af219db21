use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use http_body_util::BodyExt;

use crate::client::{ClientError, UpstreamBody};

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// What a body looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// It has no content.
    Empty,
    /// A JSON document.
    Document,
    /// An event stream.
    Events,
    /// Neither, or not for certain.
    Other,
}

/// A body whose beginning was looked at.
#[derive(Debug)]
pub(super) struct Peeked {
    /// What was read. It begins with the body's first byte that is neither white space nor of a byte
    /// order mark.
    first: Bytes,
    body: UpstreamBody,
}

impl Peeked {
    pub(super) fn new(body: UpstreamBody) -> Self {
        Self {
            first: Bytes::new(),
            body,
        }
    }

    /// Waits for the first byte, which tells what the body looks like.
    ///
    /// # Errors
    /// When the body breaks before it.
    pub(super) async fn look(&mut self) -> Result<Looks, ClientError> {
        while self.first.is_empty() {
            let Some(frame) = self.body.frame().await else {
                return Ok(Looks::Empty);
            };
            if let Ok(data) = frame?.into_data() {
                let is_blank = |byte: &u8| byte.is_ascii_whitespace() || MARK.contains(byte);
                let start = data.iter().take_while(|byte| is_blank(byte)).count();
                self.first = data.slice(start..);
            }
        }
        Ok(match self.first.first() {
            Some(b'{' | b'[') => Looks::Document,
            // Comments, and the fields of events: data, event, id, retry.
            Some(b':' | b'd' | b'e' | b'i' | b'r') => Looks::Events,
            _ => Looks::Other,
        })
    }

    /// Reads all of the body.
    ///
    /// # Errors
    /// As for [`UpstreamBody::read`].
    pub(super) async fn read(self, most: usize) -> Result<Bytes, ClientError> {
        let mut all = BytesMut::from(self.first);
        all.extend_from_slice(&self.body.read(most).await?);
        Ok(all.freeze())
    }
}

impl Body for Peeked {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        if !self.first.is_empty() {
            let first = std::mem::take(&mut self.first);
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }
}
