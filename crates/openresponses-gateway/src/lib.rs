#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
pub mod auth;
pub mod budget;
pub mod capability;
mod gateway;
pub mod health;
pub mod limits;
pub mod observe;
mod percent;
pub mod registry;

pub use gateway::{Gateway, is_retryable};
