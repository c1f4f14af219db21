use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use openresponses_sse::EventBody;
use pin_project_lite::pin_project;

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
        Json { #[pin] body: Full<Bytes>, claim: Option<Claim> },
        Events { #[pin] body: EventBody<WatchedStream<ActiveTurn>, Silence>, reader: Reader<ActiveTurn> },
        Followed { #[pin] body: EventBody<WatchedStream<FollowedStream>, Silence>, reader: Reader<FollowedStream> },
    }
}

impl ResponseBody {
    pub(super) fn json(text: String) -> Self {
        Self {
            kind: Kind::Json {
                body: Full::new(Bytes::from(text)),
                claim: None,
            },
        }
    }

    /// Holds the claim of a document until the body is dropped. A stream has its own.
    pub(super) fn hold(&mut self, held: Claim) {
        if let Kind::Json { claim, .. } = &mut self.kind {
            *claim = Some(held);
        }
    }

    pub(super) fn events(
        turn: ActiveTurn,
        heartbeat: Option<Duration>,
        stalls: &Arc<Stalls>,
    ) -> Self {
        let reader = stalls.watch(turn);
        Self {
            kind: Kind::Events {
                body: EventBody::with_heartbeat(reader.events(), Silence::new(heartbeat)),
                reader,
            },
        }
    }

    pub(super) fn followed(
        events: FollowedStream,
        heartbeat: Option<Duration>,
        stalls: &Arc<Stalls>,
    ) -> Self {
        let reader = stalls.watch(events);
        Self {
            kind: Kind::Followed {
                body: EventBody::with_heartbeat(reader.events(), Silence::new(heartbeat)),
                reader,
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
            KindProjection::Json { body, .. } => body.poll_frame(cx),
            KindProjection::Events { body, reader } => poll_watched(body, reader, cx),
            KindProjection::Followed { body, reader } => poll_watched(body, reader, cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Json { body, .. } => body.is_end_stream(),
            Kind::Events { body, .. } => body.is_end_stream(),
            Kind::Followed { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Json { body, .. } => body.size_hint(),
            Kind::Events { body, .. } => body.size_hint(),
            Kind::Followed { body, .. } => body.size_hint(),
        }
    }
}

/// Polls a stream and records how its client reads.
fn poll_watched<B: Body<Data = Bytes, Error = Infallible>, S>(
    body: Pin<&mut B>,
    reader: &Reader<S>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
    reader.wants_more();
    let frame = ready!(body.poll_frame(cx));
    if let Some(Ok(frame)) = &frame {
        reader.given(frame.data_ref().map_or(0, Bytes::len));
    }
    Poll::Ready(frame)
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
        is_shared::<crate::service::LayerBody<Full<Bytes>>>();
    }
}
