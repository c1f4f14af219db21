#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod approval;
mod causes;
mod context;
mod error;
mod limits;
#[cfg(feature = "mcp")]
mod mcp;
#[cfg(feature = "metrics")]
mod metrics;
mod offer;
mod relayed;
mod rounds;
mod run;
mod tool;
mod tool_loop;
mod tools;

pub use approval::{Approval, ApprovalKey};
pub use context::CallContext;
pub use error::ToolError;
pub use limits::Limits;
#[cfg(feature = "mcp")]
pub use mcp::McpServer;
#[cfg(feature = "metrics")]
pub use metrics::{
    GEN_AI_DURATION, GEN_AI_DURATION_BUCKETS, describe_metrics, record_gen_ai_metrics,
};
pub use tool::{ErrorAction, OnDrop, Tool, ToolOutput};
pub use tool_loop::ToolLoop;
pub use tools::Tools;
