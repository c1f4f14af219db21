//! Scripts. Each reads or changes one key atomically, including its expiry, so that no key without
//! an expiry can remain. With one key each, a cluster's redirections apply as for any command, which
//! transactions do not survive.

use std::time::Duration;

use openresponses_tower::store::{
    Claim, EventBatch, LoggedEvent, RecordParts, StoredResponse, UpdateCondition, first_number,
};
use redis::Cmd;

use crate::error::RedisStoreError;
use crate::options::{RedisStoreOptions, millis};
use crate::piece::{self, COMMAND, EventPiece, Pieces};

/// The number of newest responses listed for an item.
pub(crate) const HOLDERS: usize = 8;

/// How long pieces wait for the write that makes them a response.
const STAGED: Duration = Duration::from_secs(60);

/// A script that works on a tree of continuations.
macro_rules! on_tree {
    ($($file:literal),+) => {
        concat!(include_str!("tree.lua"), $(include_str!($file)),+)
    };
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Yes,
    /// The condition does not hold.
    Refused,
    /// The response that it continues is not in the tree.
    WithoutParent,
    /// The conversation is larger than the limit.
    TooLarge,
    /// A piece that was sent before is gone: the tree was deleted meanwhile.
    WithoutPiece,
}

impl Written {
    pub(crate) fn of(reply: i64) -> Option<Self> {
        match reply {
            1 => Some(Self::Yes),
            0 => Some(Self::Refused),
            -1 => Some(Self::WithoutParent),
            -2 => Some(Self::TooLarge),
            -3 => Some(Self::WithoutPiece),
            _ => None,
        }
    }
}

/// Writes a response into its tree, of which `pieces` are there.
pub(crate) fn write(
    tree: &str,
    record: &StoredResponse,
    parts: &RecordParts,
    pieces: Option<&Pieces>,
    condition: Option<UpdateCondition<'_>>,
    options: &RedisStoreOptions,
) -> Cmd {
    let (condition, expected) = match condition {
        None => ("", ""),
        Some(UpdateCondition::HeldBy(holder)) => ("held", holder),
        Some(UpdateCondition::Abandoned) => ("abandoned", ""),
        Some(UpdateCondition::Unfinished) => ("open", ""),
    };
    let claim = record.claim();
    let (name, [head_pieces, items_pieces]) = match pieces {
        Some(Pieces { name, counts }) => (&**name, *counts),
        None => ("", [0, 0]),
    };
    let inline = |text| if pieces.is_some() { "" } else { text };
    let mut command = script(on_tree!("write.lua"), tree);
    command
        .arg(record.id())
        .arg(record.ancestor().map_or("", |ancestor| ancestor.id()))
        .arg(condition)
        .arg(expected)
        .arg(inline(&parts.head))
        .arg(inline(&parts.items))
        .arg(options.expiry())
        .arg(u8::from(!record.is_finished()))
        .arg(claim.map_or("", |claim| claim.holder()))
        .arg(claim.map_or(0, |claim| millis(claim.time())))
        .arg(options.max_record_bytes.min(options.scope_bytes))
        .arg(parts.head.len())
        .arg(parts.items.len())
        .arg(name)
        .arg(head_pieces)
        .arg(items_pieces);
    command
}

/// Writes a piece of a large response, before the response.
pub(crate) fn stage(
    tree: &str,
    name: &str,
    number: usize,
    bytes: &[u8],
    id: &str,
    count: usize,
) -> Cmd {
    let mut command = script(on_tree!("stage.lua"), tree);
    command
        .arg(name)
        .arg(number)
        .arg(bytes)
        .arg(id)
        .arg(count)
        .arg(millis(STAGED));
    command
}

/// Returns where a response and its conversation are, and their text if that has at most `limit`
/// bytes.
pub(crate) fn load(tree: &str, id: &str, limit: usize) -> Cmd {
    let mut command = script(on_tree!("walk.lua", "load.lua"), tree);
    command.arg(id).arg(limit);
    command
}

/// Returns where the items of a response and of its ancestors are.
pub(crate) fn ancestors(tree: &str, id: &str) -> Cmd {
    let mut command = script(on_tree!("walk.lua", "ancestors.lua"), tree);
    command.arg(id);
    command
}

/// Reads fields of a tree.
pub(crate) fn fields(tree: &str) -> Cmd {
    let mut command = redis::cmd("HMGET");
    command.arg(tree);
    command
}

/// Returns where items are, with the text of some, whose responses have up to so many bytes of items: the
/// response and the bytes of each.
pub(crate) fn look(tree: &str, bytes: usize) -> Cmd {
    let mut command = script(on_tree!("look.lua"), tree);
    command.arg(bytes);
    command
}

/// Reads parts of fields of a tree: the field and the bytes of each.
pub(crate) fn cut(tree: &str) -> Cmd {
    script(include_str!("cut.lua"), tree)
}

/// Renews the claim on a response.
pub(crate) fn renew(tree: &str, id: &str, claim: &Claim, options: &RedisStoreOptions) -> Cmd {
    let mut command = script(on_tree!("renew.lua"), tree);
    command
        .arg(id)
        .arg(claim.holder())
        .arg(millis(claim.time()))
        .arg(options.expiry());
    command
}

/// Sets when a key expires, in milliseconds from now.
pub(crate) fn expire(key: &str, expiry: u64) -> Cmd {
    let mut command = redis::cmd("PEXPIRE");
    command.arg(key).arg(expiry);
    command
}

/// Lists the claim on a response.
pub(crate) fn claim(key: &str, member: &str, time: Duration, expiry: u64) -> Cmd {
    let mut command = script(include_str!("claim.lua"), key);
    command.arg(member).arg(millis(time)).arg(expiry);
    command
}

/// Returns claims that seem to have lapsed, and when.
pub(crate) fn lapsed(key: &str, count: usize) -> Cmd {
    let mut command = script(include_str!("lapsed.lua"), key);
    command.arg(count);
    command
}

/// Removes claims unless they were renewed.
pub(crate) fn unclaim(key: &str, claims: &[(String, String)]) -> Cmd {
    let mut command = script(include_str!("unclaim.lua"), key);
    for (member, end) in claims {
        command.arg(member).arg(end);
    }
    command
}

/// Returns the [`State`] of a response.
pub(crate) fn state(tree: &str, id: &str) -> Cmd {
    let mut command = script(on_tree!("state.lua"), tree);
    command.arg(id);
    command
}

/// The state of a response, as `state.lua` returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is not there.
    Gone,
    /// It is unfinished, and its claim has lapsed.
    Lapsed,
    /// It is unfinished, and its claim holds.
    Claimed,
    Finished,
    /// It is unfinished without a claim.
    Unclaimed,
}

impl State {
    pub(crate) fn of(reply: i64) -> Result<Self, RedisStoreError> {
        Ok(match reply {
            0 => Self::Gone,
            1 => Self::Lapsed,
            2 => Self::Claimed,
            3 => Self::Finished,
            4 => Self::Unclaimed,
            _ => return Err(RedisStoreError::Unreadable),
        })
    }
}

/// Deletes a response.
pub(crate) fn delete(tree: &str, id: &str) -> Cmd {
    let mut command = script(on_tree!("delete.lua"), tree);
    command.arg(id);
    command
}

/// Goes on with the removal of what a deleted response has left.
pub(crate) fn prune(tree: &str) -> Cmd {
    script(on_tree!("prune.lua"), tree)
}

/// Deletes a part of a tree whose last write is this one, or any if it is empty.
pub(crate) fn clear(tree: &str, last_write: &str) -> Cmd {
    let mut command = script(on_tree!("clear.lua"), tree);
    command.arg(last_write);
    command
}

/// Lists `holder` as one that contains an item.
pub(crate) fn hold(key: &str, expiry: u64, holder: &str) -> Cmd {
    let mut command = script(include_str!("hold.lua"), key);
    command.arg(holder).arg(expiry).arg(HOLDERS);
    command
}

/// Returns the holders of an item, the newest first.
pub(crate) fn holders(key: &str) -> Cmd {
    let mut command = redis::cmd("ZREVRANGE");
    command.arg(key).arg(0).arg(HOLDERS - 1);
    command
}

/// Removes a key.
pub(crate) fn unlink(key: &str) -> Cmd {
    let mut command = redis::cmd("UNLINK");
    command.arg(key);
    command
}

/// The number of responses of a tree, its bytes, and the number of its last write.
pub(crate) type TreeSize = (Option<u64>, Option<u64>, Option<String>);

/// Counts what a tree has, and returns what has to go from its scope.
pub(crate) fn usage(key: &str, root: &str, size: &TreeSize, options: &RedisStoreOptions) -> Cmd {
    let mut command = script(include_str!("usage.lua"), key);
    command
        .arg(root)
        .arg(size.0.unwrap_or_default())
        .arg(size.1.unwrap_or_default())
        .arg(size.2.as_deref().unwrap_or_default())
        .arg(options.scope_responses)
        .arg(options.scope_bytes)
        .arg(options.expiry());
    command
}

/// Does not count trees any more, each with its last write.
pub(crate) fn uncount(key: &str, trees: &[(String, String)]) -> Cmd {
    let mut command = script(include_str!("uncount.lua"), key);
    for (root, last_write) in trees {
        command.arg(root).arg(last_write);
    }
    command
}

/// Returns the [`TreeSize`] of a tree.
pub(crate) fn size(tree: &str) -> Cmd {
    let mut command = redis::cmd("HMGET");
    command.arg(tree).arg("#c").arg("#b").arg("#t");
    command
}

/// Removes the oldest responses of a tree, but not `id`.
pub(crate) fn shrink(tree: &str, id: &str, options: &RedisStoreOptions) -> Cmd {
    let mut command = script(on_tree!("shrink.lua"), tree);
    command
        .arg(id)
        .arg(options.scope_responses)
        .arg(options.scope_bytes);
    command
}

/// Lists a tree or a log as one of a scope.
pub(crate) fn enlist(key: &str, expiry: u64, name: &str) -> Cmd {
    let mut command = script(include_str!("enlist.lua"), key);
    command.arg(name).arg(expiry);
    command
}

/// Appends events to a log, to be sent one after the other.
pub(crate) fn append(key: &str, batch: &EventBatch, options: &RedisStoreOptions) -> Vec<Cmd> {
    let start = |is_last: bool| {
        let mut command = script(include_str!("append.lua"), key);
        command
            .arg(u8::from(batch.opens))
            .arg(u8::from(batch.ends && is_last))
            .arg(options.events.bytes)
            .arg(options.event_expiry(batch.keep))
            .arg(first_number(batch.attempt))
            .arg(LoggedEvent::OVERHEAD);
        command
    };
    let pieces: Vec<EventPiece<'_>> = batch.events.iter().flat_map(piece::of_event).collect();
    let mut commands = Vec::new();
    let mut rest = pieces.as_slice();
    loop {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|piece| {
            bytes += piece.bytes.len();
            bytes <= COMMAND
        });
        let (now, later) = rest.split_at(fits.count().max(1).min(rest.len()));
        let mut command = start(later.is_empty());
        for piece in now {
            command.arg(piece.number).arg(piece.part).arg(piece.bytes);
        }
        commands.push(command);
        rest = later;
        if rest.is_empty() {
            return commands;
        }
    }
}

/// Reads entries of a log from `start` on, and the id of its newest one: some of them where `partly`, or
/// none if they have more than `limit` bytes.
pub(crate) fn follow(key: &str, start: &str, limit: usize, partly: bool) -> Cmd {
    let mut command = script(include_str!("follow.lua"), key);
    command.arg(start).arg(limit).arg(u8::from(partly));
    command
}

/// Reserves parts of an account's budgets: for each the name, seconds, amount and the most that a
/// call uses.
#[cfg(feature = "budgets")]
pub(crate) fn reserve(key: &str, id: &str) -> Cmd {
    let mut command = script(include_str!("reserve.lua"), key);
    command.arg(id);
    command
}

/// Replaces a reservation: for each budget the name and what was used.
#[cfg(feature = "budgets")]
pub(crate) fn settle(key: &str, id: &str) -> Cmd {
    let mut command = script(include_str!("settle.lua"), key);
    command.arg(id);
    command
}

fn script(text: &str, key: &str) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(1).arg(key);
    command
}
