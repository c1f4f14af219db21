//! Turns a provider's output into the events of a response.
//!
//! A provider yields positionless [`Delta`]s. The [`Sequencer`] opens and closes items and parts and
//! owns ids, indices, numbers, the done events and the one terminal event, so a sequence that
//! breaks the protocol cannot be written. It also enforces the request's [`ToolPolicy`]: a call that
//! the client forbade never becomes an event. A response that is not streamed is the same
//! sequence with the events left out. Spec: "Items are streamable", "Streaming".
//!
//! ```
//! use std::sync::Arc;
//! use openresponses_types::{Response, StreamEvent};
//! use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
//!
//! let response = Response::new("resp_1", "model", 1_764_967_971);
//! let mut sequencer =
//!     Sequencer::new(response, ToolPolicy::unrestricted(), Arc::new(CountingIds::default()), Arc::new(FixedClock(1_764_967_972)));
//! sequencer.start();
//! sequencer.push(Delta::text("Hello"));
//! sequencer.push(Delta::complete());
//! sequencer.conclude();
//!
//! let events: Vec<StreamEvent> = std::iter::from_fn(|| sequencer.pop()).collect();
//! let types: Vec<_> = events.iter().map(StreamEvent::event_type).collect();
//! assert_eq!(types, [
//!     "response.created",
//!     "response.in_progress",
//!     "response.output_item.added",
//!     "response.content_part.added",
//!     "response.output_text.delta",
//!     "response.output_text.done",
//!     "response.content_part.done",
//!     "response.output_item.done",
//!     "response.completed",
//! ]);
//! assert_eq!(sequencer.response().output_text(), "Hello");
//! ```

mod call_counts;
mod call_queue;
mod calls;
mod complete;
mod delta;
mod ids;
mod item_ids;
mod live_item;
mod open;
mod parts;
mod policy;
mod provider_settings;
mod sequencer;
mod warning;
mod whole_item;
mod writer;

pub use call_counts::CallCounts;
pub use complete::{complete_item, id_kind};
pub use delta::{Delta, Failure, Finish};
pub use ids::{Clock, CountingIds, FixedClock, IdGenerator, IdKind};
pub use policy::{ForbiddenCallAction, ForbiddenReason, ToolPolicy};
pub use provider_settings::ProviderSettings;
pub use sequencer::{Sequencer, SequencerLimits};
pub use warning::OutputWarning;
pub use writer::{CallWriter, DeltaSink, KeyedCallWriter, MessageWriter, ReasoningWriter, Writer};
