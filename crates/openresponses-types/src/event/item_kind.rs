//! What is inside an item: its lists of parts, and which events tell of it.

use super::family::PartList;
use crate::item::Item;

/// What events an item's inside has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// Parts.
    Message,
    /// Parts, and parts of a summary.
    Reasoning,
    /// Arguments.
    Call,
    /// None: it comes as a whole.
    Whole,
    /// Its implementer's matter.
    Opaque,
}

impl ItemKind {
    pub(crate) fn of(item: &Item) -> Self {
        match item {
            Item::Message(_) => Self::Message,
            Item::Reasoning(_) => Self::Reasoning,
            Item::FunctionCall(_) => Self::Call,
            Item::FunctionCallOutput(_) | Item::Compaction(_) | Item::Reference(_) => Self::Whole,
            Item::Extension(_) | Item::Unknown(_) => Self::Opaque,
        }
    }

    pub(crate) fn has(self, list: PartList) -> bool {
        match self {
            Self::Message => list == PartList::Content,
            Self::Reasoning => true,
            Self::Call | Self::Whole | Self::Opaque => false,
        }
    }
}
