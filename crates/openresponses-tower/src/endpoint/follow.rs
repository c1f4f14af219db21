//! The events of a response from its log: those that are there, then those that come.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::{self, BoxStream, unfold};
use openresponses_sse::encode::{Encode, EncodeError, Encoder, encode_event};
use openresponses_types::StreamEvent;
use openresponses_types::event::{
    ErrorEvent, ResponseCompletedEvent, ResponseFailedEvent, ResponseIncompleteEvent,
};
use openresponses_types::response::ResponseStatus;
use tokio::sync::oneshot;

use super::continuation::response_not_found;
use super::stall::Stalling;
use super::unlogged::Unlogged;
use super::untaken::{Taking, Untaken};
use crate::bounds::{BoundedResource, Held, Tenant};
use crate::error::{Error, ErrorKind};
use crate::shutdown::Shutdown;
use crate::store::{EventPage, LoggedEvent, ResponseState, ScopedStore, StoredResponse};

/// How long a follower waits for an event before it checks whether any will come.
const WAIT: Duration = Duration::from_secs(5);

/// The most bytes that are taken from the turn at once.
const TOGETHER: usize = 64 * 1024;

/// How often in succession a store may fail before a follower gives up.
const FAILURES: u32 = 3;

/// An event on its way to a client.
pub(super) struct FollowedEvent {
    event: LoggedEvent,
    /// The frame has the number as its id.
    with_id: bool,
}

impl Encode for FollowedEvent {
    fn encode(&self, _: &mut Encoder, out: &mut BytesMut) -> Result<(), EncodeError> {
        if self.with_id {
            out.extend_from_slice(format!("id: {}\n", self.event.number).as_bytes());
        }
        out.extend_from_slice(&self.event.frame);
        Ok(())
    }
}

impl FollowedEvent {
    /// Creates an error that is not in the log. It has no id, and the number of the event `last` before
    /// it, so that a client that reconnects with either gets all events of the log.
    fn unlogged(last: Option<u64>, error: &Error) -> Self {
        let number = last.unwrap_or(0);
        let error = ErrorEvent::new(number, Box::new(error.payload()));
        Self {
            event: encoded(number, error),
            with_id: false,
        }
    }
}

/// A client's position in a log.
pub(super) struct Follower {
    store: ScopedStore,
    id: String,
    /// The number of the last event that the client has.
    after: Option<u64>,
    with_ids: bool,
    shutdown: Shutdown,
    ready: VecDeque<LoggedEvent>,
    /// The log has no more events than those in `ready`.
    ended: bool,
    /// Nothing comes after `ready`.
    over: bool,
    failures: u32,
    /// What `ready` takes.
    memory: Held,
    /// Receives the rest of the turn when its log fails, and nothing when the log is complete. `None` once
    /// that is received.
    failed: Option<oneshot::Receiver<Option<Unlogged>>>,
    /// The rest of the turn, whose log has failed.
    unlogged: Option<Unlogged>,
    /// What the turn that writes the log keeps for this client, its first one.
    taking: Option<Taking>,
}

impl Follower {
    /// Follows the response `id` after an event, or from the first one.
    pub(super) fn new(
        store: ScopedStore,
        id: &str,
        after: Option<u64>,
        shutdown: &Shutdown,
        tenant: &Arc<Tenant>,
    ) -> Self {
        Self {
            store,
            id: id.to_owned(),
            after,
            with_ids: false,
            shutdown: shutdown.clone(),
            ready: VecDeque::new(),
            ended: false,
            over: false,
            failures: 0,
            memory: tenant.nothing(BoundedResource::Memory),
            failed: None,
            unlogged: None,
            taking: None,
        }
    }

    /// Returns the store and the response.
    pub(super) fn place(&self) -> (&ScopedStore, &str) {
        (&self.store, &self.id)
    }

    /// Returns where the turn that writes the log keeps what its first client has not taken.
    pub(super) fn untaken(&mut self) -> Untaken {
        let tenant = self.memory.tenant();
        self.taking
            .get_or_insert_with(|| Taking::new(tenant))
            .untaken()
    }

    /// Sets whether frames have ids.
    pub(super) fn with_ids(mut self, with_ids: bool) -> Self {
        self.with_ids = with_ids;
        self
    }

    /// Continues with the turn itself when its log fails.
    pub(super) fn unless_failed(mut self, failed: oneshot::Receiver<Option<Unlogged>>) -> Self {
        self.failed = Some(failed);
        self
    }

    /// Reads what is there. Without events at the position this is an error before the stream
    /// starts.
    pub(super) async fn first_page(&mut self) -> Result<(), Error> {
        let page = self.store.read_events(&self.id, self.after, Duration::ZERO);
        match page.await? {
            EventPage::Events { events, ended } => self.take(events, ended),
            EventPage::Gone => Err(position_gone()),
            EventPage::Restarted => Err(restarted()),
            EventPage::Missing => match self.store.state(&self.id).await? {
                Some(_) => Err(no_events()),
                None => Err(response_not_found(&self.id)),
            },
        }
    }

    /// Returns the events. `held` is dropped with the stream.
    pub(super) fn events<G: Send + 'static>(self, held: G) -> FollowedStream {
        let last = self.after;
        let events = unfold((self, held), |(mut follower, held)| async move {
            let event = follower.next().await?;
            Some((event, (follower, held)))
        });
        FollowedStream {
            events: events.boxed(),
            last,
            is_over: false,
        }
    }

    /// Claims memory for events of the log and queues them.
    fn take(&mut self, events: Vec<LoggedEvent>, ended: bool) -> Result<(), Error> {
        if let (Some(taking), Some(last)) = (&self.taking, events.last()) {
            taking.taken(last.number.saturating_add(1));
        }
        let all = self.ready.iter().chain(&events);
        let bytes: usize = all.map(LoggedEvent::bytes).sum();
        self.memory.resize(bytes as u64)?;
        self.over |= events.last().is_some_and(is_terminal);
        self.ready.extend(events);
        self.ended |= ended;
        Ok(())
    }

    async fn next(&mut self) -> Option<FollowedEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.after = Some(event.number);
                return Some(FollowedEvent {
                    event,
                    with_id: self.with_ids,
                });
            }
            if self.over {
                return None;
            }
            let next = self.next_number();
            if let Some(unlogged) = &mut self.unlogged {
                self.ready.extend(unlogged.next(next).await);
                self.over = self.ready.is_empty();
                continue;
            }
            // Less is always available.
            let _ = self.memory.resize(0);
            let waited = if self.ended {
                self.over = true;
                self.look(true).await
            } else {
                self.wait().await
            };
            match waited {
                Ok(()) => self.failures = 0,
                Err(error) if error.code() == "store_unavailable" && self.may_try_again() => {
                    self.failures += 1;
                    self.over = false;
                    tokio::time::sleep(WAIT / 10).await;
                }
                Err(error) => {
                    self.over = true;
                    return Some(FollowedEvent::unlogged(self.after, &error));
                }
            }
        }
    }

    /// Returns true while the turn that writes to the failing store may still end or hand over its
    /// remaining events.
    fn may_try_again(&self) -> bool {
        self.failed.is_some() || self.failures < FAILURES
    }

    /// Waits for further events, or until the log has failed.
    async fn wait(&mut self) -> Result<(), Error> {
        let read = self.store.read_events(&self.id, self.after, WAIT);
        let read = self.shutdown.unless_ended(read);
        let page = match &mut self.failed {
            None => read.await,
            Some(failed) => match select(failed, pin!(read)).await {
                Either::Left((unlogged, _)) => {
                    self.failed = None;
                    // The host may drop the task, or not begin it.
                    self.unlogged = unlogged.map_err(Error::server)?;
                    return Ok(());
                }
                Either::Right((page, _)) => page,
            },
        };
        match page? {
            EventPage::Events { events, ended } if events.is_empty() && !ended => {
                self.look(true).await
            }
            EventPage::Events { events, ended } => self.take(events, ended),
            page @ (EventPage::Missing | EventPage::Gone) => {
                let kept = self.taking.as_ref();
                let kept = kept.map(|taking| taking.peek(self.next_number(), TOGETHER));
                if let Some(events) = kept.filter(|events| !events.is_empty()) {
                    return self.take(events, false);
                }
                if self.is_handed_over().await? {
                    return Ok(());
                }
                if page == EventPage::Gone {
                    return Err(position_gone());
                }
                self.over = true;
                self.look(false).await
            }
            EventPage::Restarted => Err(restarted()),
        }
    }

    /// Waits for the rest of a turn that lost its log, which it finds at its next write.
    async fn is_handed_over(&mut self) -> Result<bool, Error> {
        if let Some(failed) = self.failed.take() {
            self.unlogged = failed.await.map_err(Error::server)?;
        }
        Ok(self.unlogged.is_some())
    }

    /// Ends the stream where no event will: the process that produced the response may have stopped
    /// before it wrote the last one, and a cancelled response has none.
    async fn look(&mut self, has_log: bool) -> Result<(), Error> {
        // Its content is read only where there is an end to tell of.
        let found = match self.store.state(&self.id).await? {
            Some(ResponseState::Finished | ResponseState::Abandoned) => {
                self.store.load(&self.id).await?
            }
            Some(ResponseState::Unfinished) if has_log => return Ok(()),
            Some(ResponseState::Unfinished) => return Err(position_gone()),
            None => None,
        };
        let found = match found {
            Some(found) if found.is_finished() => found,
            // A response that is not made in the background is stored at its end.
            Some(_) | None if has_log => return Ok(()),
            Some(_) => return Err(position_gone()),
            None => return Err(removed()),
        };
        if self.ended && found.status() != Some(&ResponseStatus::Cancelled) {
            // A log that was ended has all events.
            return Ok(());
        }
        if has_log && !self.ended {
            // The last events may have come in the meantime.
            let page = self.store.read_events(&self.id, self.after, Duration::ZERO);
            if let EventPage::Events { events, ended } = page.await?
                && (ended || !events.is_empty())
            {
                return self.take(events, ended);
            }
        }
        self.end_with(terminal(self.next_number(), &found));
        Ok(())
    }

    fn next_number(&self) -> u64 {
        self.after.map_or(0, |after| after.saturating_add(1))
    }

    fn end_with(&mut self, event: impl Into<StreamEvent>) {
        let last = encoded(self.next_number(), event);
        self.ready.push_back(last);
        self.over = true;
    }
}

/// Encodes an event of this server, which is possible.
fn encoded(number: u64, event: impl Into<StreamEvent>) -> LoggedEvent {
    let mut frame = BytesMut::new();
    let _ = encode_event(&event.into(), &mut frame);
    LoggedEvent::new(number, frame)
}

/// The events that a client follows.
pub(super) struct FollowedStream {
    events: BoxStream<'static, FollowedEvent>,
    /// The number of the last event.
    last: Option<u64>,
    /// The last event was that of the response's end.
    is_over: bool,
}

impl FollowedStream {
    /// Returns true if the client has the first events.
    pub(super) fn is_resumed(&self) -> bool {
        self.last.is_some()
    }
}

impl Stream for FollowedStream {
    type Item = FollowedEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<FollowedEvent>> {
        let event = ready!(self.events.poll_next_unpin(cx));
        if let Some(FollowedEvent { event, .. }) = &event {
            self.last = Some(event.number);
            self.is_over = is_terminal(event);
        }
        Poll::Ready(event)
    }
}

impl Stalling for FollowedStream {
    fn fail(&mut self, error: Error) {
        if self.is_over {
            self.events = stream::empty().boxed();
            return;
        }
        let error = FollowedEvent::unlogged(self.last, &error);
        self.events = stream::iter([error]).boxed();
    }
}

/// Returns true for an event after which a response has no others.
fn is_terminal(event: &LoggedEvent) -> bool {
    let names: [&[u8]; 3] = [
        b"event: response.completed\n",
        b"event: response.failed\n",
        b"event: response.incomplete\n",
    ];
    names.iter().any(|name| event.frame.starts_with(name))
}

/// Returns the event that tells of the end of a finished response.
fn terminal(number: u64, found: &StoredResponse) -> StreamEvent {
    let response = found.response();
    match found.status() {
        Some(ResponseStatus::Completed) => ResponseCompletedEvent::new(number, response).into(),
        Some(ResponseStatus::Incomplete) => ResponseIncompleteEvent::new(number, response).into(),
        // The protocol has no event for it.
        Some(ResponseStatus::Cancelled) => {
            let cancelled = Error::new(
                ErrorKind::InvalidRequest,
                "response_cancelled",
                "The response was cancelled.",
            );
            ErrorEvent::new(number, Box::new(cancelled.payload())).into()
        }
        _ => ResponseFailedEvent::new(number, response).into(),
    }
}

fn no_events() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "events_not_found",
        "The response has no events: it was not made with 'stream: true', or they have expired. \
         Leave 'stream' out.",
    )
    .param("stream")
}

/// The error for a response that went while its events were followed.
fn removed() -> Error {
    Error::new(
        ErrorKind::NotFound,
        "response_not_found",
        "The response has been deleted, the server that made it has stopped, or there was no room to \
         keep it, before its stream ended.",
    )
    .param("response_id")
}

fn position_gone() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "starting_after_expired",
        "The events after this position are no longer kept. Retrieve the response without 'stream'.",
    )
    .param("starting_after")
}

/// What is appended to events of an earlier attempt would not be a stream.
fn restarted() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "response_restarted",
        "The response was restarted after a failure of the server. Discard the events so far, and \
         read its stream without 'starting_after'.",
    )
    .param("starting_after")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client may take long for the last event, which carries the whole response.
    #[tokio::test]
    async fn nothing_follows_the_end_of_a_response_to_a_client_that_stalls() {
        for (name, then) in [("response.completed", 0), ("response.in_progress", 1)] {
            let frame = format!("event: {name}\ndata: {{}}\n\n");
            let event = FollowedEvent {
                event: LoggedEvent::new(7, frame),
                with_id: false,
            };
            let mut stream = FollowedStream {
                events: stream::iter([event]).boxed(),
                last: None,
                is_over: false,
            };
            assert!(stream.next().await.is_some());
            stream.fail(Error::server("a client that stalls"));
            assert_eq!(stream.count().await, then, "{name}");
        }
    }
}
