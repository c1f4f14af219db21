use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use openresponses_sse::EventBody;
use pin_project_lite::pin_project;

use super::follow::FollowedEvent;
use super::heartbeat::Silence;
use super::stall::{Reader, Stalls, WatchedTurn};
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
        Events { #[pin] body: EventBody<WatchedTurn, Silence>, reader: Reader },
        Followed { #[pin] body: EventBody<Unshared, Silence> },
    }
}

/// The events of a store. A body has one owner, so the lock is never taken: it makes the body `Sync`,
/// which the stream of a host's store is not.
struct Unshared(Mutex<BoxStream<'static, FollowedEvent>>);

impl Stream for Unshared {
    type Item = FollowedEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<FollowedEvent>> {
        let events = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        events.as_mut().poll_next(cx)
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

    /// Holds a claim until the body is dropped. The turn of a stream has its own.
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
        events: impl Stream<Item = FollowedEvent> + Send + 'static,
        heartbeat: Option<Duration>,
    ) -> Self {
        let silence = Silence::new(heartbeat);
        Self {
            kind: Kind::Followed {
                body: EventBody::with_heartbeat(Unshared(Mutex::new(events.boxed())), silence),
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
            KindProjection::Events { body, reader } => {
                reader.wants_more();
                let frame = ready!(body.poll_frame(cx));
                if let Some(Ok(frame)) = &frame {
                    reader.given(frame.data_ref().map_or(0, Bytes::len));
                }
                Poll::Ready(frame)
            }
            KindProjection::Followed { body } => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Json { body, .. } => body.is_end_stream(),
            Kind::Events { body, .. } => body.is_end_stream(),
            Kind::Followed { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Json { body, .. } => body.size_hint(),
            Kind::Events { body, .. } => body.size_hint(),
            Kind::Followed { body } => body.size_hint(),
        }
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
        is_shared::<crate::service::LayerBody<Full<Bytes>>>();
    }
}
