//! Tools, and which of them the model may or must call.

mod choice;
mod declared;
mod definition;
mod nested;

pub use choice::*;
pub(crate) use declared::DeclaredTools;
pub use definition::*;

pub(crate) use nested::is_nested;
