#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod database;
mod error;
mod events;
mod items;
mod limits;
mod load;
mod migrations;
mod options;
mod reader;
mod removal;
mod scope;
mod store;
mod sweep;
mod turns;
mod values;

pub use error::SqlStoreError;
pub use options::SqlStoreOptions;
pub use store::SqlStore;
