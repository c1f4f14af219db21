//! The servers that `bin/serve.rs` compares, each on a thread of its own.

mod server;
mod subjects;

pub use server::Server;
pub use subjects::{DOCUMENTS, IDLE_STREAMS, STREAMS, Subject, WAITING_STREAMS};
