//! Scripts. Each reads or changes one key atomically, including its expiry, so that no key without
//! an expiry can remain. With one key each, a cluster's redirections apply as for any command, which
//! transactions do not survive.

use std::time::Duration;

use openresponses_tower::store::{
    EventBatch, LoggedEvent, RecordParts, StoredResponse, UpdateCondition, first_number,
};
use redis::Cmd;

use crate::options::{RedisStoreOptions, millis};

/// The number of newest responses listed for an item.
pub(crate) const HOLDERS: usize = 8;

/// The most events that are read at once.
const EVENTS: usize = 512;

/// A script that works on a tree of continuations.
macro_rules! on_tree {
    ($file:literal) => {
        concat!(include_str!("tree.lua"), include_str!($file))
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
}

impl Written {
    pub(crate) fn of(reply: i64) -> Option<Self> {
        match reply {
            1 => Some(Self::Yes),
            0 => Some(Self::Refused),
            -1 => Some(Self::WithoutParent),
            -2 => Some(Self::TooLarge),
            _ => None,
        }
    }
}

/// Writes a response into its tree.
pub(crate) fn write(
    tree: &str,
    record: &StoredResponse,
    parts: &RecordParts,
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
    let mut command = script(on_tree!("write.lua"), tree);
    command
        .arg(record.id())
        .arg(record.ancestor().map_or("", |ancestor| ancestor.id()))
        .arg(condition)
        .arg(expected)
        .arg(&parts.head)
        .arg(&parts.items)
        .arg(options.expiry())
        .arg(u8::from(!record.is_finished()))
        .arg(claim.map_or("", |claim| claim.holder()))
        .arg(claim.map_or(0, |claim| millis(claim.time())))
        .arg(options.max_record_bytes.min(options.scope_bytes));
    command
}

/// Reads a response with its conversation, if that has at most `limit` bytes.
pub(crate) fn load(tree: &str, id: &str, limit: usize) -> Cmd {
    let mut command = script(on_tree!("load.lua"), tree);
    command.arg(id).arg(limit);
    command
}

/// Reads items: the response and the bytes of each.
pub(crate) fn items(tree: &str) -> Cmd {
    script(on_tree!("items.lua"), tree)
}

/// Renews the claim on a response.
pub(crate) fn renew(tree: &str, id: &str, holder: &str, time: Duration) -> Cmd {
    let mut command = script(on_tree!("renew.lua"), tree);
    command.arg(id).arg(holder).arg(millis(time));
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

/// Returns whether the claim on a response has lapsed.
pub(crate) fn lapse(tree: &str, id: &str) -> Cmd {
    let mut command = script(on_tree!("lapse.lua"), tree);
    command.arg(id);
    command
}

/// Deletes a response.
pub(crate) fn delete(tree: &str, id: &str) -> Cmd {
    let mut command = script(on_tree!("delete.lua"), tree);
    command.arg(id);
    command
}

/// Deletes a tree.
pub(crate) fn clear(tree: &str) -> Cmd {
    script(include_str!("clear.lua"), tree)
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

/// Counts what a tree has, and returns what has to go from its scope.
pub(crate) fn usage(
    key: &str,
    root: &str,
    [responses, bytes]: [u64; 2],
    options: &RedisStoreOptions,
) -> Cmd {
    let mut command = script(include_str!("usage.lua"), key);
    command
        .arg(root)
        .arg(responses)
        .arg(bytes)
        .arg(options.scope_responses)
        .arg(options.scope_bytes)
        .arg(options.expiry());
    command
}

/// Returns the number of responses of a tree, and its bytes.
pub(crate) fn size(tree: &str) -> Cmd {
    let mut command = redis::cmd("HMGET");
    command.arg(tree).arg("#c").arg("#b");
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

/// Lists a tree as one of a scope.
pub(crate) fn enlist(key: &str, expiry: u64, root: &str) -> Cmd {
    let mut command = script(include_str!("enlist.lua"), key);
    command.arg(root).arg(expiry);
    command
}

/// Appends events to a log.
pub(crate) fn append(key: &str, batch: &EventBatch, options: &RedisStoreOptions) -> Cmd {
    let mut command = script(include_str!("append.lua"), key);
    command
        .arg(u8::from(batch.opens))
        .arg(u8::from(batch.ends))
        .arg(options.event_bytes)
        .arg(millis(options.event_time).max(1))
        .arg(first_number(batch.attempt))
        .arg(LoggedEvent::OVERHEAD);
    for event in &batch.events {
        command.arg(event.number).arg(&event.frame[..]);
    }
    command
}

/// Reads a log after an event, or from its start.
pub(crate) fn follow(key: &str, after: Option<u64>) -> Cmd {
    let start = match after {
        // The end may be all that follows.
        Some(after) => format!("{}-1", after.saturating_add(1)),
        None => "0-2".into(),
    };
    let mut command = script(include_str!("follow.lua"), key);
    command.arg(start).arg(EVENTS);
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
