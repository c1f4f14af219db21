//! The pieces of large values and of events, as they are stored.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use openresponses_tower::store::{LoggedEvent, RecordParts};

/// The most bytes of a piece, which is part of the format. With its header it fits into 64 KiB.
pub(crate) const PIECE: usize = (64 << 10) - 64;

/// The bytes of one command, which takes the server well below a millisecond.
pub(crate) const COMMAND: usize = 256 << 10;

/// The part of an event's first piece.
pub(crate) const FIRST: u64 = 2;

/// A record that is written in pieces.
pub(crate) struct Pieces {
    /// Unique among the pieces of a tree.
    pub(crate) name: String,
    /// The numbers of pieces of the response and of its items.
    pub(crate) counts: [usize; 2],
}

impl Pieces {
    /// Returns nothing for a record that is small enough for one command.
    pub(crate) fn of(parts: &RecordParts) -> Option<Self> {
        (parts.bytes() > PIECE).then(|| Self {
            name: unique(),
            counts: [&parts.head, &parts.items].map(|text| text.len().div_ceil(PIECE)),
        })
    }
}

/// Returns a name that no other process makes.
fn unique() -> String {
    static PROCESS: OnceLock<[u64; 2]> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let [high, low] = PROCESS.get_or_init(|| [0, 1].map(|at| RandomState::new().hash_one(at)));
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{high:016x}{low:016x}{next:x}")
}

/// A piece of an event's frame.
pub(crate) struct EventPiece<'a> {
    pub(crate) number: u64,
    pub(crate) part: u64,
    pub(crate) bytes: &'a [u8],
}

/// Returns the pieces of an event.
pub(crate) fn of_event(event: &LoggedEvent) -> impl Iterator<Item = EventPiece<'_>> {
    let mut chunks = event.frame.chunks(PIECE).peekable();
    let mut part = FIRST;
    std::iter::from_fn(move || {
        let bytes = chunks.next()?;
        let is_last = chunks.peek().is_none();
        let piece = EventPiece {
            number: event.number,
            part: part + u64::from(is_last),
            bytes,
        };
        part += 2;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_piece_of_an_event_has_an_odd_part() {
        let parts = |bytes: usize| -> Vec<(u64, usize)> {
            let event = LoggedEvent::new(7, vec![b'x'; bytes]);
            let pieces = of_event(&event);
            pieces
                .map(|piece| (piece.part, piece.bytes.len()))
                .collect()
        };
        assert_eq!(parts(10), [(3, 10)]);
        assert_eq!(parts(PIECE), [(3, PIECE)]);
        assert_eq!(parts(2 * PIECE + 1), [(2, PIECE), (4, PIECE), (7, 1)]);
    }

    #[test]
    fn names_of_pieces_differ() {
        let names: std::collections::BTreeSet<String> =
            std::iter::repeat_with(unique).take(1000).collect();
        assert_eq!(names.len(), 1000);
    }
}
