//! Responses, what they cost, and errors.

mod error;
mod resource;
mod usage;

pub use error::*;
pub use resource::*;
pub use usage::*;
