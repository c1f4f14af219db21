//! Reading the log of a response.

use openresponses_tower::store::{EventPage, LoggedEvent};
use redis::Value;

use crate::error::RedisStoreError;

/// Reads the reply of `follow.lua` for what comes after an event.
pub(crate) fn page(after: Option<u64>, reply: Value) -> Result<EventPage, RedisStoreError> {
    if reply == Value::Nil {
        return Ok(EventPage::Missing);
    }
    let values: Vec<Vec<u8>> =
        redis::from_redis_value(reply).map_err(|_| RedisStoreError::Unreadable)?;
    let mut values = values.into_iter();
    let oldest = values.next().as_deref().and_then(place);
    let (oldest, _) = oldest.ok_or(RedisStoreError::Unreadable)?;
    // Entries are one above the number of their event. The entry before the first one is 0.
    if oldest.saturating_sub(1) > after.map_or(0, |after| after.saturating_add(1)) {
        return Ok(EventPage::Gone);
    }
    let (mut events, mut ended) = (Vec::new(), false);
    while let (Some(id), Some(frame)) = (values.next(), values.next()) {
        match place(&id) {
            Some((above, false)) if above > 0 => {
                events.push(LoggedEvent::new(above - 1, frame));
            }
            Some(_) => ended = true,
            None => return Err(RedisStoreError::Unreadable),
        }
    }
    Ok(EventPage::Events { events, ended })
}

/// Returns the two parts of an entry's id, the second as whether it marks an end of the log.
fn place(id: &[u8]) -> Option<(u64, bool)> {
    let (number, part) = std::str::from_utf8(id).ok()?.split_once('-')?;
    Some((number.parse().ok()?, part != "0"))
}
