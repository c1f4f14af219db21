use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::content::LogProb;
use crate::wire::{Extra, Field};

/// An event that appends text, borrowed: what encoders and padding need to know of it.
///
/// ```
/// use openresponses_types::event::ResponseFunctionCallArgumentsDeltaEvent;
/// use openresponses_types::StreamEvent;
///
/// let event = ResponseFunctionCallArgumentsDeltaEvent::new(4_u64, "fc_1", 0_u64, "{\"a\":");
/// let event = StreamEvent::from(event);
/// let delta = event.as_delta().unwrap();
/// assert_eq!((delta.delta, delta.part), ("{\"a\":", None));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DeltaEvent<'e> {
    /// The event's `type`.
    pub event_type: &'static str,
    /// The event's number in its stream.
    pub sequence_number: u64,
    /// The item's id.
    pub item_id: &'e Arc<str>,
    /// The item's place in the output.
    pub output_index: u64,
    /// The member that holds the part's place, and the place; `None` for arguments.
    pub part: Option<(&'static str, u64)>,
    /// The text to append.
    pub delta: &'e str,
    /// Log probabilities of its tokens; `None` for events that have no such member.
    pub logprobs: Option<&'e Field<Vec<LogProb>>>,
    /// Padding; `None` for events that have no such member.
    pub obfuscation: Option<&'e Field<String>>,
    /// Members that the protocol does not name.
    pub extra: &'e Extra,
}
