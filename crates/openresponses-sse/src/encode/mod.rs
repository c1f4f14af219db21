//! Encoding events as server-sent events.
//!
//! An event becomes `event: <type>`, one `data: ` line of JSON, and a blank line, with LF line
//! ends; the name and the JSON's `type` are the same string (specification, "Streaming HTTP
//! Responses"). The JSON comes from `openresponses-types`, which prints it on one line and
//! escapes what some clients take for a line end; what is left to check here is the name.
//!
//! ```
//! use bytes::BytesMut;
//! use openresponses_sse::encode::{self, EncodeErrorKind};
//! use openresponses_types::StreamEvent;
//!
//! let mut out = BytesMut::new();
//! let event = StreamEvent::from_json(br#"{"type":"acme:ping","n": 1}"#)?;
//! encode::encode_event(&event, &mut out)?;
//! encode::encode_comment("keep-alive", &mut out)?;
//! out.extend_from_slice(encode::DONE);
//! assert_eq!(
//!     out,
//!     "event: acme:ping\ndata: {\"type\":\"acme:ping\",\"n\": 1}\n\n: keep-alive\n\ndata: [DONE]\n\n",
//! );
//!
//! // A name that would become several lines is refused, and nothing is written.
//! let event = StreamEvent::from_json(br#"{"type":"ping\ndata: {}"}"#)?;
//! let before = out.len();
//! let error = encode::encode_event(&event, &mut out).unwrap_err();
//! assert_eq!(error.kind(), EncodeErrorKind::EventType);
//! assert_eq!(out.len(), before);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod comment;
mod encoder;
mod error;
mod event;
mod template;

pub use comment::{KEEP_ALIVE, encode_comment};
pub use encoder::Encoder;
pub use error::{EncodeError, EncodeErrorKind};
pub use event::{DONE, Encode, encode_event};
pub use openresponses_types::event::is_event_name;
