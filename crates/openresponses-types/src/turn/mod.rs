//! A request made ready for a provider: defaults resolved, shapes in the specification's form, the
//! conversation in one list.

mod canonical;
mod context;
mod echo;
mod normalise;

pub use normalise::{Normalizer, Turn};
