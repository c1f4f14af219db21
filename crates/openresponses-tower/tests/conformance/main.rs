//! What leaves the service is what the specification describes, whatever is asked and whatever the
//! provider does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod failures;
mod frames;
mod order;
mod refusals;
mod rules;
mod schema;
mod walks;
