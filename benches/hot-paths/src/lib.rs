//! What is measured of the crates: each path as a function over generated data.
//!
//! `openresponses-benches` times these functions beside a limit and peers; the program of this
//! package runs one of them for callgrind, which counts its instructions.

pub mod chunks;
pub mod decode;
pub mod encode;
pub mod layer;
pub mod parse;
pub mod paths;
pub mod relay;
pub mod sample;
pub mod sequence;
pub mod sizes;
