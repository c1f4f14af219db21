//! What is measured: cases, each with a limit, the peers and this project's crates over the same
//! generated data.
//!
//! The timing (`benches/groups.rs`) and the counting of allocations (`bin/allocations.rs`) run the
//! same cases. What needs a socket is measured by `bin/serve.rs`.

mod case;
pub mod groups;
#[cfg(feature = "sockets")]
pub mod loopback;
pub mod plain;
#[cfg(feature = "sockets")]
pub mod served;

pub use openresponses_hot_paths::sample;

pub use case::{Case, Role, Subject};
