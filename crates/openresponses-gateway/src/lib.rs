//! A provider made of providers, and who may call it.
//!
//! [`auth`] decides whose request it is: API keys, OIDC tokens, or a host's own way. [`registry`]
//! says which models there are and who serves them. [`Gateway`] is the provider that asks one after
//! the other until one answers; [`capability`], [`health`] and [`observe`] say what they can do, when
//! they are left alone, and what became of it.
//!
//! # `providerOptions`
//! `providerOptions.{provider}` goes to that provider untouched, and to no other.
//! `providerOptions.gateway` says who is asked:
//!
//! | member | what | when it cannot be honoured |
//! |---|---|---|
//! | `models` | further models, tried when every provider of the one before failed | warning |
//! | `only` | the providers that may answer, for every model | 400 when none of them serves the model that was asked for, or it is no list of names |
//! | `sort` | the providers of a model by `cost`, `ttft` or `tps`, by the host's figures | warning |
//! | `order` | providers to ask first; the others come after them | warning |
//! | `providerTimeouts` | `{provider: milliseconds}` until the first output, 1,000 to 789,000 | warning; what is out of bounds is brought into them |
//! | any other | | warning |
//!
//! A wish that cannot be fulfilled never fails a request: it comes back in
//! `provider_metadata.gateway.warnings`. `only` is no wish but a bound, so it is refused when it
//! cannot be kept.
#![forbid(unsafe_code)]

pub mod auth;
pub mod capability;
mod gateway;
pub mod health;
pub mod observe;
mod percent;
pub mod registry;

pub use gateway::{Gateway, worth_another_attempt};
