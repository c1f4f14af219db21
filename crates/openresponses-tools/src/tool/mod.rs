//! One tool: what the model knows of it, how it runs, and how its calls look.

mod definition;
mod output;
mod schema;

pub use definition::{ErrorAction, OnDrop, Tool};
pub use output::ToolOutput;

#[cfg(feature = "mcp")]
pub(crate) use definition::Permit;
pub(crate) use definition::{Exposure, NAME, function_name};
