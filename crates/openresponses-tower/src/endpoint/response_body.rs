use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame, SizeHint};
use openresponses_sse::EventBody;
use openresponses_sse::encode::Encode;
use pin_project_lite::pin_project;

use super::document::{Document, WatchedDocument};
use super::follow::FollowedStream;
use super::heartbeat::Silence;
use super::stall::{Reader, Stalls, WatchedStream};
use crate::bounds::Claim;
use crate::turn::ActiveTurn;

pin_project! {
    /// A response body: a JSON document or an event stream. It never fails; errors after the head
    /// are events of the stream. It is `Sync`, as `http_body_util::BodyExt::boxed` requires.
    pub struct ResponseBody {
        #[pin]
        kind: Kind,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind {
        // `None` once it was handed out.
        Json { document: Option<Document> },
        Large { document: WatchedDocument },
        // Boxed, because a response changes hands several times.
        Events { body: Pin<Box<WatchedBody<ActiveTurn>>> },
        Followed { body: Pin<Box<WatchedBody<FollowedStream>>> },
    }
}

pin_project! {
    /// An event stream, and how its client reads.
    struct WatchedBody<S> {
        #[pin]
        body: EventBody<WatchedStream<S>, Silence>,
        reader: Reader<S>,
    }
}

impl<S> WatchedBody<S> {
    /// Creates the body of a stream, which is resumed or has not begun.
    fn new(reader: Reader<S>, heartbeat: Option<Duration>, is_resumed: bool) -> Pin<Box<Self>> {
        let mut body = EventBody::with_heartbeat(reader.events(), Silence::new(heartbeat));
        if is_resumed {
            body = body.resumed();
        }
        Box::pin(Self { body, reader })
    }
}

impl ResponseBody {
    pub(super) fn json(text: String) -> Self {
        Self {
            kind: Kind::Json {
                document: Some(Document::new(text)),
            },
        }
    }

    /// Holds the claim of a document until it was sent. A stream has its own.
    pub(super) fn hold(&mut self, claim: Claim) {
        if let Kind::Json {
            document: Some(document),
        } = &mut self.kind
        {
            document.hold(claim);
        }
    }

    /// Watches how the client reads a large document.
    pub(super) fn watch(&mut self, stalls: &Arc<Stalls>) {
        if let Kind::Json { document } = &mut self.kind
            && let Some(large) = document.take_if(|document| document.is_large())
        {
            let document = WatchedDocument::new(large, stalls);
            self.kind = Kind::Large { document };
        }
    }

    pub(super) fn events(
        turn: ActiveTurn,
        heartbeat: Option<Duration>,
        stalls: &Arc<Stalls>,
    ) -> Self {
        Self {
            kind: Kind::Events {
                body: WatchedBody::new(stalls.watch(turn), heartbeat, false),
            },
        }
    }

    pub(super) fn followed(
        events: FollowedStream,
        heartbeat: Option<Duration>,
        stalls: &Arc<Stalls>,
    ) -> Self {
        let is_resumed = events.is_resumed();
        Self {
            kind: Kind::Followed {
                body: WatchedBody::new(stalls.watch(events), heartbeat, is_resumed),
            },
        }
    }
}

/// An empty body, which layers such as tower-http's CORS and timeouts use.
impl Default for ResponseBody {
    fn default() -> Self {
        Self::json(String::new())
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.project().kind.project() {
            KindProjection::Json { document } => {
                let document = document.take().filter(|document| document.length() > 0);
                Poll::Ready(document.map(|document| Ok(Frame::data(document.into_data()))))
            }
            KindProjection::Large { document } => {
                let piece = ready!(document.poll_piece(cx));
                Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
            }
            KindProjection::Events { body } => body.as_mut().poll_frame(cx),
            KindProjection::Followed { body } => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Json { document } => document.as_ref().is_none_or(|it| it.length() == 0),
            Kind::Large { document } => document.left() == 0,
            Kind::Events { body } => body.body.is_end_stream(),
            Kind::Followed { body } => body.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Json { document } => {
                let length = document.as_ref().map_or(0, Document::length);
                SizeHint::with_exact(length as u64)
            }
            Kind::Large { document } => SizeHint::with_exact(document.left()),
            Kind::Events { body } => body.body.size_hint(),
            Kind::Followed { body } => body.body.size_hint(),
        }
    }
}

impl<S: Stream<Item: Encode> + Unpin> WatchedBody<S> {
    /// Polls the stream and records how its client reads.
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.project();
        this.reader.wants_more();
        if this.reader.is_abandoned() {
            return Poll::Ready(None);
        }
        let frame = ready!(this.body.poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            this.reader.given(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(frame)
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseBody")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_can_be_boxed_and_shared() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<ResponseBody>();
        is_shared::<crate::service::LayerBody<http_body_util::Full<Bytes>>>();
    }
}
