//! The loop over every mix of calls, as a client sees it: as JSON and as a stream, which must agree.
#![allow(clippy::unwrap_used, clippy::panic)]

mod approval;
mod bounds;
mod choice;
mod hidden;
mod mix;
mod relayed;
mod shown;
#[path = "../support/stack.rs"]
mod stack;
#[path = "../support/store.rs"]
mod store;
mod table;
mod transport;
mod transports;
