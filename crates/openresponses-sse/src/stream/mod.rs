//! Adapters from an HTTP body to a stream of frames.

mod error;
mod frame_stream;

pub use error::StreamError;
pub use frame_stream::FrameStream;
