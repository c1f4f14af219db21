//! The output of a response while it is streamed: items and their parts, and how far each is.
//!
//! One state machine for all that deal with streams. A part, and likewise the arguments of a call,
//! goes through the stages
//!
//! ```text
//! Carried ──> Open ──> TextDone ──> Done
//!    └──────────(the item ends)──────┘
//! ```
//!
//! `Carried` came inside its item and has had no event of its own; `Open` takes deltas; `TextDone`
//! has its whole text; `Done` takes nothing more. An item is open until it is done, and everything
//! in it ends before it. Items may be interleaved, and so may the parts of an item.
//!
//! | user | what it does with the machine |
//! |---|---|
//! | [`Sequencer`](crate::sequence::Sequencer) | moves it by deltas; an [`EventWriter`] makes the events |
//! | [`Relay`](crate::relay::Relay) | moves it by an upstream's events, mended; the same writer makes those that are missing |
//! | [`Checker`](crate::check::Checker) | moves it by a server's events and reports those that do not fit |
//! | [`Fold`](crate::Fold) | reads the checker's output |
//!
//! Spec: "Semantic events", "Items are streamable", "Items are state machines".

mod diff;
mod event_writer;
mod item;
mod output;
mod part;
mod reported;

pub(crate) use diff::{difference, lengths, renamed, text_member};
pub(crate) use event_writer::EventWriter;
pub(crate) use item::{
    StreamedItem, annotation_weight, content_weight, contents, contents_mut, hollow, in_parts,
    logprobs_weight, protocol_status, short_text, weight,
};
pub(crate) use output::{ItemLookup, StreamedOutput};
pub(crate) use part::{Stage, StreamedPart, annotation_count, annotations, emptied, text_mut};
pub(crate) use reported::{Fault, Reported};
