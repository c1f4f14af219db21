//! What messages, tool outputs and reasoning are made of.

mod annotation;
mod data_url;
mod log_prob;
mod part;

pub use annotation::*;
pub use data_url::DataUrl;
pub use log_prob::*;
pub use part::*;
