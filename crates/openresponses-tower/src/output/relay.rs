use std::borrow::Cow;

use bytes::Bytes;
use futures_util::StreamExt;
use http_body::Body;
use openresponses_sse::{FrameLimits, FrameStream, RawFrame};
use openresponses_types::check::CheckMode;
use openresponses_types::json::Document;
use openresponses_types::sequence::Failure;
use openresponses_types::{Field, StreamEvent};

use super::{Output, OutputStream};
use crate::error::{BoxError, Error};

/// What happens to events of an upstream that break the protocol. Whatever it is, the first of them are
/// logged as warnings of `tracing`, with the [rule](openresponses_types::check::StreamRule) of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelayMode {
    /// They pass. Numbers are still ours, so the client sees no gaps.
    Observe,
    /// The first of them ends the response as failed.
    Enforce,
    /// They are mended where that can be done, and end the response as failed where it cannot.
    #[default]
    Repair,
}

impl RelayMode {
    pub(crate) fn mode(self) -> CheckMode {
        match self {
            Self::Observe => CheckMode::Observe,
            Self::Enforce => CheckMode::Enforce,
            Self::Repair => CheckMode::Repair,
        }
    }
}

/// How an upstream is relayed. A [`RelayMode`] alone will do where the rest is as usual.
///
/// ```
/// use openresponses_sse::FrameLimits;
/// use openresponses_tower::output::RelayOptions;
/// use openresponses_tower::{OutputStream, RelayMode};
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
    pub(crate) mode: RelayMode,
    pub(crate) own_item_ids: bool,
    limits: FrameLimits,
}

impl RelayOptions {
    /// The upstream's item ids pass, and its lines and frames may be as long as
    /// [`FrameLimits::DEFAULT_BYTES`].
    #[must_use]
    pub fn new(mode: RelayMode) -> Self {
        Self {
            mode,
            ..Self::default()
        }
    }

    /// Sets whether items get ids of the host's [`IdGenerator`](openresponses_types::sequence::IdGenerator)
    /// instead of their own: in the events about them, in extension events that have an `item_id`,
    /// and in the response. Off unless set: every frame with an id is then printed anew, and an
    /// upstream that keeps its responses will not know the ids that our client sends back.
    /// `call_id`s stay as they are.
    #[must_use]
    pub fn own_item_ids(mut self, own: bool) -> Self {
        self.own_item_ids = own;
        self
    }

    /// Sets the bounds on the upstream's lines and frames.
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
    /// The answer is that of an upstream which speaks the protocol: the body of its event stream.
    ///
    /// Its events are checked and passed on; a frame that needs no change goes through as it came.
    /// The response around them is ours: the lifecycle events carry our id and what our client
    /// asked for, with the upstream's output, usage, end and vendor members. The tool policy holds
    /// here as well: a call that the request forbids is left out.
    ///
    /// ```
    /// use openresponses_tower::{OutputStream, RelayMode};
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
        let frames = FrameStream::with_limits(body, options.limits);
        Self::new(frames.map(move |frame| match frame {
            Ok(frame) => Ok(Output::Frame(Box::new(frame), options)),
            Err(error) => Err(Error::upstream(error.to_string())),
        }))
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

/// What an upstream's `error` or `response.failed` says.
pub(super) fn failure(event: Option<Cow<'_, StreamEvent>>) -> Error {
    let (kind, code, message) = match event.as_deref() {
        Some(StreamEvent::Error(event)) => match event.error.value() {
            Some(error) => (
                error.kind.clone(),
                error.code.clone(),
                Some(error.message.clone()),
            ),
            None => (Field::Absent, Field::Absent, None),
        },
        Some(StreamEvent::Failed(event)) => match event.response.error.value() {
            Some(error) => (
                Field::Absent,
                error.code.clone().into(),
                Some(error.message.clone()),
            ),
            None => (Field::Absent, Field::Absent, None),
        },
        _ => (Field::Absent, Field::Absent, None),
    };
    Failure::new(
        kind.as_str().unwrap_or("model_error"),
        code.as_str().unwrap_or("upstream_error"),
        message.as_deref().unwrap_or("The model failed."),
    )
    .into()
}
