//! Tools of MCP servers, against a server of our own that misbehaves when told to.
#![allow(clippy::unwrap_used, clippy::panic)]

mod clients;
mod declared;
mod hidden;
mod server;
#[path = "../support/stack.rs"]
#[allow(dead_code)]
mod stack;
#[path = "../support/store.rs"]
mod store;
