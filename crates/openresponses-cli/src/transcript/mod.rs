//! Checks whole streams: bytes, events, and the order of events.

mod echo;
mod follow;
mod guess;
mod reading;
#[cfg(test)]
mod tests;

pub(crate) use echo::echo;
pub(crate) use guess::looks_like_stream;
pub(crate) use reading::{check, check_with};
