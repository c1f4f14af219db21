//! Traces and metrics, exported to a collector in this process that reads the protobuf of OTLP.
#![allow(clippy::unwrap_used, clippy::panic)]

mod collector;
mod hostile;
mod measured;
mod model_server;
#[allow(dead_code)]
#[path = "../server/process.rs"]
mod process;
#[allow(dead_code)]
#[path = "../server/socket.rs"]
mod socket;
mod traces;
mod tree;
