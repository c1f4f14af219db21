//! A request made ready for a provider: defaults resolved, shapes in the specification's form, the
//! conversation in one list.

mod canonical;
mod context;
mod echo;
mod normalise;
mod normalizer;
mod prepared;
mod window;

pub use normalizer::Normalizer;
pub use prepared::Turn;
pub use window::ContextWindow;
