//! Large values in pieces, so that no command holds the server for long.

use std::ops::Range;

use openresponses_tower::store::RecordParts;
use redis::Cmd;

use crate::call::Call;
use crate::error::RedisStoreError;
use crate::piece::{COMMAND, PIECE, Pieces};
use crate::scripts;

/// The bytes of one round trip.
const ROUND: usize = 4 << 20;

impl Pieces {
    /// Returns the commands that write the pieces.
    pub(crate) fn stage<'a>(
        &'a self,
        tree: &'a str,
        id: &'a str,
        parts: &'a RecordParts,
    ) -> impl Iterator<Item = Cmd> + 'a {
        let texts = [&parts.head, &parts.items].into_iter();
        let pieces = texts.flat_map(|text| text.as_bytes().chunks(PIECE));
        let count = self.counts.iter().sum();
        pieces
            .enumerate()
            .map(move |(at, bytes)| scripts::stage(tree, &self.name, at + 1, bytes, id, count))
    }
}

/// Where the response or the items of a record are, as scripts say it: `BYTES:NAME:FIRST:COUNT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bytes: usize,
    /// Empty where it is not in pieces.
    name: String,
    first: usize,
    count: usize,
}

impl Place {
    /// Reads a place, and returns it with what follows it.
    pub(crate) fn read(text: &str) -> Option<(Self, &str)> {
        let mut parts = text.splitn(5, ':');
        let bytes = parts.next()?.parse().ok()?;
        let name = parts.next()?.to_owned();
        let first = parts.next()?.parse().ok()?;
        let count = parts.next()?.parse().ok()?;
        let place = Self {
            bytes,
            name,
            first,
            count,
        };
        Some((place, parts.next().unwrap_or_default()))
    }

    pub(crate) fn is_in_pieces(&self) -> bool {
        !self.name.is_empty()
    }

    /// Returns the fields that have a part of the bytes, each with its part. `whole` is the field of a
    /// value that is not in pieces.
    pub(crate) fn fields(&self, whole: &str, part: Range<usize>) -> Vec<(String, Range<usize>)> {
        let part = part.start..part.end.min(self.bytes);
        if part.is_empty() {
            return Vec::new();
        }
        if !self.is_in_pieces() {
            return vec![(whole.to_owned(), part)];
        }
        let last = (part.end.div_ceil(PIECE)).min(self.count);
        let of_piece = |at: usize| {
            let from = at * PIECE;
            let bytes = part.start.max(from) - from..part.end.min(from + PIECE) - from;
            (format!("c{}:{}", self.name, self.first + at), bytes)
        };
        (part.start / PIECE..last).map(of_piece).collect()
    }
}

/// What is read of a tree.
pub(crate) enum Wanted {
    Text(String),
    /// All of a value, whose field this is where it is not in pieces.
    Stored(Place, String),
}

impl Wanted {
    /// Returns its size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Stored(place, _) => place.bytes,
        }
    }
}

/// Reads values of a tree. Returns nothing when one is gone.
pub(crate) async fn read(
    call: &Call<'_>,
    tree: &str,
    wanted: Vec<Wanted>,
) -> Result<Option<Vec<String>>, RedisStoreError> {
    let fields = wanted.iter().map(|value| match value {
        Wanted::Text(_) => Vec::new(),
        Wanted::Stored(place, field) => place.fields(field, 0..place.bytes),
    });
    let fields: Vec<Vec<(String, Range<usize>)>> = fields.collect();
    let mut commands = Commands::default();
    for (field, part) in fields.iter().flatten() {
        let add = |command: &mut Cmd| {
            command.arg(field);
        };
        commands.push(part.len(), || scripts::fields(tree), add);
    }
    let mut values = commands.run::<Option<Vec<u8>>>(call).await?.into_iter();
    let mut texts = Vec::with_capacity(wanted.len());
    for (value, fields) in wanted.into_iter().zip(fields) {
        let bytes = match value {
            Wanted::Text(text) => {
                texts.push(text);
                continue;
            }
            Wanted::Stored(place, _) => {
                let Some(bytes) = joined(values.by_ref().take(fields.len()), place.bytes) else {
                    return Ok(None);
                };
                bytes
            }
        };
        texts.push(String::from_utf8(bytes).map_err(|_| RedisStoreError::Unreadable)?);
    }
    Ok(Some(texts))
}

/// Joins parts of a value. Returns nothing when one is gone.
pub(crate) fn joined(
    mut parts: impl Iterator<Item = Option<Vec<u8>>>,
    bytes: usize,
) -> Option<Vec<u8>> {
    let mut whole = parts.next().flatten()?;
    whole.reserve_exact(bytes.saturating_sub(whole.len()));
    for part in parts {
        whole.extend(part?);
    }
    Some(whole)
}

/// Commands whose replies have a bounded size each, in order.
#[derive(Default)]
pub(crate) struct Commands {
    /// Each with the bytes that it takes.
    all: Vec<(Cmd, usize)>,
    is_closed: bool,
}

impl Commands {
    /// Makes the next value that of a new command, of another tree.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Adds to the last command what needs `bytes` bytes of the server's work, or to a new one.
    pub(crate) fn push(
        &mut self,
        bytes: usize,
        new: impl FnOnce() -> Cmd,
        add: impl FnOnce(&mut Cmd),
    ) {
        let is_closed = std::mem::take(&mut self.is_closed);
        let room = |last: &&mut (Cmd, usize)| !is_closed && last.1.saturating_add(bytes) <= COMMAND;
        if let Some((command, sum)) = self.all.last_mut().filter(room) {
            add(command);
            *sum += bytes;
            return;
        }
        let mut command = new();
        add(&mut command);
        self.all.push((command, bytes));
    }

    /// Returns the values of all replies. Several commands are sent together, up to a number of bytes.
    pub(crate) async fn run<T: redis::FromRedisValue>(
        self,
        call: &Call<'_>,
    ) -> Result<Vec<T>, RedisStoreError> {
        let mut values = Vec::new();
        let mut round = Vec::new();
        let mut bytes = 0;
        let mut commands = self.all.into_iter().peekable();
        while let Some((command, size)) = commands.next() {
            round.push(command);
            bytes += size;
            let is_full = commands.peek().is_none_or(|next| bytes + next.1 > ROUND);
            if is_full {
                let replies: Vec<Vec<T>> = call.ask_all(&round, bytes).await?;
                values.extend(replies.into_iter().flatten());
                round.clear();
                bytes = 0;
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_scripts_write_it() {
        let (place, rest) = Place::read("70000:ab:2:2:resp:1").unwrap();
        assert_eq!((place.bytes, place.first, place.count), (70_000, 2, 2));
        assert_eq!(rest, "resp:1");
        let (inline, rest) = Place::read("7::1:0").unwrap();
        assert_eq!((inline.is_in_pieces(), rest), (false, ""));
        for text in ["", "7", "7:a:1", "x:a:1:0"] {
            assert!(Place::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_part_is_in_the_pieces_that_it_touches() {
        let (place, _) = Place::read(&format!("{}:ab:2:3", 2 * PIECE + 10)).unwrap();
        let fields = |part| place.fields("", part);
        let piece = |number, part| (format!("cab:{number}"), part);
        assert_eq!(fields(0..3), [piece(2, 0..3)]);
        assert_eq!(
            fields(PIECE - 1..2 * PIECE + 1),
            [
                piece(2, PIECE - 1..PIECE),
                piece(3, 0..PIECE),
                piece(4, 0..1)
            ]
        );
        assert_eq!(fields(2 * PIECE..usize::MAX), [piece(4, 0..10)]);
        assert_eq!(fields(5..5), []);
        let (inline, _) = Place::read("7::1:0").unwrap();
        assert_eq!(inline.fields("ix", 2..9), [("ix".to_owned(), 2..7)]);
    }
}
