//! One provider in front of many.

mod asked;
mod attempt;
mod end;
mod failover;
mod fit;
mod journal;
mod list;
mod options;
mod plan;
mod provider;
mod report;
mod served;
mod settings;
mod shape;

pub(crate) use end::usage_at_end;
pub use failover::worth_another_attempt;
pub(crate) use failover::{ended_early, panicked};
pub use provider::Gateway;
