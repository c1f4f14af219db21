#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod database;
mod error;
mod events;
mod items;
mod limits;
mod load;
mod options;
mod reader;
mod removal;
mod scope;
mod store;
mod sweep;
mod turns;

pub use error::SqlStoreError;
pub use options::SqlStoreOptions;
pub use store::SqlStore;
