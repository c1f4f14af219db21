use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use futures_core::{FusedStream, Stream};
use http_body::Body;
use pin_project_lite::pin_project;

use super::StreamError;
use crate::decode::{FrameLimits, Framer, RawFrame, Source, Step, Tail};

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
        last_id: Bytes,
        ended: bool,
    }
}

impl<B> FrameStream<B> {
    /// The frames of `body`, with the default [`FrameLimits`].
    #[must_use]
    pub fn new(body: B) -> Self {
        Self::with_limits(body, FrameLimits::new())
    }

    /// The frames of `body`.
    #[must_use]
    pub fn with_limits(body: B, limits: FrameLimits) -> Self {
        Self {
            body,
            framer: Framer::new(limits),
            chunk: Bytes::new(),
            last_id: Bytes::new(),
            ended: false,
        }
    }

    /// What is unfinished, see [`Decoder::tail`](crate::Decoder::tail).
    #[must_use]
    pub fn tail(&self) -> Tail<'_> {
        self.framer.tail()
    }

    /// The last event id, see [`Decoder::last_id`](crate::Decoder::last_id).
    #[must_use]
    pub fn last_id(&self) -> &[u8] {
        self.framer.last_id()
    }

    /// The reconnection time, see [`Decoder::retry`](crate::Decoder::retry).
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.framer.retry()
    }

    /// The body. What was read from it but not yielded yet is not in it.
    #[must_use]
    pub fn get_ref(&self) -> &B {
        &self.body
    }
}

impl<B: Body> Stream for FrameStream<B> {
    type Item = Result<RawFrame, StreamError<B::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            if *this.ended {
                return Poll::Ready(None);
            }
            if !this.chunk.is_empty() {
                let step = match this.framer.step(this.chunk) {
                    Some(step) => step,
                    None => this.framer.resume(this.chunk),
                };
                match step {
                    Ok(Step::More) => *this.chunk = Bytes::new(),
                    Ok(Step::Frame {
                        consumed,
                        source,
                        head,
                    }) => {
                        let bytes = match &source {
                            Source::Input(range) => this.chunk.slice(range.clone()),
                            held => this.framer.take_held(held),
                        };
                        this.chunk.advance(consumed);
                        if *this.last_id != *this.framer.last_id() {
                            *this.last_id = Bytes::copy_from_slice(this.framer.last_id());
                        }
                        let frame = RawFrame::new(bytes, this.last_id.clone(), head);
                        return Poll::Ready(Some(Ok(frame)));
                    }
                    Err(error) => {
                        *this.ended = true;
                        *this.chunk = Bytes::new();
                        return Poll::Ready(Some(Err(error.into())));
                    }
                }
            }
            match ready!(this.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(mut data) = frame.into_data() {
                        *this.chunk = data.copy_to_bytes(data.remaining());
                    }
                }
                Some(Err(error)) => {
                    *this.ended = true;
                    return Poll::Ready(Some(Err(StreamError::Body(error))));
                }
                None => *this.ended = true,
            }
        }
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
