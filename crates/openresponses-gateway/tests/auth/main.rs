//! Accepted and refused credentials, and the bodies of refusals.
#![allow(clippy::unwrap_used, clippy::panic)]

#[cfg(feature = "jwt")]
mod algorithms;
mod common;
#[cfg(feature = "jwt")]
mod freshness;
mod keys;
mod layer;
mod permits;
mod precedence;
#[cfg(feature = "jwt")]
mod rsa;
mod stack;
#[cfg(feature = "jwt")]
mod tokens;
