//! One turn: the provider's output as sequenced events, and what is stored at its end.

mod commit;
mod connection_cache;
mod drain;
mod frame;
mod hold;
mod obfuscation;
mod printed;
mod stream;
mod valid_request;

pub(crate) use commit::{Commit, save_end, with_item_id};
pub(crate) use connection_cache::ConnectionCache;
pub use drain::Task;
pub(crate) use drain::{ActiveTurn, Drain, Resume, Spawner};
pub(crate) use frame::TurnEvent;
pub(crate) use hold::Hold;
pub(crate) use obfuscation::is_unset;
pub(crate) use stream::TurnStream;
pub(crate) use valid_request::ValidRequest;
