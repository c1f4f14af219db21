//! An upstream's stream on its way to a client.
//!
//! A [`Relay`] takes the frames of a server that implements the protocol, well or badly, and writes the
//! client's stream through a [`Sequencer`](crate::sequence::Sequencer): ids, places, numbers, the
//! lifecycle events and the tool policy are the sequencer's, as they are for a response that is
//! written. Two machines of one kind stand side by side:
//!
//! - the **source**: which items and parts the upstream has spoken of, under which ids and indices,
//!   and how much of each text came in deltas;
//! - the **output**: the same items as the client has them, moved only through the
//!   states that the protocol has.
//!
//! An event is located in the source, its text is appended to the output where the output lacks it,
//! and it is passed on under the client's ids and numbers. What the output needs before it (an item,
//! a part) is written first. An event that needs no change goes out as it came.
//!
//! # What is mended, and what is not
//! Every repair has a name in the table of [`Repair`] and is counted. No text and no argument byte of
//! an upstream is dropped from a response that ends as completed: what is late is compared with what
//! the client has, and a response that lacks a byte, or contradicts one that was sent, fails with
//! the reason.
//!
//! ```
//! use std::sync::Arc;
//! use openresponses_types::Response;
//! use openresponses_types::relay::{Frame, Relay, RelayOptions, Relayed, Repair};
//! use openresponses_types::sequence::{CountingIds, FixedClock, Sequencer, ToolPolicy};
//!
//! let mut client = Sequencer::new(
//!     Response::new("resp_1", "model", 1),
//!     ToolPolicy::unrestricted(),
//!     Arc::new(CountingIds::default()),
//!     Arc::new(FixedClock(2)),
//! );
//! client.start();
//! let mut relay = Relay::new(RelayOptions::default());
//! // No number, no place, no item: the text is what counts.
//! for data in [
//!     r#"{"type":"response.output_text.delta","delta":"Hello"}"#,
//!     r#"{"type":"response.completed","response":{"status":"completed"}}"#,
//! ] {
//!     assert_eq!(relay.push(Frame::new(data.as_bytes()), &mut client), Relayed::Queued);
//! }
//! client.conclude();
//! assert_eq!(client.response().output_text(), "Hello");
//! assert!(relay.repairs().count(Repair::ItemAdded) == 1);
//! ```

mod arguments;
mod early;
mod failure;
mod items;
mod merge;
mod observe;
mod options;
mod other;
mod parts;
mod push;
mod reading;
mod repair;
mod source;
mod terminal;
mod texts;

pub use failure::{event_failure, frame_failure, upstream_failure};
pub use options::{RelayMode, RelayOptions, VendorEvents};
pub use push::{Relay, Relayed};
pub use reading::Frame;
pub use repair::{Repair, Repairs};
