use core::{fmt, time::Duration};
use std::sync::Arc;

use bytes::Bytes;
use openresponses_types::StreamEvent;

use super::{DecodeError, EventError, Frame, block::Span, frame::Head};

/// One event of the stream that owns its bytes, as [`FrameStream`](crate::FrameStream) yields it.
///
/// Cloning is cheap: the bytes are shared with the chunk that they came in. It reads as a
/// [`Frame`] does.
///
/// ```
/// use futures_util::TryStreamExt;
/// use http_body_util::Full;
/// use openresponses_sse::{FrameStream, RawFrame, StreamError};
///
/// # futures_executor::block_on(async {
/// let body = Full::new("event: greeting\ndata: hello\n\n".as_bytes());
/// let frames: Vec<RawFrame> = FrameStream::new(body).try_collect().await?;
/// assert_eq!((frames[0].event()?, frames[0].data()?), (Some("greeting"), "hello"));
/// # Ok::<(), StreamError<_>>(())
/// # }).unwrap();
/// ```
// Frames are moved through the layers of a stream, so they are kept small.
#[derive(Clone)]
pub struct RawFrame {
    bytes: Bytes,
    fields: Option<Arc<RareFields>>,
    offset: u64,
    event: Span,
    data: Span,
    data_lines: u32,
}

/// The fields that nearly no frame has.
#[derive(Debug)]
pub(crate) struct RareFields {
    pub(crate) last_id: Box<[u8]>,
    pub(crate) retry: Option<Duration>,
}

impl RareFields {
    /// `None` where there are none.
    pub(crate) fn new(last_id: &[u8], retry: Option<Duration>) -> Option<Arc<Self>> {
        let has_some = !last_id.is_empty() || retry.is_some();
        has_some.then(|| {
            let last_id = last_id.into();
            Arc::new(Self { last_id, retry })
        })
    }
}

impl RawFrame {
    /// The frame with `head`, whose `retry` is in `fields`.
    pub(crate) const fn new(bytes: Bytes, fields: Option<Arc<RareFields>>, head: Head) -> Self {
        Self {
            bytes,
            fields,
            offset: head.offset,
            event: head.event,
            data: head.data,
            data_lines: head.data_lines,
        }
    }

    /// Returns the same frame, borrowed.
    #[must_use]
    pub fn as_frame(&self) -> Frame<'_> {
        let head = Head {
            event: self.event,
            data: self.data,
            data_lines: self.data_lines,
            retry: self.retry(),
            offset: self.offset,
        };
        Frame::new(&self.bytes, self.last_id(), head)
    }

    /// See [`Frame::event`].
    ///
    /// # Errors
    /// [`DecodeErrorKind::InvalidUtf8`](crate::DecodeErrorKind::InvalidUtf8).
    pub fn event(&self) -> Result<Option<&str>, DecodeError> {
        self.as_frame().event()
    }

    /// See [`Frame::event_bytes`].
    #[must_use]
    pub fn event_bytes(&self) -> Option<&[u8]> {
        self.as_frame().event_bytes()
    }

    /// See [`Frame::data`].
    ///
    /// # Errors
    /// [`DecodeErrorKind::InvalidUtf8`](crate::DecodeErrorKind::InvalidUtf8).
    pub fn data(&self) -> Result<&str, DecodeError> {
        self.as_frame().data()
    }

    /// See [`Frame::data_bytes`].
    #[must_use]
    pub fn data_bytes(&self) -> &[u8] {
        self.data.of(&self.bytes)
    }

    /// Returns the data as bytes that share the chunk.
    #[must_use]
    pub fn shared_data(&self) -> Bytes {
        self.bytes.slice_ref(self.data_bytes())
    }

    /// See [`Frame::to_event`].
    ///
    /// # Errors
    /// When the data is no event.
    pub fn to_event(&self) -> Result<StreamEvent, EventError> {
        self.as_frame().to_event()
    }

    /// See [`Frame::is_done`].
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.as_frame().is_done()
    }

    /// See [`Frame::last_id`].
    #[must_use]
    pub fn last_id(&self) -> &[u8] {
        self.fields.as_ref().map_or(&[], |fields| &fields.last_id)
    }

    /// See [`Frame::retry`].
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.fields.as_ref()?.retry
    }

    /// See [`Frame::offset`].
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// See [`Frame::data_lines`].
    #[must_use]
    pub const fn data_lines(&self) -> usize {
        self.data_lines as usize
    }

    /// See [`Frame::canonical`].
    #[must_use]
    pub fn canonical(&self) -> Option<Bytes> {
        self.as_frame()
            .canonical()
            .is_some()
            .then(|| self.bytes.clone())
    }
}

/// Shows no data: it holds what users wrote.
impl fmt::Debug for RawFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_frame().fmt(f)
    }
}
