//! Answers conform to the specification for any request and any behavior of the provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod failures;
mod frames;
mod order;
mod refusals;
mod rules;
mod schema;
mod walks;
