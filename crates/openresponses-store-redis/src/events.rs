//! Logs of events: a stream of pieces, of which `append.lua` tells the format.

use openresponses_tower::store::{EventPage, LoggedEvent, attempt_of, first_number};

use crate::call::Call;
use crate::error::RedisStoreError;
use crate::piece::FIRST;
use crate::scripts;

/// The part of the entry that ends a log.
const END: u64 = 4_294_967_295;

/// An entry as Redis returns it: its id, and its fields with their values.
type Entry = (String, Vec<Vec<u8>>);

/// Reads what comes after an event, or from the start: events that are complete.
pub(crate) async fn page(
    call: &Call<'_>,
    key: &str,
    after: Option<u64>,
) -> Result<EventPage, RedisStoreError> {
    let mut start = match after {
        // The end may be all that follows.
        Some(after) => format!("{}-{END}", after.saturating_add(1)),
        None => "-".into(),
    };
    let mut reading = Reading::default();
    loop {
        let commands = scripts::follow(key, &start);
        let replies: Vec<Vec<Entry>> = call.ask_all(&commands, 0).await?;
        let [entries, newest] =
            <[Vec<Entry>; 2]>::try_from(replies).map_err(|_| RedisStoreError::Unreadable)?;
        let newest = newest.first().map(|entry| Place::read(&entry.0));
        let Some(newest) = newest.transpose()? else {
            return Ok(EventPage::Missing);
        };
        let is_full = entries.len() == scripts::ENTRIES;
        for (id, mut values) in entries {
            let place = Place::read(&id)?;
            if reading.is_new
                && let Some(discarded) = place.discards(after)
            {
                return Ok(discarded);
            }
            let bytes = (values.len() > 1).then(|| values.swap_remove(1));
            if !reading.take(place, bytes.unwrap_or_default()) {
                return Ok(EventPage::Gone);
            }
            start = format!("{}-{}", place.number, place.part.saturating_add(1));
        }
        // An event of many pieces goes on.
        if is_full && reading.events.is_empty() && !reading.ended {
            continue;
        }
        // A position at the end, or beyond it.
        let next = after.map_or(0, |after| after.saturating_add(1));
        let ended = reading.ended || (reading.is_new && newest.is_end() && next >= newest.number);
        let events = reading.events;
        return Ok(EventPage::Events { events, ended });
    }
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
