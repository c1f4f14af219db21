//! Scripts for writing. Each changes one key atomically, including its expiry, so that no key
//! without an expiry can remain. With one key each, a cluster's redirections apply as for any
//! command, which transactions do not survive.

use redis::Cmd;

/// The number of newest responses listed for an item.
const HOLDERS: usize = 8;

/// `record expiry (field value)*`. A hash is filled in steps, because Lua cannot pass on more than
/// a few thousand arguments at once.
const WRITE: &str = "\
for at = 3, #ARGV, 2000 do
  redis.call('HSET', KEYS[1], unpack(ARGV, at, math.min(at + 1999, #ARGV)))
end
redis.call('HSET', KEYS[1], 'record', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1";

/// `response expiry kept`. The order follows the server's clock; the longest expiry applies.
const HOLD: &str = "\
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], now[1] .. '.' .. string.format('%06d', now[2]), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1";

/// The field of the response itself.
pub(crate) const RECORD: &str = "record";

/// Returns the field of an item in its response's hash.
pub(crate) fn item_field(id: &str) -> String {
    format!("item:{id}")
}

/// Writes a response, and each added item under its own field.
pub(crate) fn write<'a>(
    key: &str,
    expiry: u64,
    record: &str,
    items: impl Iterator<Item = (&'a str, &'a str)>,
) -> Cmd {
    let mut command = script(WRITE, key);
    command.arg(record).arg(expiry);
    for (id, json) in items {
        command.arg(item_field(id)).arg(json);
    }
    command
}

/// Lists `response` as one that contains an item.
pub(crate) fn hold(key: &str, expiry: u64, response: &str) -> Cmd {
    let mut command = script(HOLD, key);
    command.arg(response).arg(expiry).arg(HOLDERS);
    command
}

/// Returns the responses with an item, the newest first.
pub(crate) fn holders(key: &str) -> Cmd {
    let mut command = redis::cmd("ZREVRANGE");
    command.arg(key).arg(0).arg(HOLDERS - 1);
    command
}

/// Returns a field of a response, if both exist.
pub(crate) fn read(key: &str, field: &str) -> Cmd {
    let mut command = redis::cmd("HGET");
    command.arg(key).arg(field);
    command
}

fn script(text: &str, key: &str) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(1).arg(key);
    command
}
