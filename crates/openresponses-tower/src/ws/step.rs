//! What a connection does next, and why it is closed.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::message::Create;
use crate::error::Error;

/// The next step.
pub(crate) enum Step {
    /// Send this text.
    Send(String),
    /// Refuse a message.
    Refuse(Box<Refusal>),
    /// Send this message back.
    #[cfg(test)]
    Echo(tokio_tungstenite::tungstenite::Message),
    /// Send a ping.
    Ping,
    /// Ask the host whether the next message may be read, and pass its decision to
    /// [`Machine::authorized`](super::machine::Machine::authorized).
    Authorize,
    /// Read this large message, and pass the result to
    /// [`Machine::was_read`](super::machine::Machine::was_read).
    Read(Utf8Bytes),
    /// Start this turn.
    Begin(Box<Create>),
    /// Close the connection.
    Close(Close),
    /// Give up a client that was silent for too long.
    Silent,
    /// Wait until this time or an event.
    Wait(Duration),
}

/// A message that starts no turn.
pub(crate) struct Refusal {
    pub(crate) error: Error,
    /// The answer.
    pub(crate) text: String,
    /// The size of the message.
    pub(crate) bytes: u64,
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

impl Close {
    /// Not 1000: clients reconnect automatically after 1001.
    pub(super) const LIMIT: Self = Self {
        code: 1001,
        reason: "connection limit reached",
    };
    pub(super) const IDLE: Self = Self {
        code: 1001,
        reason: "idle for too long",
    };
    pub(super) const SILENT: Self = Self {
        code: 1001,
        reason: "silent for too long",
    };
    pub(super) const OVERLOADED: Self = Self {
        code: 1013,
        reason: "out of memory for messages, try again later",
    };
    pub(super) const SHUTDOWN: Self = Self {
        code: 1001,
        reason: "server is shutting down",
    };
    pub(super) const SLOW: Self = Self {
        code: 1008,
        reason: "a message took too long to arrive",
    };
    pub(super) const FRAGMENTED: Self = Self {
        code: 1008,
        reason: "too many fragments",
    };
}
