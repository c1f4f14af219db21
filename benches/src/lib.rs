//! What is measured: cases, each with a limit, the peers and this project's crates over the same
//! generated data.
//!
//! The timing (`benches/groups.rs`), the counting of allocations (`bin/allocations.rs`) and the
//! counting of instructions (`benches/groups.rs` under callgrind) run the same cases.

mod case;
pub mod groups;
pub mod plain;
pub mod sample;

pub use case::{Case, Role, Subject};
