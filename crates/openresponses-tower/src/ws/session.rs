//! What happens on a connection, without the connection: messages and times go in, steps come out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Profile;
use openresponses_types::json::JsonLimits;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::config::WebSocketConfig;
use super::keep_alive::{Beat, KeepAlive};
use super::message::{self, Create};
use super::queue::{Queue, Waiting};
use super::refusal;
use crate::error::Error;
use crate::shutdown::shutting_down;
use crate::turn::ConnectionCache;

/// What is to be done next.
pub(super) enum Step {
    /// Send this text.
    Send(String),
    /// Ask the other side for a sign of life.
    Ping,
    /// Begin this turn.
    Begin(Box<Create>),
    /// Close the connection.
    Close(Close),
    /// The other side has gone; there is nobody to be told.
    Gone,
    /// Nothing, unless something happens, until then.
    Wait(Duration),
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

impl Close {
    /// Not 1000: clients that connect anew by themselves do so after 1001.
    const LIMIT: Self = Self {
        code: 1001,
        reason: "connection limit reached",
    };
    const IDLE: Self = Self {
        code: 1001,
        reason: "idle for too long",
    };
    pub(super) const OVERLOADED: Self = Self {
        code: 1013,
        reason: "too much to read at once, try again later",
    };
    const SHUTDOWN: Self = Self {
        code: 1001,
        reason: "server is shutting down",
    };
}

/// How messages are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) profile: Profile,
    pub(crate) limits: JsonLimits,
    /// Bytes of a message.
    pub(crate) message_limit: usize,
}

/// One connection. All times are since it began, and never go back.
pub(super) struct Session {
    reading: Reading,
    connection_limit: Duration,
    idle_limit: Option<Duration>,
    keep_alive: KeepAlive,
    queue: Queue,
    /// The turn that may be continued although it was not stored.
    local: Arc<ConnectionCache>,
    /// The turn that runs.
    turn: Option<Turn>,
    idle_since: Duration,
    shutting_down: bool,
    /// Texts that are sent before anything else happens.
    last_words: VecDeque<String>,
    closing: Option<Close>,
}

struct Turn {
    /// The response that it continues.
    previous: Option<String>,
}

impl Session {
    pub(super) fn new(
        config: &WebSocketConfig,
        reading: Reading,
        local: Arc<ConnectionCache>,
    ) -> Self {
        Self {
            reading,
            connection_limit: config.connection_limit,
            idle_limit: config.idle_limit,
            keep_alive: KeepAlive::new(config.ping_interval, config.silence_limit),
            queue: Queue::new(config.queue, reading.message_limit),
            local,
            turn: None,
            idle_since: Duration::ZERO,
            shutting_down: false,
            last_words: VecDeque::new(),
            closing: None,
        }
    }

    /// A text message came.
    pub(super) fn text(&mut self, text: Utf8Bytes) {
        self.queue.push(Some(text), self.turn.is_some());
    }

    /// A binary message came.
    pub(super) fn binary(&mut self) {
        self.queue.push(None, self.turn.is_some());
    }

    /// How many bytes wait for their turn.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// There was a sign of life.
    pub(super) fn heard(&mut self, now: Duration) {
        self.keep_alive.heard(now);
    }

    /// When the other side counts as gone, whatever there is to send.
    pub(super) fn gone_at(&self) -> Duration {
        self.keep_alive.gone_at()
    }

    /// The server wants to end.
    pub(super) fn shut_down(&mut self) {
        self.shutting_down = true;
    }

    /// The turn was refused before its start. The text is to be sent.
    pub(super) fn refused(&mut self, error: &Error, now: Duration) -> String {
        let previous = self.turn.take().and_then(|turn| turn.previous);
        self.idle_since = now;
        self.refuse(error, previous.as_deref())
    }

    /// The turn has ended, and all of it was sent.
    pub(super) fn ended(&mut self, failed: bool, now: Duration) {
        let previous = self.turn.take().and_then(|turn| turn.previous);
        self.idle_since = now;
        if failed {
            self.evict(previous.as_deref());
        }
    }

    /// What is to be done now. To be asked again until there is nothing.
    pub(super) fn next(&mut self, now: Duration) -> Step {
        if self.turn.is_none()
            && let Some(step) = self.next_turn(now)
        {
            return step;
        }
        match self.keep_alive.beat(now) {
            Beat::Ping => Step::Ping,
            Beat::Gone => Step::Gone,
            Beat::Wait(until) if self.turn.is_some() => Step::Wait(until),
            Beat::Wait(until) => Step::Wait(until.min(self.connection_limit).min(self.idle_end())),
        }
    }

    /// What is to be done where no turn runs.
    fn next_turn(&mut self, now: Duration) -> Option<Step> {
        if self.closing.is_none() {
            self.look_for_the_end(now);
        }
        if let Some(text) = self.last_words.pop_front() {
            return Some(Step::Send(text));
        }
        if let Some(close) = self.closing {
            return Some(Step::Close(close));
        }
        let refusal = match self.queue.pop()? {
            Waiting::Binary => self.refuse(&refusal::binary(), None),
            Waiting::Excess => self.refuse(&refusal::excess(), None),
            Waiting::Text(text) => {
                match message::read(&text, self.reading.profile, self.reading.limits) {
                    Ok(create) => {
                        let previous = create.valid.request.previous_response_id.as_str();
                        self.turn = Some(Turn {
                            previous: previous.map(String::from),
                        });
                        return Some(Step::Begin(Box::new(create)));
                    }
                    Err(refused) => self.refuse(&refused.error, refused.previous.as_deref()),
                }
            }
        };
        self.idle_since = now;
        Some(Step::Send(refusal))
    }

    /// Whether it is time to close, and what those are told who wait.
    fn look_for_the_end(&mut self, now: Duration) {
        let waiting = self.queue.len();
        let (close, error, words) = if self.shutting_down {
            (Close::SHUTDOWN, shutting_down(), waiting)
        } else if now >= self.connection_limit {
            (Close::LIMIT, refusal::connection_limit(), waiting.max(1))
        } else if waiting == 0 && now >= self.idle_end() {
            (Close::IDLE, refusal::connection_limit(), 0)
        } else {
            return;
        };
        self.closing = Some(close);
        self.last_words
            .extend(std::iter::repeat_n(refusal::envelope(&error), words));
    }

    fn idle_end(&self) -> Duration {
        let limit = self.idle_limit.unwrap_or(Duration::MAX);
        self.idle_since.saturating_add(limit)
    }

    fn refuse(&self, error: &Error, previous: Option<&str>) -> String {
        if let Some(source) = std::error::Error::source(error) {
            tracing::error!(code = error.code(), source, "the turn failed");
        }
        self.evict(previous);
        refusal::envelope(error)
    }

    /// Forgets the response that a failed turn continued. Spec: "WebSocket Continuation".
    fn evict(&self, previous: Option<&str>) {
        if let Some(previous) = previous {
            self.local.forget(previous);
        }
    }
}

#[cfg(test)]
mod tests;
