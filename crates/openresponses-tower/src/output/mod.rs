//! What a provider's answer is made of.

mod stream;
mod write;

pub use stream::OutputStream;
pub use write::OutputWriter;
