//! Accepted and refused credentials, and the bodies of refusals.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod keys;
mod layer;
mod precedence;
#[cfg(feature = "jwt")]
mod rsa;
mod stack;
#[cfg(feature = "jwt")]
mod tokens;
