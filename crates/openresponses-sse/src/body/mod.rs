//! An HTTP body made of events.

mod event_body;
mod heartbeat;

pub use event_body::EventBody;
pub use heartbeat::{Heartbeat, NoHeartbeat};
