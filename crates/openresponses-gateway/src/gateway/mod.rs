//! The gateway: one provider in front of many.

mod attempt;
mod attempts;
mod capability_filter;
mod dispatch;
mod failover;
mod held;
mod list;
mod options;
mod plan;
mod provider;
mod provider_request;
mod report;
mod response_stream;
mod settings;

pub use failover::is_retryable;
pub use provider::Gateway;
