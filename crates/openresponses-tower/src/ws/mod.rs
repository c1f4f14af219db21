//! The WebSocket transport. Spec: "WebSocket Transport". Since 2026-04-24.
//!
//! | part | what it does |
//! |---|---|
//! | [`handshake`] | a request's head: a WebSocket, or why not |
//! | [`session`] | what happens on a connection, without the connection: no socket, no timer |
//! | [`connection`] | drives a session: reads while it streams, keeps time |
//! | [`machine`] | the interface between them |
//! | [`socket`] | frames, by tungstenite |

mod config;
mod connection;
mod continued;
#[cfg(test)]
mod echo;
mod fragments;
mod frames;
mod handshake;
mod keep_alive;
mod machine;
mod message;
mod metered;
mod origin;
mod queue;
mod refusal;
mod session;
mod socket;
mod step;

pub use config::WebSocketConfig;
pub(crate) use connection::{Authorizing, Beginning, Connection, Host, MessageReading};
pub(crate) use handshake::{Accepted, accept, is_extended_connect};
pub(crate) use message::{Create, read as read_message};
pub(crate) use session::Reading;
pub(crate) use step::Refusal;
