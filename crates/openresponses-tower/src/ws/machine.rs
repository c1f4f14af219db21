//! What a connection does with messages, apart from how it moves them.

use std::time::Duration;

use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use super::message::{Create, Refused};
use super::step::Step;
use crate::error::Error;

/// Decides what happens on a connection. [`Session`](super::session::Session) implements the protocol;
/// tests of the driver echo.
pub(crate) trait Machine {
    /// Handles a text message.
    fn text(&mut self, text: Utf8Bytes);

    /// Handles a binary message.
    fn binary(&mut self, data: Bytes);

    /// Returns the size of the queue in bytes.
    fn waiting_bytes(&self) -> usize;

    /// Records activity.
    fn heard(&mut self, now: Duration);

    /// Starts the shutdown of the connection.
    fn shut_down(&mut self);

    /// Handles the host's decision on the next message.
    fn authorized(&mut self, decision: Result<(), Error>);

    /// Handles a message that was read.
    fn was_read(&mut self, read: Result<Create, Refused>);

    /// Handles a turn that was refused before it started, and returns the error to send.
    fn refused(&mut self, error: &Error, now: Duration) -> String;

    /// Handles the end of a turn whose events were all sent.
    fn ended(&mut self, failed: bool, now: Duration);

    /// Returns the next step. Called until it returns [`Step::Wait`].
    fn next(&mut self, now: Duration) -> Step;
}
