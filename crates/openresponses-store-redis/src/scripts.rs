//! What is written. Each script changes one key and is atomic, its expiry included: a key that
//! never expires cannot be left behind. With one key each, a cluster's redirections work as for
//! any command, which transactions do not survive.

use redis::Cmd;

/// Of the responses that have an item, this many are known by it: the newest.
const HOLDERS: usize = 8;

/// `record expiry (field value)*`. A hash is filled in steps, because Lua cannot pass more than
/// some thousand arguments on at once.
const WRITE: &str = "\
for at = 3, #ARGV, 2000 do
  redis.call('HSET', KEYS[1], unpack(ARGV, at, math.min(at + 1999, #ARGV)))
end
redis.call('HSET', KEYS[1], 'record', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1";

/// `response expiry kept`. The order is that of the server's clock; the longest expiry counts.
const HOLD: &str = "\
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], now[1] .. '.' .. string.format('%06d', now[2]), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1";

/// The name of the field that has the response itself.
pub(crate) const RECORD: &str = "record";

/// The name of an item's field in its response's hash.
pub(crate) fn item_field(id: &str) -> String {
    format!("item:{id}")
}

/// Writes a response, and each of the items that it added under a field of its own.
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

/// Makes an item known as one that `response` has.
pub(crate) fn hold(key: &str, expiry: u64, response: &str) -> Cmd {
    let mut command = script(HOLD, key);
    command.arg(response).arg(expiry).arg(HOLDERS);
    command
}

/// The responses that have an item, from the newest.
pub(crate) fn holders(key: &str) -> Cmd {
    let mut command = redis::cmd("ZREVRANGE");
    command.arg(key).arg(0).arg(HOLDERS - 1);
    command
}

/// A field of a response, if the response is there and has it.
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
