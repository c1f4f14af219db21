//! One provider in front of many.

mod asked;
mod attempt;
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

pub use failover::is_retryable;
pub use provider::Gateway;
