//! Place of a part as stated by its event.

use alloc::borrow::Cow;

use crate::event::{EventHead, PartList};

/// The place of a part, as sent by the server.
#[derive(Clone, Debug)]
pub(super) struct Place<'e> {
    pub(super) item_id: Cow<'e, str>,
    pub(super) output_index: u64,
    pub(super) list: PartList,
    pub(super) index: u64,
}

impl<'e> Place<'e> {
    /// The place in a typed event, which has all its members. Arguments count as the first part.
    pub(super) fn of(head: EventHead<'e>, list: PartList) -> Self {
        debug_assert!(head.item_id.is_some() && head.output_index.is_some());
        Self {
            item_id: head.item_id.unwrap_or_default(),
            output_index: head.output_index.unwrap_or_default(),
            list,
            index: head.part_index.unwrap_or_default(),
        }
    }
}
