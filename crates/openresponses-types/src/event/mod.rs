//! The events of a stream. Spec: "Streaming".
//!
//! `table.rs` states each event once: its name, its place, what it does, its members. Everything
//! else about an event is generated from there: its struct, its variant of [`StreamEvent`], its
//! schema, its [`head`](StreamEvent::head) (where it belongs), its
//! [`family`](StreamEvent::family) (what it does) and its body.

mod body;
mod delta;
mod family;
mod fixed;
mod head;
mod item_kind;
mod macros;
mod name;
mod printed;
mod schema;
mod stream_event;
mod table;
mod text_kind;

pub use delta::DeltaEvent;
pub use family::{EventFamily, LifecycleEvent, PartList};
pub use fixed::EventReader;
pub use head::EventHead;
pub use name::is_event_name;
pub use printed::PrintedTexts;
pub use table::*;
pub use text_kind::TextKind;

pub(crate) use body::EventBody;
pub(crate) use head::item_id;
pub(crate) use item_kind::ItemKind;
pub(crate) use schema::STREAM_EVENT;
pub(crate) use table::{BRANCHES, schema_of};
pub(crate) use text_kind::{TextPlace, text_kind};
