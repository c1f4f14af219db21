//! Decoding an event stream without I/O: bytes in, frames out.
//!
//! [`Decoder`] follows WHATWG HTML §9.2.6 exactly, with two deliberate differences that suit a
//! protocol of JSON texts: lengths are bounded ([`FrameLimits`]), and bytes that are not UTF-8 are an
//! error when a field is read as text, instead of being replaced
//! ([`Frame::data_lossy`] gives the replacing reading).
//!
//! Framing works on bytes; UTF-8 is looked at when a frame is whole, so a character cut by a
//! chunk boundary is no case at all. A frame that lies inside one chunk is borrowed from it. A
//! frame that crosses a boundary is gathered in the decoder's buffer, each byte copied once and
//! searched once, and borrowed from there.

mod block;
mod canonical;
mod decoder;
mod error;
mod event_error;
mod frame;
mod framer;
mod limits;
mod lines;
mod raw_frame;
mod step;
mod tail;

pub use decoder::Decoder;
pub use error::{DecodeError, DecodeErrorKind};
pub use event_error::EventError;
pub use frame::Frame;
pub(crate) use frame::Head;
pub(crate) use framer::{Framer, Front};
pub use limits::FrameLimits;
pub(crate) use raw_frame::RareFields;
pub use raw_frame::RawFrame;
pub(crate) use step::{Found, Source, Step};
pub use tail::Tail;
