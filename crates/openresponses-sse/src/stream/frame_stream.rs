use core::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures_core::{FusedStream, Stream};
use http_body::Body;
use pin_project_lite::pin_project;

use super::StreamError;
use crate::decode::{
    Found, Frame, FrameLimits, Framer, Front, Head, RareFields, RawFrame, Source, Step, Tail,
};

/// What polling a stream of `T` over a body with errors `E` comes to.
pub(super) type Polled<T, E> = Poll<Option<Result<T, StreamError<E>>>>;

pin_project! {
    /// The frames of an HTTP body, as a [`Stream`].
    ///
    /// It yields what a [`Decoder`](crate::Decoder) yields, as frames that own their bytes: they
    /// share the chunk of the body that they lie in, so only a frame that crosses chunks is
    /// copied. The end mark `[DONE]` is an ordinary frame here, and the stream ends where the
    /// body ends. What is unfinished then is no frame; [`tail`](Self::tail) shows it. Trailers
    /// are ignored. After an error the stream has ended, and the body is not polled again.
    ///
    /// ```
    /// use futures_util::{StreamExt, TryStreamExt};
    /// use http_body_util::Full;
    /// use openresponses_sse::{FrameStream, FrameLimits, StreamError};
    ///
    /// # futures_executor::block_on(async {
    /// let body = Full::new("event: e\ndata: 1\n\ndata: [DONE]\n\n".as_bytes());
    /// let frames: Vec<_> = FrameStream::new(body).try_collect().await?;
    /// assert_eq!(frames[0].event()?, Some("e"));
    /// assert!(frames[1].is_done());
    ///
    /// let body = Full::new("data: more than eight bytes\n\n".as_bytes());
    /// let mut frames = FrameStream::with_limits(body, FrameLimits::new().line(8));
    /// assert!(matches!(frames.next().await, Some(Err(StreamError::Decode(_)))));
    /// assert!(frames.next().await.is_none());
    /// # Ok::<(), StreamError<_>>(())
    /// # }).unwrap();
    /// ```
    pub struct FrameStream<B> {
        #[pin]
        body: B,
        framer: Framer,
        // What is left of the last chunk.
        chunk: Bytes,
        // The last event id, shared by the frames; nothing where it is empty.
        fields: Option<Arc<RareFields>>,
        ended: bool,
    }
}

impl<B> FrameStream<B> {
    /// Creates the stream of frames of `body`, with the default [`FrameLimits`].
    #[must_use]
    pub fn new(body: B) -> Self {
        Self::with_limits(body, FrameLimits::new())
    }

    /// Creates the stream of frames of `body`.
    #[must_use]
    pub fn with_limits(body: B, limits: FrameLimits) -> Self {
        Self {
            body,
            framer: Framer::new(limits),
            chunk: Bytes::new(),
            fields: None,
            ended: false,
        }
    }

    /// Returns what is unfinished, see [`Decoder::tail`](crate::Decoder::tail).
    #[must_use]
    pub fn tail(&self) -> Tail<'_> {
        self.framer.tail()
    }

    /// Returns the last event id, see [`Decoder::last_id`](crate::Decoder::last_id).
    #[must_use]
    pub fn last_id(&self) -> &[u8] {
        self.framer.last_id()
    }

    /// Returns the reconnection time, see [`Decoder::retry`](crate::Decoder::retry).
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.framer.retry()
    }

    /// Goes on behind what [`poll_read`](Self::poll_read) read, which leaves the shared fields as they were.
    pub(super) fn refreshed(mut self) -> Self {
        refresh(&mut self.fields, &self.framer);
        self
    }

    /// Returns the body. What was read from it but not yielded yet is not in it.
    #[must_use]
    pub fn get_ref(&self) -> &B {
        &self.body
    }
}

impl<B: Body> FrameStream<B> {
    /// Takes in chunks up to the end of the next frame, which is then still in the last. `None` in place
    /// of a frame when there is a new chunk, whose first frame may be canonical.
    #[inline(never)]
    fn poll_found(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled<Option<Found>, B::Error> {
        let mut this = self.project();
        loop {
            if this.framer.extends_line(this.chunk) {
                this.chunk.clear();
            } else if !this.chunk.is_empty() {
                match this.framer.resume(this.chunk) {
                    Ok(Step::More) => this.chunk.clear(),
                    Ok(Step::Frame(found)) => return Poll::Ready(Some(Ok(Some(found)))),
                    Err(error) => {
                        *this.ended = true;
                        this.chunk.clear();
                        return Poll::Ready(Some(Err(error.into())));
                    }
                }
            }
            if *this.ended {
                return Poll::Ready(None);
            }
            match ready!(this.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(mut data) = frame.into_data() {
                        *this.chunk = data.copy_to_bytes(data.remaining());
                    }
                    if this.framer.is_idle() {
                        return Poll::Ready(Some(Ok(None)));
                    }
                }
                Some(Err(error)) => {
                    *this.ended = true;
                    return Poll::Ready(Some(Err(StreamError::Body(error))));
                }
                None => {
                    *this.ended = true;
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// The next frame as `read` sees it, borrowed from the chunk.
    #[inline]
    pub(super) fn poll_read<T>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        read: impl FnOnce(Frame<'_>) -> T,
    ) -> Polled<T, B::Error> {
        let found = loop {
            let this = self.as_mut().project();
            if let Some((head, consumed)) = front(this.framer, this.chunk) {
                let bytes = this.chunk.get(..consumed).unwrap_or_default();
                let result = read(Frame::new(bytes, this.framer.last_id(), head));
                this.chunk.advance(consumed);
                return Poll::Ready(Some(Ok(result)));
            }
            match ready!(self.as_mut().poll_found(cx)) {
                Some(Ok(Some(found))) => break found,
                Some(Ok(None)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        };
        let this = self.project();
        let bytes = this.framer.bytes(&found.source, this.chunk);
        let result = read(Frame::new(bytes, this.framer.last_id(), found.head));
        this.chunk.advance(found.consumed);
        Poll::Ready(Some(Ok(result)))
    }
}

impl<B: Body> Stream for FrameStream<B> {
    type Item = Result<RawFrame, StreamError<B::Error>>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let found = loop {
            let this = self.as_mut().project();
            if let Some((head, consumed)) = front(this.framer, this.chunk) {
                let bytes = take_front(this.chunk, consumed);
                let frame = RawFrame::new(bytes, this.fields.clone(), head);
                return Poll::Ready(Some(Ok(frame)));
            }
            match ready!(self.as_mut().poll_found(cx)) {
                Some(Ok(Some(found))) => break found,
                Some(Ok(None)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        };
        let this = self.project();
        refresh(this.fields, this.framer);
        let fields = match found.head.retry {
            None => this.fields.clone(),
            retry => RareFields::new(this.framer.last_id(), retry),
        };
        let bytes = match &found.source {
            Source::Input(range) => {
                let mut bytes = take_front(this.chunk, found.consumed);
                bytes.truncate(range.end);
                bytes.advance(range.start);
                bytes
            }
            held => {
                this.chunk.advance(found.consumed);
                this.framer.take_held(held)
            }
        };
        let frame = RawFrame::new(bytes, fields, found.head);
        Poll::Ready(Some(Ok(frame)))
    }
}

/// The canonical frame at the front of `chunk`, and its length. The beginning of one is taken in.
#[inline]
fn front(framer: &mut Framer, chunk: &mut Bytes) -> Option<(Head, usize)> {
    if chunk.is_empty() {
        return None;
    }
    match framer.front(chunk) {
        Front::Frame(head, consumed) => return Some((head, consumed)),
        Front::Taken => chunk.clear(),
        Front::Other => {}
    }
    None
}

/// Brings the shared fields up to date with the last event id.
fn refresh(fields: &mut Option<Arc<RareFields>>, framer: &Framer) {
    let last_id = framer.last_id();
    let known = fields.as_ref().map_or(&[][..], |fields| &fields.last_id);
    if known != last_id {
        *fields = RareFields::new(last_id, None);
    }
}

/// The first bytes of `chunk`, taken out of it. The last of them take the chunk's own share.
#[inline]
fn take_front(chunk: &mut Bytes, len: usize) -> Bytes {
    if len == chunk.len() {
        mem::take(chunk)
    } else {
        chunk.split_to(len)
    }
}

impl<B: Body> FusedStream for FrameStream<B> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<B> fmt::Debug for FrameStream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameStream")
            .field("unread", &self.chunk.len())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
