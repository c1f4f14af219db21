//! Whole streams: their bytes, their events, and the order of the events.

mod echo;
mod follow;
mod guess;
mod reading;
#[cfg(test)]
mod tests;

pub(crate) use echo::echo;
pub(crate) use guess::looks_like_stream;
pub(crate) use reading::{check, check_with};
