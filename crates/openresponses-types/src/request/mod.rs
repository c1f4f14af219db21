//! Requests for a response.

mod create_request;
mod input;
mod options;
mod reasoning_config;
mod settings;
mod text_config;
mod web_socket_create;

pub use create_request::*;
pub use input::*;
pub use options::*;
pub use reasoning_config::*;
pub use text_config::*;

pub(crate) use settings::{carry, echo, settings, unset};
pub(crate) use web_socket_create::WS_CREATE;
