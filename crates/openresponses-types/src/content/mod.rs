//! What messages, tool outputs and reasoning are made of.

mod annotation;
mod log_prob;
mod part;

pub use annotation::*;
pub use log_prob::*;
pub use part::*;
