use core::{
    convert::Infallible,
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;

use super::gather::Gather;
use super::{Heartbeat, NoHeartbeat};
use crate::encode::{DONE, Encode, Encoder, KEEP_ALIVE};

/// Events are joined until a body frame has this many bytes.
const JOIN: usize = 16 * 1024;

/// After so many bytes the body yields once, so that the server writes them out. The frames that follow use
/// their memory again, which the caches still have; an allocator would return that of a longer queue to the system.
const WRITE: usize = 64 * 1024;

/// A buffer of up to this many bytes is used for the next frame as well. A larger one goes with its
/// frame, since a stream between two events would hold it for nothing.
const KEEP: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No frame was sent. Heartbeats are not asked.
    Before,
    /// The first frame was sent just now.
    First,
    /// The body yielded once, so the server could write it.
    Open,
}

pin_project! {
    /// An HTTP body that streams events, and `[DONE]` after the last.
    ///
    /// * Each body frame holds one or more whole events, never a part of one. Some clients lose
    ///   an event that is cut.
    /// * The first frame is the first event alone, handed out the moment it is there. If more is
    ///   ready then, the body yields once, so that the server writes the first frame out instead of
    ///   gathering the others behind it. From then on, events that are ready together share a
    ///   frame, until the stream has no more or the frame has 16 KiB. After 64 KiB the body yields
    ///   again, so that the server writes them out.
    /// * Before such a frame is sent, the body yields, so that a task which feeds the stream through
    ///   a channel can add to it: as often as that brings more, at most 16 times. Where it brings
    ///   nothing, up to 64 frames are sent without yielding. No frame waits for time to pass.
    /// * The stream is polled only when the body is. Dropping the body drops the stream, and so
    ///   does the stream's end; it is not polled after that. There is no task, no channel and no
    ///   timer.
    /// * The body never fails. An event that cannot be encoded, because its type holds a line
    ///   break or another control character, is left out and counted ([`skipped`](Self::skipped)). That
    ///   leaves a gap in the sequence numbers, so a relay checks foreign events first
    ///   ([`is_event_name`](crate::encode::is_event_name)).
    ///
    /// ```
    /// use futures_util::stream;
    /// use http_body_util::BodyExt;
    /// use openresponses_sse::EventBody;
    /// use openresponses_types::StreamEvent;
    ///
    /// # futures_executor::block_on(async {
    /// let events = ["{\"type\":\"acme:a\"}", "{\"type\":\"acme:b\\n\"}", "{\"type\":\"acme:c\"}"];
    /// let events = events.map(|json| StreamEvent::from_json(json.as_bytes()).unwrap());
    /// let mut body = EventBody::new(stream::iter(events));
    ///
    /// let first = body.frame().await.unwrap()?.into_data().unwrap();
    /// assert_eq!(first, "event: acme:a\ndata: {\"type\":\"acme:a\"}\n\n");
    /// let second = body.frame().await.unwrap()?.into_data().unwrap();
    /// assert_eq!(second, "event: acme:c\ndata: {\"type\":\"acme:c\"}\n\ndata: [DONE]\n\n");
    /// assert!(body.frame().await.is_none());
    /// assert_eq!(body.skipped(), 1);
    /// # Ok::<(), std::convert::Infallible>(())
    /// # }).unwrap();
    /// ```
    pub struct EventBody<S, H = NoHeartbeat> {
        // Nothing once the stream has ended.
        #[pin]
        events: Option<S>,
        #[pin]
        heartbeat: H,
        encoder: Encoder,
        buffer: BytesMut,
        // What the next buffer has room for: a frame as long as the last.
        room: usize,
        phase: Phase,
        gather: Gather,
        skipped: u64,
        // The bytes that were handed out since the body was pending.
        unwritten: usize,
    }
}

impl<S> EventBody<S> {
    /// Creates a body of `events` without heartbeats.
    #[must_use]
    pub fn new(events: S) -> Self {
        Self::with_heartbeat(events, NoHeartbeat)
    }
}

impl<S, H> EventBody<S, H> {
    /// Creates a body of `events` that sends a comment whenever `heartbeat` is ready.
    #[must_use]
    pub fn with_heartbeat(events: S, heartbeat: H) -> Self {
        Self {
            events: Some(events),
            heartbeat,
            encoder: Encoder::new(),
            buffer: BytesMut::new(),
            room: 0,
            phase: Phase::Before,
            gather: Gather::default(),
            skipped: 0,
            unwritten: 0,
        }
    }

    /// Makes the body one of a stream that has begun elsewhere, such as a resumed one: comments are sent
    /// before its first event too, and its first frame may hold several events.
    #[must_use]
    pub fn resumed(mut self) -> Self {
        self.phase = Phase::Open;
        self
    }

    /// Returns the number of events that were skipped because they cannot be encoded.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Returns the stream of events, `None` after its end.
    #[must_use]
    pub fn get_ref(&self) -> Option<&S> {
        self.events.as_ref()
    }
}

impl<S, H> EventBody<S, H>
where
    S: Stream<Item: Encode>,
    H: Heartbeat,
{
    /// The next frame.
    #[inline]
    fn poll_joined(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut this = self.project();
        let enough = match this.phase {
            Phase::Before => 1,
            Phase::First | Phase::Open => JOIN,
        };
        while this.buffer.len() < enough {
            let Some(events) = this.events.as_mut().as_pin_mut() else {
                return Poll::Ready(None);
            };
            match events.poll_next(cx) {
                Poll::Ready(Some(event)) => {
                    if this.buffer.capacity() == 0 {
                        this.buffer.reserve(*this.room);
                    }
                    if event.encode(this.encoder, this.buffer).is_err() {
                        *this.skipped += 1;
                    } else if *this.phase == Phase::First {
                        *this.phase = Phase::Open;
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
                Poll::Ready(None) => {
                    this.events.set(None);
                    this.buffer.extend_from_slice(DONE);
                    break;
                }
                Poll::Pending if !this.buffer.is_empty() => {
                    if !this.gather.waits(this.buffer.len()) {
                        break;
                    }
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Pending if *this.phase == Phase::Before => return Poll::Pending,
                Poll::Pending => {
                    *this.phase = Phase::Open;
                    match this.heartbeat.as_mut().poll_beat(cx) {
                        Poll::Ready(()) => this.buffer.extend_from_slice(KEEP_ALIVE),
                        Poll::Pending => return Poll::Pending,
                    }
                    break;
                }
            }
        }
        *this.phase = match this.phase {
            Phase::Before => Phase::First,
            Phase::First | Phase::Open => Phase::Open,
        };
        this.gather.sent();
        this.heartbeat.as_mut().reset();
        *this.room = this.buffer.len().next_multiple_of(KEEP).min(2 * JOIN);
        let frame = match this.buffer.capacity() > KEEP || this.events.is_none() {
            true => mem::take(this.buffer),
            false => this.buffer.split(),
        };
        Poll::Ready(Some(frame.freeze()))
    }
}

impl<S, H> Body for EventBody<S, H>
where
    S: Stream<Item: Encode>,
    H: Heartbeat,
{
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.unwritten >= WRITE && self.events.is_some() {
            *self.project().unwritten = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = self.as_mut().poll_joined(cx);
        let unwritten = self.project().unwritten;
        *unwritten = match &frame {
            Poll::Ready(Some(frame)) => *unwritten + frame.len(),
            Poll::Ready(None) | Poll::Pending => 0,
        };
        frame.map(|frame| frame.map(|frame| Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.events.is_none()
    }
}

impl<S, H> fmt::Debug for EventBody<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBody")
            .field("phase", &self.phase)
            .field("ended", &self.events.is_none())
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}
