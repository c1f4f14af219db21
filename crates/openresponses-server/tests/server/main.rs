//! Tests of the program: started, used over sockets, and stopped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admin;
mod answers;
mod bad_files;
mod budgets;
mod callers;
mod connections;
mod cors;
mod dashboard;
mod exposition;
mod faults;
mod flags;
mod gateway;
mod health;
mod http2;
mod isolation;
mod large;
mod log;
mod memory;
mod metrics;
mod playground;
mod probe;
mod process;
mod refusals;
#[cfg(unix)]
mod reload;
mod safe_start;
mod shutdown;
mod signals;
mod socket;
#[cfg(all(feature = "tls", unix))]
mod tls;
mod tokens;
mod tools;
#[cfg(target_os = "linux")]
mod unread;
mod upstream;
mod websocket;
