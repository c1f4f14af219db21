//! State of a stream, its outgoing events, and deferred violations.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::rule::StreamRule;
use super::violation::StreamViolation;
use crate::event::{PartList, StreamEvent};
use crate::item::Item;
use crate::response::Response;
use crate::sequence::Failure;

/// Where the response is in its life.
#[derive(Clone, Debug, Default)]
pub(super) struct Lifecycle {
    /// The first snapshot.
    pub(super) snapshot: Option<Arc<Response>>,
    /// The first snapshot was not sent in time.
    pub(super) made_up: bool,
    pub(super) created: bool,
    pub(super) queued: bool,
    pub(super) in_progress: bool,
    /// The event `error` came with this error.
    pub(super) failure: Option<Failure>,
    /// The item that ended incomplete.
    pub(super) incomplete: Option<usize>,
    pub(super) terminal: Option<Arc<Response>>,
    pub(super) ended: bool,
    /// Reported rules about events after the end; each is reported once.
    pub(super) after: Option<StreamRule>,
    pub(super) disputed: bool,
    pub(super) marker_expected: bool,
    /// The marker came before the terminal event, which may still follow.
    pub(super) early_marker: bool,
    pub(super) marker: bool,
    pub(super) stopped: bool,
    pub(super) input_ended: bool,
}

/// Outgoing events.
#[derive(Clone, Debug, Default)]
pub(super) struct Sending {
    /// The number of the next outgoing event.
    pub(super) next: u64,
    pub(super) ready: Vec<StreamEvent>,
    pub(super) held: Option<Held>,
    /// The event must be rewritten although its content is unchanged.
    pub(super) altered: bool,
}

/// The done event of an incomplete item, until it is known to be the last one.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) at: usize,
    pub(super) event: Box<StreamEvent>,
    /// The item as known to the client without the event.
    pub(super) before: Box<Item>,
}

/// What is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Deltas of a part.
    Text(usize, PartList, usize),
    /// Deltas of a call's arguments.
    Arguments(usize),
    /// The done events of items.
    Ends,
}

/// A deferred violation, dropped if the missing event arrives late.
#[derive(Clone, Debug)]
pub(super) struct DeferredViolation {
    pub(super) missing: Missing,
    pub(super) violation: StreamViolation,
}

/// The stream is over.
#[derive(Debug)]
pub(super) struct Stop;

pub(super) type Checked<T = ()> = Result<T, Stop>;

/// Treatment of the current event.
#[derive(Debug)]
pub(super) enum Action {
    Keep,
    Replace(Box<StreamEvent>),
    Hold(Held),
    Drop,
}
