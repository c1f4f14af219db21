//! What guards a stream and the bodies before it: layers, heartbeats, padding, deadlines, budgets.
//! Time stands still unless all wait for it, so every figure is exact.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod body;
mod common;
mod concurrency;
mod heartbeat;
mod obfuscation;
mod prime;
mod timeout;
