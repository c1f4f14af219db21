//! Logs of events: a stream of pieces, of which `append.lua` tells the format.

use openresponses_tower::Scope;
use openresponses_tower::store::{EventPage, LoggedEvent, attempt_of, first_number};
use redis::Value;

use crate::connection::Work;
use crate::error::RedisStoreError;
use crate::link::LARGE;
use crate::piece::{COMMAND, FIRST};
use crate::scripts;
use crate::store::RedisStore;

/// The part of the entry that ends a log.
const END: u64 = 4_294_967_295;

impl RedisStore {
    /// Reads what comes after an event, or from the start: events that are complete. What is more than small
    /// is read in its turn on a connection for large values, a part of it at a time.
    pub(crate) async fn page(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
    ) -> Result<EventPage, RedisStoreError> {
        let (call, key) = (self.call(), self.keys(scope).events(id));
        let mut start = match after {
            // The end may be all that follows.
            Some(after) => format!("{}-{END}", after.saturating_add(1)),
            None => "-".into(),
        };
        let mut reading = Reading::default();
        let mut limit = LARGE;
        let (mut claimed, mut transfer) = (0, None);
        loop {
            let command = scripts::follow(&key, &start, limit, limit > LARGE);
            let reply = call.run(&Work::from(command), limit).await?.value;
            let Some(Entries {
                newest,
                left,
                entries,
            }) = Entries::read(reply)?
            else {
                return Ok(EventPage::Missing);
            };
            for (place, bytes) in entries {
                if reading.is_new
                    && let Some(discarded) = place.discards(after)
                {
                    return Ok(discarded);
                }
                if !reading.take(place, bytes) {
                    return Ok(EventPage::Gone);
                }
                start = format!("{}-{}", place.number, place.part.saturating_add(1));
            }
            if left > 0 && reading.events.is_empty() && !reading.ended {
                // Too much for a small page, and then an event of many pieces.
                let bytes = match limit > LARGE {
                    true => reading.frame.len().saturating_add(left),
                    false => left.min(COMMAND),
                };
                if bytes > claimed {
                    drop(transfer.take());
                    transfer = Some(self.transfer(&call, scope, bytes).await?);
                    claimed = bytes;
                }
                limit = COMMAND;
                continue;
            }
            // A position at the end, or beyond it.
            let next = after.map_or(0, |after| after.saturating_add(1));
            let ended =
                reading.ended || (reading.is_new && newest.is_end() && next >= newest.number);
            let events = reading.events;
            return Ok(EventPage::Events { events, ended });
        }
    }
}

/// Entries of a log, as `follow.lua` returns them.
struct Entries {
    newest: Place,
    /// About how many bytes.
    left: usize,
    /// Each with its bytes.
    entries: Vec<(Place, Vec<u8>)>,
}

impl Entries {
    /// Reads a reply. Returns nothing where there is no log.
    fn read(reply: Value) -> Result<Option<Self>, RedisStoreError> {
        let mut values = match reply {
            Value::Nil => return Ok(None),
            Value::Array(values) => values.into_iter(),
            _ => return Err(RedisStoreError::Unreadable),
        };
        let newest = Place::read(&text(values.next())?)?;
        let left = redis::from_redis_value(values.next().unwrap_or(Value::Nil));
        let left = left.map_err(|_| RedisStoreError::Unreadable)?;
        let mut entries = Vec::with_capacity(values.len() / 2);
        while let Some(id) = values.next() {
            let place = Place::read(&text(Some(id))?)?;
            match values.next() {
                Some(Value::BulkString(bytes)) => entries.push((place, bytes)),
                _ => return Err(RedisStoreError::Unreadable),
            }
        }
        Ok(Some(Self {
            newest,
            left,
            entries,
        }))
    }
}

fn text(value: Option<Value>) -> Result<String, RedisStoreError> {
    let text = redis::from_redis_value(value.unwrap_or(Value::Nil));
    text.map_err(|_| RedisStoreError::Unreadable)
}

/// Where an entry is, as its id tells it.
#[derive(Clone, Copy)]
struct Place {
    /// One more than the number of the event; the number of the first one at the start.
    number: u64,
    part: u64,
}

impl Place {
    fn read(id: &str) -> Result<Self, RedisStoreError> {
        let parts = id.split_once('-');
        let read = parts.and_then(|(number, part)| {
            let (number, part) = (number.parse().ok()?, part.parse().ok()?);
            Some(Self { number, part })
        });
        read.ok_or(RedisStoreError::Unreadable)
    }

    fn is_end(self) -> bool {
        self.part == END
    }

    /// Returns what a reader gets whose next event is not there any more, when this is the oldest
    /// entry from its position on.
    fn discards(self, after: Option<u64>) -> Option<EventPage> {
        let first = match self.part {
            1 | END => self.number,
            _ => self.number.saturating_sub(1),
        };
        let begin = first_number(attempt_of(first));
        let next = after.map_or(begin, |after| after.saturating_add(1));
        // Of the oldest event the first pieces may have been discarded.
        let is_cut = self.part > FIRST + 1 && !self.is_end();
        match next < first || (is_cut && next == first) {
            true if next < begin => Some(EventPage::Restarted),
            true => Some(EventPage::Gone),
            false => None,
        }
    }
}

/// The events of a log, while they are put together.
struct Reading {
    is_new: bool,
    events: Vec<LoggedEvent>,
    /// The pieces of the event that is not complete.
    frame: Vec<u8>,
    /// The part of its next piece, which is not the last one.
    part: u64,
    ended: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            is_new: true,
            events: Vec::new(),
            frame: Vec::new(),
            part: FIRST,
            ended: false,
        }
    }
}

impl Reading {
    /// Takes the next entry. Returns false if pieces before it were discarded meanwhile.
    fn take(&mut self, place: Place, bytes: Vec<u8>) -> bool {
        self.is_new = false;
        match place.part {
            1 => {}
            END => self.ended = true,
            part => {
                let is_last = part % 2 == 1;
                if part - u64::from(is_last) != self.part {
                    return false;
                }
                match self.frame.is_empty() {
                    true => self.frame = bytes,
                    false => self.frame.extend(bytes),
                }
                self.part += 2;
                if is_last {
                    self.part = FIRST;
                    let frame = std::mem::take(&mut self.frame);
                    let number = place.number.saturating_sub(1);
                    self.events.push(LoggedEvent::new(number, frame));
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_its_first_pieces_is_gone() {
        let discards = |number, part, after| Place { number, part }.discards(after);
        assert_eq!(discards(6, 3, Some(4)), None);
        assert_eq!(discards(6, 2, Some(4)), None);
        assert_eq!(discards(6, 4, Some(4)), Some(EventPage::Gone));
        assert_eq!(discards(6, 5, Some(4)), Some(EventPage::Gone));
        assert_eq!(discards(7, 3, Some(4)), Some(EventPage::Gone));
        assert_eq!(discards(5, END, Some(4)), None);
        assert_eq!(discards(0, 1, None), None);
        assert_eq!(discards(7, 3, None), Some(EventPage::Gone));
        assert_eq!(discards(1 << 24, 1, Some(4)), Some(EventPage::Restarted));
    }
}
