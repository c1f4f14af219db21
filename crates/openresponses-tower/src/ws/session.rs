//! The state of a connection without I/O: messages and times go in, steps come out.

use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Profile;
use openresponses_types::json::JsonLimits;
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use super::config::WebSocketConfig;
use super::continued::Continued;
use super::keep_alive::{Beat, KeepAlive};
use super::machine::Machine;
use super::message::{self, Create, Refused};
use super::queue::{Queue, Waiting};
use super::refusal;
use super::step::{Close, Refusal, Step};
use crate::body_time::BodyTime;
use crate::bounds::discard;
use crate::error::{Error, log_refusal};
use crate::shutdown::shutting_down;
use crate::turn::ConnectionCache;
use crate::workers::LARGE;

/// Settings for reading messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) profile: Profile,
    pub(crate) limits: JsonLimits,
    /// The maximum size of a message in bytes.
    pub(crate) message_limit: usize,
    /// How long a message may take to arrive.
    pub(crate) message_time: BodyTime,
    /// How long the client may take nothing of what is sent to it.
    pub(crate) stall_limit: Option<Duration>,
}

/// One connection. All times are since it opened and never decrease.
pub(crate) struct Session {
    reading: Reading,
    connection_limit: Duration,
    idle_limit: Option<Duration>,
    keep_alive: KeepAlive,
    queue: Queue,
    /// The last turn, which can be continued without a store.
    cache: Arc<ConnectionCache>,
    /// The active turn.
    turn: Option<Turn>,
    /// The host's decision on the next message.
    authorized: Option<Result<(), Error>>,
    /// A large message that was read.
    read: Option<Result<Create, Refused>>,
    /// The size of the large message that is being read, or was.
    being_read: u64,
    idle_since: Duration,
    shutting_down: bool,
    closing: Option<Closing>,
}

/// The end of a connection.
struct Closing {
    close: Close,
    /// The answer to each message that waits.
    message: String,
    /// How many are still to be answered.
    messages: u64,
}

impl Closing {
    fn next(&mut self) -> Step {
        match self.messages.checked_sub(1) {
            Some(left) => {
                self.messages = left;
                Step::Send(self.message.clone())
            }
            None => Step::Close(self.close),
        }
    }
}

struct Turn {
    continued: Continued,
}

impl Turn {
    /// A message that is not read yet.
    const UNREAD: Self = Self {
        continued: Continued::Unknown,
    };
}

impl Session {
    pub(super) fn new(
        config: &WebSocketConfig,
        reading: Reading,
        cache: Arc<ConnectionCache>,
    ) -> Self {
        Self {
            reading,
            connection_limit: config.connection_limit,
            idle_limit: config.idle_limit,
            keep_alive: KeepAlive::new(config.ping_interval, config.silence_limit),
            queue: Queue::new(config.queue, reading.message_limit),
            cache,
            turn: None,
            authorized: None,
            read: None,
            being_read: 0,
            idle_since: Duration::ZERO,
            shutting_down: false,
            closing: None,
        }
    }

    /// Returns the next step without an active turn.
    fn next_turn(&mut self, now: Duration) -> Option<Step> {
        if self.closing.is_none() {
            self.look_for_the_end(now);
        }
        if let Some(closing) = &mut self.closing {
            return Some(closing.next());
        }
        if let Some(read) = self.read.take() {
            return Some(self.begin(read, self.being_read, now));
        }
        if self.queue.is_empty() {
            return None;
        }
        let Some(decision) = self.authorized.take() else {
            self.turn = Some(Turn::UNREAD);
            return Some(Step::Authorize);
        };
        let message = self.queue.pop()?;
        let bytes = message.bytes();
        let (error, continued) = match (decision, message) {
            (Err(error), Waiting::Text(text)) => (error, Continued::by(&text, self.reading.limits)),
            (Err(error), Waiting::Binary) => (error, Continued::Nothing),
            (Err(error), Waiting::Excess(continued)) => (error, continued),
            (Ok(()), Waiting::Binary) => (refusal::binary(), Continued::Nothing),
            (Ok(()), Waiting::Excess(continued)) => (refusal::excess(), continued),
            (Ok(()), Waiting::Text(text)) if text.len() > LARGE => {
                self.turn = Some(Turn::UNREAD);
                self.being_read = bytes;
                return Some(Step::Read(text));
            }
            (Ok(()), Waiting::Text(text)) => {
                let read = message::read(&text, self.reading, |_| Ok(()));
                return Some(self.begin(read, bytes, now));
            }
        };
        Some(self.refusal(Refused { error, continued }, bytes, now))
    }

    /// Returns the step after a message of so many bytes was read.
    fn begin(&mut self, read: Result<Create, Refused>, bytes: u64, now: Duration) -> Step {
        match read {
            Ok(create) => {
                let previous = create.valid.request.previous_response_id.as_str();
                let continued =
                    previous.map_or(Continued::Nothing, |id| Continued::Response(id.to_owned()));
                self.turn = Some(Turn { continued });
                Step::Begin(Box::new(create))
            }
            Err(refused) => self.refusal(refused, bytes, now),
        }
    }

    fn refusal(&mut self, refused: Refused, bytes: u64, now: Duration) -> Step {
        let Refused { error, continued } = refused;
        self.idle_since = now;
        let text = self.refuse(&error, &continued);
        Step::Refuse(Box::new(Refusal { error, text, bytes }))
    }

    /// Returns the reason to close now, and the error for queued messages.
    fn look_for_the_end(&mut self, now: Duration) {
        let waiting = self.queue.owed() + u64::from(self.read.is_some());
        let (close, error, messages) = if self.shutting_down {
            (Close::SHUTDOWN, shutting_down(), waiting)
        } else if now >= self.connection_limit {
            (Close::LIMIT, refusal::connection_limit(), waiting.max(1))
        } else if waiting == 0 && now >= self.idle_end() {
            (Close::IDLE, refusal::connection_limit(), 0)
        } else {
            return;
        };
        if let Some(read) = self.read.take() {
            discard(self.being_read, read);
        }
        self.closing = Some(Closing {
            close,
            message: refusal::envelope(&error),
            messages,
        });
    }

    fn idle_end(&self) -> Duration {
        let limit = self.idle_limit.unwrap_or(Duration::MAX);
        self.idle_since.saturating_add(limit)
    }

    fn refuse(&self, error: &Error, continued: &Continued) -> String {
        log_refusal(error);
        self.evict(continued);
        refusal::envelope(error)
    }

    /// Removes the response that a failed turn continued from the cache. Spec: "WebSocket
    /// Continuation".
    fn evict(&self, continued: &Continued) {
        match continued {
            Continued::Nothing => {}
            Continued::Response(id) => self.cache.forget(id),
            Continued::Unknown => self.cache.clear(),
        }
    }

    /// Ends the active turn, and returns what it continued.
    fn end_turn(&mut self, now: Duration) -> Continued {
        self.idle_since = now;
        let turn = self.turn.take();
        turn.map_or(Continued::Nothing, |turn| turn.continued)
    }
}

impl Machine for Session {
    fn text(&mut self, text: Utf8Bytes) {
        let limits = self.reading.limits;
        let continued = |text: &str| Continued::by(text, limits);
        self.queue.push(Some(text), self.turn.is_some(), continued);
    }

    fn binary(&mut self, _: Bytes) {
        let nothing = |_: &str| Continued::Nothing;
        self.queue.push(None, self.turn.is_some(), nothing);
    }

    fn waiting_bytes(&self) -> usize {
        self.queue.bytes()
    }

    fn heard(&mut self, now: Duration) {
        self.keep_alive.heard(now);
    }

    fn shut_down(&mut self) {
        self.shutting_down = true;
    }

    fn authorized(&mut self, decision: Result<(), Error>) {
        self.turn = None;
        self.authorized = Some(decision);
    }

    fn was_read(&mut self, read: Result<Create, Refused>) {
        self.turn = None;
        self.read = Some(read);
    }

    fn refused(&mut self, error: &Error, now: Duration) -> String {
        let continued = self.end_turn(now);
        self.refuse(error, &continued)
    }

    fn ended(&mut self, failed: bool, now: Duration) {
        let continued = self.end_turn(now);
        if failed {
            self.evict(&continued);
        }
    }

    fn next(&mut self, now: Duration) -> Step {
        if self.turn.is_none()
            && let Some(step) = self.next_turn(now)
        {
            return step;
        }
        match self.keep_alive.beat(now) {
            Beat::Ping => Step::Ping,
            Beat::Gone => Step::Silent,
            Beat::Wait(until) if self.turn.is_some() => Step::Wait(until),
            Beat::Wait(until) => Step::Wait(until.min(self.connection_limit).min(self.idle_end())),
        }
    }
}

#[cfg(test)]
mod tests;
