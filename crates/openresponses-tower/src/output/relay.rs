use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body;
use http_body_util::Full;
use openresponses_sse::{FrameLimits, FrameStream, RawFrame, StreamError, Tail};
use openresponses_types::json::Document;
use openresponses_types::relay::{self, RelayMode, VendorEvents};
use openresponses_types::sequence::Failure;

use pin_project_lite::pin_project;

use super::{Output, OutputStream};
use crate::error::{BoxError, Error, ErrorKind};

/// How an upstream is relayed: the options of [`relay::RelayOptions`], and the limits of frames. A
/// [`RelayMode`] converts into options with the defaults.
///
/// ```
/// use openresponses_sse::FrameLimits;
/// use openresponses_tower::output::RelayOptions;
/// use openresponses_tower::output::RelayMode;
/// use openresponses_tower::OutputStream;
///
/// let options = RelayOptions::new(RelayMode::Enforce)
///     .limits(FrameLimits::new().frame(8 << 20))
///     .own_item_ids(true);
/// let output = OutputStream::relay(String::from("data: [DONE]\n\n"), options);
/// # let _ = output;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelayOptions {
    pub(crate) relay: relay::RelayOptions,
    /// The frame that these options came with lacks its blank line.
    pub(crate) unterminated: bool,
    limits: FrameLimits,
}

impl RelayOptions {
    /// Creates options with a mode and the default limits.
    #[must_use]
    pub fn new(mode: RelayMode) -> Self {
        Self {
            relay: relay::RelayOptions::new(mode),
            unterminated: false,
            limits: FrameLimits::default(),
        }
    }

    /// Sets [`own_item_ids`](relay::RelayOptions::own_item_ids). Default: `false`.
    #[must_use]
    pub fn own_item_ids(mut self, own: bool) -> Self {
        self.relay = self.relay.own_item_ids(own);
        self
    }

    /// Sets [`vendor_events`](relay::RelayOptions::vendor_events). Default: [`VendorEvents::Drop`].
    #[must_use]
    pub fn vendor_events(mut self, what: VendorEvents) -> Self {
        self.relay = self.relay.vendor_events(what);
        self
    }

    /// Sets [`report_repairs`](relay::RelayOptions::report_repairs). Default: `false`.
    #[must_use]
    pub fn report_repairs(mut self, report: bool) -> Self {
        self.relay = self.relay.report_repairs(report);
        self
    }

    /// Sets [`report_response_id`](relay::RelayOptions::report_response_id). Default: `false`.
    #[must_use]
    pub fn report_response_id(mut self, report: bool) -> Self {
        self.relay = self.relay.report_response_id(report);
        self
    }

    /// Sets [`output_limit`](relay::RelayOptions::output_limit). Default: 32 MiB.
    #[must_use]
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.relay = self.relay.output_limit(bytes);
        self
    }

    /// Returns the options of the [`Relay`](openresponses_types::relay::Relay) itself.
    #[must_use]
    pub fn relay(&self) -> relay::RelayOptions {
        self.relay
    }

    /// Returns true if the frame that these options came with lacks the blank line that ends it.
    #[must_use]
    pub fn is_unterminated(&self) -> bool {
        self.unterminated
    }

    /// Sets the bounds on the upstream's lines and frames. Default: 64 MiB each.
    #[must_use]
    pub fn limits(mut self, limits: FrameLimits) -> Self {
        self.limits = limits;
        self
    }
}

impl From<RelayMode> for RelayOptions {
    fn from(mode: RelayMode) -> Self {
        Self::new(mode)
    }
}

impl OutputStream {
    /// Relays the event stream of an upstream that implements the protocol.
    ///
    /// Events are checked and forwarded; a frame that needs no change is sent unchanged. Lifecycle
    /// events carry the endpoint's response id and the echo of the client's request; output, usage,
    /// status and vendor members are the upstream's. Calls that the request forbids are dropped.
    ///
    /// ```
    /// use openresponses_tower::output::RelayMode;
    /// use openresponses_tower::OutputStream;
    ///
    /// let upstream = String::from("event: response.created\ndata: {}\n\n");
    /// let output = OutputStream::relay(upstream, RelayMode::Repair);
    /// # let _ = output;
    /// ```
    #[must_use]
    pub fn relay<B>(body: B, options: impl Into<RelayOptions>) -> Self
    where
        B: Body + Send + 'static,
        B::Data: Into<Bytes> + Send,
        B::Error: Into<BoxError>,
    {
        let options = options.into();
        Self::from_outputs(Frames {
            frames: FrameStream::with_limits(body, options.limits),
            options,
            began: false,
            ended: false,
        })
    }
}

pin_project! {
    /// The frames of an upstream, and a last one that lacks its blank line.
    struct Frames<B> {
        #[pin]
        frames: FrameStream<B>,
        options: RelayOptions,
        began: bool,
        ended: bool,
    }
}

impl<B> Stream for Frames<B>
where
    B: Body,
    B::Data: Into<Bytes>,
    B::Error: Into<BoxError>,
{
    type Item = Result<Output, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        match ready!(this.frames.as_mut().poll_next(cx)) {
            Some(Ok(frame)) => {
                *this.began = true;
                let output = Output::Frame(frame, *this.options);
                return Poll::Ready(Some(Ok(output)));
            }
            Some(Err(error)) => {
                *this.ended = true;
                return Poll::Ready(Some(Err(broken(error))));
            }
            None => *this.ended = true,
        }
        let is_mended = this.options.relay.mode() == RelayMode::Repair;
        let last = is_mended
            .then(|| last_frame(this.frames.tail(), cx))
            .flatten();
        let Some(frame) = last else {
            // What never began has no relay that could report it.
            return Poll::Ready((!*this.began).then(|| Err(ended_early())));
        };
        let mut options = *this.options;
        options.unterminated = true;
        Poll::Ready(Some(Ok(Output::Frame(frame, options))))
    }
}

/// The error of an upstream whose stream broke, with its cause for the log.
fn broken<E: Into<BoxError>>(error: StreamError<E>) -> Error {
    match error {
        StreamError::Body(error) => Error::upstream(error),
        StreamError::Decode(error) => Error::upstream(error),
        error => Error::upstream(error.to_string()),
    }
}

/// The error of an upstream that sent no event.
fn ended_early() -> Error {
    let failure = Failure::ended_early();
    Error::new(ErrorKind::Upstream, failure.code, failure.message)
}

/// The frame that a stream ended in, if all but its blank line is there.
fn last_frame(tail: Tail<'_>, cx: &mut Context<'_>) -> Option<RawFrame> {
    let Tail::Incomplete { bytes, .. } = tail else {
        return None;
    };
    let whole = Bytes::from([bytes, b"\n\n"].concat());
    match Pin::new(&mut FrameStream::new(Full::new(whole))).poll_next(cx) {
        Poll::Ready(Some(Ok(frame))) => Some(frame).filter(|frame| !frame.data_bytes().is_empty()),
        _ => None,
    }
}

/// The type of a frame's event: the name that it has, or else what its data says. Some upstreams
/// leave the names out.
pub(super) fn event_type(frame: &RawFrame) -> Option<Cow<'_, str>> {
    let name = frame.event_bytes().map(std::str::from_utf8);
    if let Some(Ok(name)) = name
        && (name == "error" || name.starts_with("response."))
    {
        return Some(Cow::Borrowed(name));
    }
    let data = frame.data_bytes();
    // Most begin with it, and need not be read any further.
    if let Some(rest) = data.strip_prefix(br#"{"type":""#)
        && let Some(end) = rest.iter().position(|byte| b"\"\\".contains(byte))
        && rest[end] == b'"'
    {
        return std::str::from_utf8(&rest[..end]).ok().map(Cow::Borrowed);
    }
    let document = Document::parse(data).ok()?;
    let name = document.reader().member("type")?.string()?.into_owned();
    Some(Cow::Owned(name))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::error::Error as _;
    use std::io;

    use futures_util::{StreamExt, stream};
    use http_body_util::StreamBody;

    use super::*;

    /// The cause of the error that a stream ends with.
    async fn cause<E>(frames: Vec<Result<&'static str, E>>) -> Error
    where
        E: Into<BoxError> + Send + 'static,
    {
        let frames = frames.into_iter();
        let frames = frames.map(|data| data.map(|data| http_body::Frame::data(Bytes::from(data))));
        let options = RelayOptions::new(RelayMode::Repair).limits(FrameLimits::new().line(32));
        let output = OutputStream::relay(StreamBody::new(stream::iter(frames)), options);
        let pieces: Vec<_> = output.collect().await;
        pieces.into_iter().find_map(Result::err).unwrap()
    }

    #[tokio::test]
    async fn a_broken_stream_ends_with_its_cause() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let error = cause(vec![Ok("data: {}\n\n"), Err(reset)]).await;
        let source = error.source().unwrap().downcast_ref::<io::Error>();
        assert_eq!(source.unwrap().kind(), io::ErrorKind::ConnectionReset);

        let long = "data: {\"type\":\"response.output_text.delta\"}\n\n";
        let error = cause(vec![Ok::<_, Infallible>("data: {}\n\n"), Ok(long)]).await;
        let source = error.source().unwrap();
        let source = source.downcast_ref::<openresponses_sse::DecodeError>();
        assert_eq!(source.unwrap().offset(), 10);
    }
}
