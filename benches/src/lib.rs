//! What the benchmarks are made of: sample documents, and the plain serde types that ours are
//! measured against.

pub mod plain;
pub mod sample;
