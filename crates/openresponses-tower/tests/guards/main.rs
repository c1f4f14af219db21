//! Protections of streams and bodies: layers, heartbeats, padding, deadlines, budgets. Time is
//! virtual, so every duration is exact.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub)]

mod body;
mod bounds;
mod common;
mod concurrency;
mod heartbeat;
mod obfuscation;
mod panics;
mod prime;
mod stall;
mod timeout;
mod unread;
