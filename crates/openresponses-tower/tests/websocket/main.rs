//! WebSocket connections over real sockets, under axum and under plain hyper.
#![allow(clippy::panic, clippy::unwrap_used, unreachable_pub)]

mod client;
mod continuation;
mod frames;
mod handshake;
#[cfg(feature = "http2")]
mod http2;
mod leaving;
mod limits;
mod model;
mod server;
mod shutdown;
mod turns;
