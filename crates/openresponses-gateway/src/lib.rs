//! A provider made of providers, and who may call it.
//!
//! [`auth`] decides whose request it is: API keys, OIDC tokens, or a host's own way. [`registry`]
//! says which models there are and who serves them. [`Gateway`] is the provider that asks one after
//! the other until one answers.
#![forbid(unsafe_code)]

pub mod auth;
pub mod capability;
mod gateway;
mod percent;
pub mod registry;

pub use gateway::{Gateway, worth_another_attempt};
