//! The servers that `bin/serve.rs` compares, each on a thread of its own.

mod model_server;
mod pass_through;
#[cfg(feature = "serve")]
mod relays;
mod server;
mod subjects;

pub use model_server::{model_server, sample_chunks};
pub use pass_through::{InlineProxy, PooledProxy};
#[cfg(feature = "serve")]
pub use relays::RELAYS;
pub use server::Server;
pub use subjects::{
    DOCUMENTS, IDLE_STREAMS, PACED, PACED_STREAMS, STREAMS, Subject, WAITING_STREAMS,
};
