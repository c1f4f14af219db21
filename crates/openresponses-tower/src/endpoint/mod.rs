//! The endpoint over HTTP, independent of how it is mounted.

mod background;
mod begun_turn;
mod body;
mod call;
mod compact;
mod continuation;
mod core;
mod document;
mod event_pump;
mod follow;
mod forwarded;
mod handler;
mod headers;
mod heartbeat;
mod input_tokens;
mod interrupted;
mod leniencies;
mod mounting;
mod own_body;
mod plan;
mod respond;
mod response_body;
mod resumable;
mod resume;
mod retention;
mod retrieve;
mod route;
mod stall;
mod start;
mod unlogged;
mod unread;
mod untaken;
#[cfg(feature = "ws")]
mod upgrade;

pub(crate) use self::core::Core;
pub use response_body::ResponseBody;
pub use unread::answer_unread;
