//! What is measured: cases, each with a limit, the peers and this project's crates over the same
//! generated data.
//!
//! The timing (`benches/groups.rs`) and the counting of allocations (`bin/allocations.rs`) run the
//! same cases.

mod case;
pub mod groups;
#[cfg(feature = "serve")]
pub mod loopback;
pub mod plain;

pub use openresponses_hot_paths::sample;

pub use case::{Case, Role, Subject};
