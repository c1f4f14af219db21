//! The streaming codec of Open Responses: server-sent events, decoded and encoded.
//!
//! The protocol streams its events as `text/event-stream`: an `event:` line with the type, a
//! `data:` line with the event as JSON, a blank line, and the literal `[DONE]` at the end
//! (specification, "Streaming HTTP Responses"). The framing itself is that of WHATWG HTML
//! §9.2.6, "Interpreting an event stream".
//!
//! * [`decode`] is sans-I/O: bytes in, cut anywhere, frames out, borrowed from the bytes.
//! * [`stream`] turns an [`http_body::Body`] into a [`futures_core::Stream`] of frames or of
//!   typed events.
//! * [`encode`] writes an event, a comment or the end mark into a buffer.
//! * [`body`] turns a stream of events into an [`http_body::Body`].
//!
//! ```
//! use openresponses_sse::Decoder;
//!
//! let mut decoder = Decoder::new();
//! let mut names = Vec::new();
//! // Cuts may fall anywhere, also inside a line end or a character.
//! for chunk in ["event: ping\nda", "ta: {}\n", "\ndata: [DONE]\n\n"] {
//!     let mut input = chunk.as_bytes();
//!     while let Some(frame) = decoder.next_frame(&mut input)? {
//!         if frame.is_done() {
//!             names.push("done".to_owned());
//!         } else {
//!             names.push(frame.event()?.unwrap_or("message").to_owned());
//!             assert_eq!(frame.data()?, "{}");
//!         }
//!     }
//! }
//! assert_eq!(names, ["ping", "done"]);
//! assert!(decoder.tail().is_clean());
//! # Ok::<(), openresponses_sse::DecodeError>(())
//! ```

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
