//! Events that carry a large response, printed beside the threads that serve connections.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use openresponses_sse::encode::{EncodeError, encode_event};
use openresponses_types::StreamEvent;

use super::frame::TurnEvent;
use crate::bounds::{Claim, Worker};
use crate::error::Error;

/// The bytes of a turn from which on printing its response would delay other requests on the same
/// thread: some hundred microseconds.
const LARGE: u64 = 1024 * 1024;

/// An event that is printed already.
#[derive(Clone)]
pub(crate) struct PrintedEvent {
    frame: Bytes,
    /// Where its document begins.
    #[cfg(feature = "ws")]
    document: usize,
    #[cfg(feature = "ws")]
    is_failure: bool,
}

impl PrintedEvent {
    fn new(event: &StreamEvent) -> Result<Self, EncodeError> {
        let mut frame = BytesMut::new();
        encode_event(event, &mut frame)?;
        Ok(Self {
            frame: frame.freeze(),
            #[cfg(feature = "ws")]
            document: "event: \ndata: ".len() + event.event_type().len(),
            #[cfg(feature = "ws")]
            is_failure: matches!(event, StreamEvent::Failed(_)),
        })
    }

    /// Returns the frame of an event stream.
    pub(crate) fn frame(&self) -> &Bytes {
        &self.frame
    }

    /// Returns the event's JSON.
    #[cfg(feature = "ws")]
    pub(crate) fn document(&self) -> Bytes {
        self.frame.slice(self.document..self.frame.len() - 2)
    }

    /// Returns true for `response.failed`.
    #[cfg(feature = "ws")]
    pub(crate) fn is_failure(&self) -> bool {
        self.is_failure
    }
}

/// Shows no content of users.
impl fmt::Debug for PrintedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PrintedEvent");
        shown.field("bytes", &self.frame.len()).finish()
    }
}

type Printed = Pin<Box<dyn Future<Output = Result<TurnEvent, Error>> + Send>>;

/// Prints the events of a large turn.
pub(super) struct Printing {
    worker: Arc<Worker>,
    /// The event that is being printed.
    printed: Option<Printed>,
}

impl Printing {
    /// `None` where the turn of a claim is not large.
    pub(super) fn of(claim: &Claim) -> Option<Self> {
        (claim.bytes() > LARGE).then(|| Self {
            worker: Arc::new(claim.worker()),
            printed: None,
        })
    }

    /// Returns what works on the turn.
    pub(super) fn worker(&self) -> Arc<Worker> {
        Arc::clone(&self.worker)
    }

    /// Takes an event, and returns it where there is nothing large to print.
    pub(super) fn take(&mut self, event: TurnEvent) -> Option<TurnEvent> {
        let event = match event {
            TurnEvent::Event(event) if event.response().is_some() => event,
            other => return Some(other),
        };
        let worker = Arc::clone(&self.worker);
        self.printed = Some(Box::pin(async move {
            let print = move || match PrintedEvent::new(&event) {
                Ok(printed) => TurnEvent::Printed(printed),
                // It is left out where it cannot be encoded.
                Err(_) => TurnEvent::Event(event),
            };
            worker.work(print).await
        }));
        None
    }

    /// Returns the event that was taken, once it is printed. `None` if none was taken.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<TurnEvent, Error>>> {
        let Some(printed) = &mut self.printed else {
            return Poll::Ready(None);
        };
        let event = ready!(printed.as_mut().poll(cx));
        self.printed = None;
        Poll::Ready(Some(event))
    }
}

#[cfg(test)]
mod tests {
    use openresponses_sse::encode::{Encode, Encoder};
    use openresponses_types::Response;
    use openresponses_types::event::{ResponseCreatedEvent, ResponseFailedEvent};

    use super::*;

    #[test]
    fn a_printed_event_is_what_the_encoder_writes() {
        let response = Arc::new(Response::new("resp_1", "a\u{2028}b", 0));
        let created = ResponseCreatedEvent::new(0u64, Arc::clone(&response));
        let failed = ResponseFailedEvent::new(1u64, response);
        for event in [StreamEvent::from(created), failed.into()] {
            let printed = PrintedEvent::new(&event).unwrap();
            let mut encoded = BytesMut::new();
            event.encode(&mut Encoder::new(), &mut encoded).unwrap();
            assert_eq!(printed.frame(), &encoded);
            #[cfg(feature = "ws")]
            {
                assert_eq!(printed.document(), event.to_json());
                let is_failure = matches!(event, StreamEvent::Failed(_));
                assert_eq!(printed.is_failure(), is_failure);
            }
        }
    }
}
