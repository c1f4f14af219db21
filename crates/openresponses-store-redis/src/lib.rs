#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "budgets")]
mod budgets;
mod call;
mod claims;
mod connection;
mod error;
mod events;
mod holder;
mod items;
mod keys;
mod large;
mod limits;
mod link;
mod load;
mod options;
mod piece;
mod removal;
mod scripts;
mod store;
mod target;

pub use error::RedisStoreError;
pub use options::RedisStoreOptions;
pub use store::RedisStore;
