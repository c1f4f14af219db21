#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod body;
pub mod decode;
pub mod encode;
pub mod stream;

pub use body::{EventBody, Heartbeat, NoHeartbeat};
pub use decode::{
    DecodeError, DecodeErrorKind, Decoder, EventError, Frame, FrameLimits, RawFrame, Tail,
};
pub use encode::{EncodeError, EncodeErrorKind};
pub use stream::{EventStream, FrameStream, StreamError};
