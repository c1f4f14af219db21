use crate::event::{ItemKind, PartList, TextKind, text_kind};
use crate::stream_output::{Stage, StreamedItem};

use super::sequencer::Sequencer;

/// The one item that deltas go to.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenItem {
    /// Its place in the output.
    pub(super) at: usize,
    pub(super) kind: OpenKind,
}

/// How deltas reach the open item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenKind {
    /// A message or a reasoning item: texts go into its parts.
    Parts,
    /// A function call: arguments with this key go into it.
    Call {
        /// The provider's name for the call.
        key: u32,
    },
    /// An item whose inside has no events.
    Whole,
    /// An item of a tool that the server runs, not done yet.
    Live,
}

impl Sequencer {
    /// The open item, if texts of `shape` go into it.
    pub(super) fn open_parts(&self, shape: ItemKind) -> Option<usize> {
        let open = self.open.filter(|open| open.kind == OpenKind::Parts)?;
        self.item(open.at)
            .is_some_and(|item| item.shape() == shape)
            .then_some(open.at)
    }

    /// The key of the open call.
    pub(super) fn open_call(&self) -> Option<u32> {
        match self.open?.kind {
            OpenKind::Call { key } => Some(key),
            OpenKind::Parts | OpenKind::Whole | OpenKind::Live => None,
        }
    }

    /// The open part of the open item, and the kind of its text.
    pub(super) fn open_part(&self) -> Option<(usize, PartList, usize, TextKind)> {
        let at = self.open?.at;
        let item = self.item(at)?;
        [PartList::Content, PartList::Summary]
            .into_iter()
            .find_map(|list| {
                let last = item.parts(list).len().checked_sub(1)?;
                let (part, content) = item.part(list, last)?;
                let kind = text_kind(item.shape(), list, content)?;
                (part.stage == Stage::Open).then_some((at, list, last, kind))
            })
    }

    pub(super) fn item(&self, at: usize) -> Option<&StreamedItem> {
        self.events.item(at)
    }
}
