//! A provider made of providers, and who may call it.
//!
//! [`auth`] decides whose request it is: API keys, OIDC tokens, or a host's own way.
#![forbid(unsafe_code)]

pub mod auth;
mod percent;
