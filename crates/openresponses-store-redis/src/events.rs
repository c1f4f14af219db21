//! Reading the log of a response.

use openresponses_tower::store::{EventPage, LoggedEvent, attempt_of, first_number};
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
    let oldest = values.next().as_deref().and_then(Entry::read);
    let oldest = oldest.ok_or(RedisStoreError::Unreadable)?;
    if let Some(discarded) = oldest.discards(after) {
        return Ok(discarded);
    }
    let (mut events, mut ended) = (Vec::new(), false);
    while let (Some(id), Some(frame)) = (values.next(), values.next()) {
        match Entry::read(&id).ok_or(RedisStoreError::Unreadable)? {
            Entry::Begin(_) => {}
            Entry::Event(number) => events.push(LoggedEvent::new(number, frame)),
            Entry::End(_) => ended = true,
        }
    }
    Ok(EventPage::Events { events, ended })
}

/// An entry of a log, as its id tells it.
#[derive(Clone, Copy)]
enum Entry {
    /// The number of the first event.
    Begin(u64),
    Event(u64),
    /// The number after the last event.
    End(u64),
}

impl Entry {
    fn read(id: &[u8]) -> Option<Self> {
        let (number, part) = std::str::from_utf8(id).ok()?.split_once('-')?;
        let number: u64 = number.parse().ok()?;
        match part {
            "0" => Some(Self::Event(number.checked_sub(1)?)),
            "1" => Some(Self::Begin(number)),
            "2" => Some(Self::End(number)),
            _ => None,
        }
    }

    /// Returns what a reader gets whose next event is not there any more, when this is the oldest
    /// entry.
    fn discards(self, after: Option<u64>) -> Option<EventPage> {
        let (Self::Begin(first) | Self::Event(first) | Self::End(first)) = self;
        let begin = first_number(attempt_of(first));
        let next = after.map_or(begin, |after| after.saturating_add(1));
        match next < first {
            true if next < begin => Some(EventPage::Restarted),
            true => Some(EventPage::Gone),
            false => None,
        }
    }
}
