//! A request made ready for a provider: defaults resolved, shapes in the specification's form, the
//! conversation in one list.

mod canonical;
mod context;
mod echo;
mod normalise;
mod window;

pub use normalise::{Normalizer, Turn};
pub use window::Window;
