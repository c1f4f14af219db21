//! Who gets in, and what is told to those who do not.
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
