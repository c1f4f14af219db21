//! The provider against servers on the loopback that answer from a script.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod continuation;
mod documents;
mod exchange;
mod failures;
#[cfg(feature = "tls-ring")]
mod http2;
mod idle;
mod leaving;
mod odd_answers;
#[cfg(feature = "tls-ring")]
mod secure;
mod server;
mod tracing_headers;
#[cfg(feature = "websocket")]
mod websocket;
