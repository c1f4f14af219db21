//! Adapters from an HTTP body to a stream of frames or of events.

mod error;
mod event_stream;
mod frame_stream;

pub use error::StreamError;
pub use event_stream::EventStream;
pub use frame_stream::FrameStream;
