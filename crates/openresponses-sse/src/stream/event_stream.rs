use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};
use http_body::Body;
use openresponses_types::StreamEvent;
use openresponses_types::event::EventReader;
use pin_project_lite::pin_project;

use super::{FrameStream, StreamError};
use crate::decode::{Frame, FrameLimits, Tail};

pin_project! {
    /// The events of an HTTP body, as a [`Stream`].
    ///
    /// The event is what the data says; the `event:` line is not looked at, because some servers
    /// send none. The stream ends at the end mark `[DONE]`, without waiting for the end of the
    /// body, or at the end of the body; [`is_done`](Self::is_done) tells which. Whether the
    /// events make a legal sequence is not asked here.
    ///
    /// Data that is no event is one [`StreamError::Event`], and the stream continues after it. The
    /// other errors end the stream.
    ///
    /// For the frames themselves, with their offsets and their bytes, take a [`FrameStream`] and
    /// read each with [`RawFrame::to_event`](crate::RawFrame::to_event).
    ///
    /// ```
    /// use futures_util::StreamExt;
    /// use http_body_util::Full;
    /// use openresponses_sse::{EventStream, StreamError};
    ///
    /// # futures_executor::block_on(async {
    /// let body = "data: {\"type\":\"acme:ping\"}\n\ndata: oops\n\ndata: [DONE]\n\n";
    /// let mut events = EventStream::new(Full::new(body.as_bytes()));
    ///
    /// let event = events.next().await.unwrap()?;
    /// assert_eq!(event.event_type(), "acme:ping");
    /// let error = events.next().await.unwrap().unwrap_err();
    /// assert!(matches!(&error, StreamError::Event(error) if error.offset() == 28));
    /// assert!(events.next().await.is_none());
    /// assert!(events.is_done());
    /// # Ok::<(), StreamError<_>>(())
    /// # }).unwrap();
    /// ```
    pub struct EventStream<B> {
        #[pin]
        frames: FrameStream<B>,
        reader: EventReader,
        done: bool,
    }
}

impl<B> EventStream<B> {
    /// Creates the stream of events of `body`, with the default [`FrameLimits`].
    #[must_use]
    pub fn new(body: B) -> Self {
        Self::with_limits(body, FrameLimits::new())
    }

    /// Creates the stream of events of `body`.
    #[must_use]
    pub fn with_limits(body: B, limits: FrameLimits) -> Self {
        Self::from(FrameStream::with_limits(body, limits))
    }

    /// Returns whether the end mark was seen.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Returns what is unfinished, see [`Decoder::tail`](crate::Decoder::tail).
    #[must_use]
    pub fn tail(&self) -> Tail<'_> {
        self.frames.tail()
    }

    /// Returns the frames.
    #[must_use]
    pub fn get_ref(&self) -> &FrameStream<B> {
        &self.frames
    }

    /// Returns the frames that were not read yet.
    #[must_use]
    pub fn into_inner(self) -> FrameStream<B> {
        self.frames.refreshed()
    }
}

impl<B> From<FrameStream<B>> for EventStream<B> {
    fn from(frames: FrameStream<B>) -> Self {
        Self {
            frames,
            reader: EventReader::new(),
            done: false,
        }
    }
}

impl<B: Body> Stream for EventStream<B> {
    type Item = Result<StreamEvent, StreamError<B::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        if *this.done {
            return Poll::Ready(None);
        }
        let read = |frame: Frame<'_>| (!frame.is_done()).then(|| frame.read_event(this.reader));
        Poll::Ready(match ready!(this.frames.poll_read(cx, read)) {
            Some(Ok(Some(event))) => Some(event.map_err(StreamError::Event)),
            Some(Ok(None)) => {
                *this.done = true;
                None
            }
            Some(Err(error)) => Some(Err(error)),
            None => None,
        })
    }
}

impl<B: Body> FusedStream for EventStream<B> {
    fn is_terminated(&self) -> bool {
        self.done || self.frames.is_terminated()
    }
}

impl<B> fmt::Debug for EventStream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("frames", &self.frames)
            .field("done", &self.done)
            .finish()
    }
}
