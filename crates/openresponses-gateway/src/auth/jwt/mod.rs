//! Verification of JWTs.

mod algorithm;
mod claims;
mod key_set;
mod keys;
mod verify;

pub use algorithm::JwtAlgorithm;
pub use key_set::{InvalidKeySet, KeySet};
pub use verify::Jwt;
