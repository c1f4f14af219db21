//! Where a stream is, what leaves, and what may only be late.

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
    /// Nobody sent the first snapshot in time.
    pub(super) made_up: bool,
    pub(super) created: bool,
    pub(super) queued: bool,
    pub(super) in_progress: bool,
    /// The event `error` came, and said this.
    pub(super) failure: Option<Failure>,
    /// The item that ended incomplete.
    pub(super) incomplete: Option<usize>,
    pub(super) terminal: Option<Arc<Response>>,
    pub(super) ended: bool,
    /// Which rule about what comes after the end was reported: more of the same is no news.
    pub(super) after: Option<StreamRule>,
    pub(super) disputed: bool,
    pub(super) marker_expected: bool,
    /// The marker came before the terminal event, where it may yet turn out to be the end.
    pub(super) early_marker: bool,
    pub(super) marker: bool,
    pub(super) stopped: bool,
    pub(super) input_ended: bool,
}

/// What leaves.
#[derive(Clone, Debug, Default)]
pub(super) struct Sending {
    /// The number of the next event that leaves.
    pub(super) next: u64,
    pub(super) ready: Vec<StreamEvent>,
    pub(super) held: Option<Held>,
    /// The event must be written anew though nothing inside it changes.
    pub(super) altered: bool,
}

/// The done event of an incomplete item, until it is known to be the last one.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) at: usize,
    pub(super) event: Box<StreamEvent>,
    /// The item as the client has it without the event.
    pub(super) before: Box<Item>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Deltas of a part.
    Text(usize, PartList, usize),
    /// Deltas of a call's arguments.
    Arguments(usize),
    /// The done events of items.
    Ends,
}

/// A violation, unless what is missing is only late.
#[derive(Clone, Debug)]
pub(super) struct DeferredViolation {
    pub(super) missing: Missing,
    pub(super) violation: StreamViolation,
}

/// The stream is over.
#[derive(Debug)]
pub(super) struct Stop;

pub(super) type Checked<T = ()> = Result<T, Stop>;

/// What becomes of the event that is looked at.
#[derive(Debug)]
pub(super) enum Action {
    Keep,
    Replace(Box<StreamEvent>),
    Hold(Held),
    Drop,
}
