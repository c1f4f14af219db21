//! Tools, and which of them the model may or must call.

mod choice;
mod definition;

pub use choice::*;
pub use definition::*;
