//! An HTTP body made of events.

mod event_body;
mod gather;
mod heartbeat;

pub use event_body::EventBody;
pub use heartbeat::{Heartbeat, NoHeartbeat};
