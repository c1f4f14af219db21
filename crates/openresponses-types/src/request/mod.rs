//! Requests for a response.

mod create_request;
mod input;
mod reasoning_config;
mod settings;
mod text_config;

pub use create_request::*;
pub use input::Input;
pub use reasoning_config::*;
pub use text_config::*;

pub(crate) use settings::{carry, echo, settings, unset};
