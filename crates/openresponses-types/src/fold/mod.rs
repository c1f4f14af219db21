//! From what a client sees back to the response.
//!
//! The items of a stream are accumulated in one place: [`Fold`] and the
//! [`Checker`](crate::check::Checker) share it. Spec: "Semantic events", "Items are streamable".

mod folding;
mod item;
mod output;
mod part;
mod same;
mod shape;

pub use folding::Fold;

pub(crate) use item::{StreamedItem, content_weight, contents, hollow, protocol_status, weight};
pub(crate) use output::{ItemLookup, StreamedOutput};
pub(crate) use part::{Stage, StreamedPart, emptied, text_mut};
pub(crate) use same::{difference, lengths, renamed, text_member};
pub(crate) use shape::ItemKind;
