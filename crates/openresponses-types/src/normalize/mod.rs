//! A request made ready for a provider: defaults resolved, shapes in the specification's form, the
//! conversation in one list.

mod context_window;
mod conversation;
mod dialects;
mod echo;
mod from_request;
mod messages;
mod normalizer;
mod turn;

pub use context_window::ContextWindow;
pub use messages::{Speaker, TurnMessage};
pub use normalizer::Normalizer;
pub use turn::{Turn, TurnText};
