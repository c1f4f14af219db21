#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;

pub mod check;
pub mod compact;
pub mod content;
pub mod diagnostics;
pub mod docs;
pub mod event;
pub mod item;
pub mod json;
pub mod normalize;
pub mod relay;
pub mod request;
pub mod response;
pub mod schema;
pub mod sequence;
pub mod tool;
pub mod wire;

mod fold;
mod rules;
mod stream_output;

pub use diagnostics::{Profile, Violation};
pub use event::StreamEvent;
pub use fold::Fold;
pub use item::Item;
pub use normalize::Turn;
pub use request::CreateRequest;
pub use response::Response;
pub use wire::Field;
